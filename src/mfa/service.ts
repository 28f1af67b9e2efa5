/**
 * Owns second factors: authenticator apps, passkeys and recovery codes, their enrolment, whether a proof by one of them is right,
 * and that each proof is good once. Does not own what a right proof leads to (sign-in), how often one may try (limits),
 * nor what a change ends (sessions).
 */
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Caller, Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { DomainError, InvalidInput, NotFound } from '../kernel/errors.js'
import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import { requireProof } from '../kernel/step-up.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { DataKey } from '../keys/service.js'
import type { LimitsService } from '../limits/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { PasswordsService } from '../passwords/service.js'
import type { SessionsService } from '../sessions/service.js'
import { displayNameFault, normaliseDisplayName, type UsersService } from '../users/service.js'
import { createEnrolledFactors, kindsOf } from './enrolled-factors.js'
import { FactorRejected, type CodeProof, type ProvenFactor, type ProvenPasskey, type SecondFactor } from './factors.js'
import { createPasskeys, type PasskeyCreation, type PasskeyEnrolment } from './passkeys.js'
import { newRecoveryCodes, recoveryCodeDigest } from './recovery-codes.js'
import type { RowOfCodes } from './row-of-codes.js'
import type { AuthenticatorStore, StoredAuthenticator, StrongAuthenticator } from './store.js'
import { createTotpApps, type TotpEnrolment } from './totp-apps.js'
import type { RelyingParty } from './relying-party.js'
import { claimsOf, type PasskeyFault, type RequestOptions } from './webauthn.js'

/** Something a person proves with, as it may be seen. */
export interface Authenticator {
  readonly id: string
  readonly kind: 'password' | SecondFactor
  readonly name: string | null
  readonly createdAt: Date
  /** Null while unused; of a password it is not known. */
  readonly lastUsedAt: Date | null
  /** Of recovery codes: how many are left. */
  readonly remaining: number | null
  /** The answer to enrolling a passkey has them where it is the first factor: not to be had again. */
  readonly recoveryCodes: readonly string[] | null
}

export interface FactorOffer {
  readonly methods: readonly SecondFactor[]
  /** For `navigator.credentials.get`; null without a passkey. */
  readonly passkey: RequestOptions | null
}

export interface MfaService {
  /** What a page needs to know before it asks for a passkey. */
  readonly relyingParty: RelyingParty
  /** What this person can prove with beside the password, for a challenge; nothing where nothing is enrolled. */
  offer(userId: string, challenge: string): Promise<FactorOffer>
  /** What the browser asks for where nobody has said who it is. */
  passkeyRequest(challenge: string): Promise<RequestOptions>
  /** Whose passkey it says it is. It proves nothing: `verifyPasskey` does. */
  passkeyOwner(credential: unknown): string | null
  /**
   * Whether a passkey of this person has signed that challenge, for `use`.
   * @param proof `isNamed`: the request has named the passkeys of this person
   */
  verifyPasskey(
    proof: { readonly userId: string; readonly credential: unknown; readonly isNamed: boolean },
    challenge: string,
  ): Promise<ProvenPasskey | { readonly fault: PasskeyFault }>
  /** Whether that is a right code of this person that was not used, for `use`. @throws Unavailable */
  verifyCode(userId: string, proof: CodeProof): Promise<ProvenFactor | null>
  /**
   * Uses a proof together with what it is given for: of any number of uses one counts.
   * @returns false for a passkey whose counter has not grown: somebody has a copy of it (WebAuthn §6.1.1), which the
   *   trail has then
   * @throws FactorRejected for a code that was used meanwhile
   */
  use(tx: Transaction, proven: ProvenFactor): Promise<boolean>
  /** @throws NotFound unless they are the caller's or it may read all */
  list(caller: Caller, owner: Subject): Promise<readonly Authenticator[]>
  /**
   * A new secret, which counts once `confirmTotp` has seen a code of it; good for ten minutes, for this session.
   * @throws Forbidden, StepUpRequired, TooManyAuthenticators, Unavailable
   */
  beginTotp(person: Person): Promise<TotpEnrolment>
  /**
   * Enrols the newest secret of this session and gives new recovery codes. Ends all other sessions.
   * @throws NothingToConfirm; OneTimeTokenRejected where another request was faster; FactorRejected, RateLimited, Unavailable, and what
   *   `changeSecurity` throws
   */
  confirmTotp(person: Person, code: string): Promise<readonly string[]>
  /**
   * For the browser, good for five minutes and this session.
   * @throws Forbidden, StepUpRequired, TooManyAuthenticators, Unavailable
   */
  beginPasskey(person: Person): Promise<PasskeyCreation>
  /**
   * Ends all other sessions.
   * @throws InvalidInput, OneTimeTokenRejected, PasskeyRejected, TooManyAuthenticators, and what `changeSecurity` throws
   */
  completePasskey(person: Person, input: PasskeyEnrolment): Promise<Authenticator>
  /** The codes from before are void; all other sessions end. @throws NoSecondFactor, and as `confirmTotp` */
  regenerateRecoveryCodes(person: Person): Promise<readonly string[]>
  /** @throws NotFound for absent and foreign ones; InvalidInput */
  rename(person: Person, id: string, name: string): Promise<Authenticator>
  /**
   * With the last app or passkey the recovery codes go as well. Ends all other sessions.
   * @throws NotFound, StepUpRequired, LastAuthenticator, NoPassword, PasswordTooShortAlone
   */
  remove(person: Person, id: string): Promise<void>
  /**
   * All of somebody who goes, or who has lost everything; and the password where it was enough only beside them.
   * @returns what was removed, for the trail
   */
  removeAllOf(tx: Transaction, userId: string): Promise<RemovalFacts>
  /**
   * What somebody else may have enrolled or signed in with: those that were enrolled then or later, and the one of that id.
   * Part of a change that raises the security version.
   * @returns what was removed, for the trail
   */
  disown(
    tx: Transaction,
    userId: string,
    what: { since: Date | null; until: Date | null; authenticatorId: string | null },
  ): Promise<RemovalFacts>
}

/** `factorsRemoved`: `kind:id` of each, with a space between; without it there was none. */
export type RemovalFacts = Readonly<Record<string, string>>

export class NoSecondFactor extends DomainError {
  constructor() {
    super(
      'conflict',
      'NO_SECOND_FACTOR',
      'Recovery codes stand in for an authenticator app or a passkey. Add one first.',
    )
  }
}

export interface MfaDependencies {
  readonly store: AuthenticatorStore
  readonly keys: { dataKey(): DataKey; dataKeyById(id: string): DataKey | null }
  readonly users: Pick<UsersService, 'setEnrolledFactors' | 'find'>
  readonly passwords: Pick<PasswordsService, 'changedAt' | 'isShort' | 'removeShort'>
  /** Whether the policy wants one of this user. */
  readonly demandsSecondFactor: (user: Subject) => boolean
  readonly oneTimeTokens: OneTimeTokensService
  readonly limits: LimitsService
  readonly codes: RowOfCodes
  readonly audit: Pick<AuditService, 'record'>
  readonly changeSecurity: SessionsService['changeSecurity']
  readonly clock: Clock
  /** @throws Unavailable while our clock cannot be trusted */
  readonly trustedNow: () => Date
  readonly random: Random
  readonly background: Background
  /** Whose name the app shows above its codes, and for whom passkeys are made. */
  readonly relyingParty: RelyingParty
}

export function createMfa(deps: MfaDependencies): MfaService {
  const { store, passwords, audit, changeSecurity } = deps
  const { clock, random, relyingParty } = deps
  const { settle, settleRemoval } = createEnrolledFactors(deps)
  const shared = { ...deps, settle, replaceRecoveryCodes }
  const passkeys = createPasskeys(shared, allow)
  const totpApps = createTotpApps(shared, allow)

  async function verifyRecoveryCode(userId: string, code: string): Promise<ProvenFactor | null> {
    const digest = recoveryCodeDigest(code)
    if (digest === null || !(await store.hasRecoveryCode(userId, digest))) return null
    return { kind: 'recovery-code', userId, digest }
  }

  async function useRecoveryCode(tx: Transaction, userId: string, digest: string): Promise<boolean> {
    const left = await store.spendRecoveryCode(tx, userId, digest, clock.now())
    if (left === null) return false
    const used = { name: 'recovery-code.used', actorId: userId, subjectId: userId, outcome: 'success' } as const
    await audit.record({ ...used, facts: {} }, tx)
    // That was the last one: nobody is to be offered another.
    if (left === 0) await settle(tx, userId)
    return true
  }

  async function use(tx: Transaction, proven: ProvenFactor): Promise<boolean> {
    if (proven.kind === 'passkey') return passkeys.use(tx, proven)
    const isFirst =
      proven.kind === 'totp'
        ? await store.spendStep(tx, proven.authenticatorId, proven.step, clock.now())
        : await useRecoveryCode(tx, proven.userId, proven.digest)
    if (!isFirst) throw new FactorRejected()
    return true
  }

  /** Who may change their factors, by a proof that is fresh. */
  function allow(person: Person): void {
    person.require('authenticator:manage', person)
    requireProof(person, 'authenticator:manage', clock.now())
  }

  async function replaceRecoveryCodes(tx: Transaction, userId: string): Promise<readonly string[]> {
    const codes = newRecoveryCodes(random)
    const digests = codes.map((code) => recoveryCodeDigest(code) ?? '')
    await store.removeAllOf(tx, userId, 'recovery-code')
    const id = newId('aut', random)
    await store.insert(tx, { id, userId, kind: 'recovery-code', createdAt: clock.now(), lastUsedAt: null, digests })
    return codes
  }

  async function regenerateRecoveryCodes(person: Person): Promise<readonly string[]> {
    allow(person)
    return changeSecurity(person, {
      keep: person.sessionId,
      reason: 'factors-changed',
      event: { name: 'recovery-codes.regenerated', facts: {} },
      async work(tx) {
        const enrolled = await store.listOf(person.userId, tx)
        if (!enrolled.some(isStrong)) throw new NoSecondFactor()
        const codes = await replaceRecoveryCodes(tx, person.userId)
        await settle(tx, person.userId)
        return codes
      },
    })
  }

  async function remove(person: Person, id: string): Promise<void> {
    const { userId } = person
    allow(person)
    const removed = (await store.listOf(userId)).find((each) => each.id === id)
    if (removed === undefined) throw new NotFound()
    await changeSecurity(person, {
      keep: person.sessionId,
      reason: 'factors-changed',
      event: { name: 'authenticator.removed', facts: { kind: removed.kind, authenticatorId: id } },
      async work(tx) {
        if (!(await store.remove(tx, userId, id))) throw new NotFound()
        await settleRemoval(tx, userId)
      },
    })
  }

  return {
    relyingParty,

    async offer(userId, challenge) {
      const enrolled = await store.listOf(userId)
      return { methods: kindsOf(enrolled), passkey: await passkeys.request(challenge, enrolled) }
    },
    passkeyRequest: passkeys.requestAny,
    passkeyOwner: (credential) => claimsOf(credential)?.userId ?? null,
    verifyPasskey: passkeys.verify,

    verifyCode: (userId, { kind, code }) =>
      kind === 'totp' ? totpApps.verify(userId, code) : verifyRecoveryCode(userId, code),
    use,

    async list(caller, owner) {
      if (!caller.can('authenticator:read', { userId: owner.id })) throw new NotFound()
      const [changedAt, enrolled] = await Promise.all([passwords.changedAt(owner.id), store.listOf(owner.id)])
      return [...(changedAt === null ? [] : [passwordOf(owner, changedAt)]), ...enrolled.map(shown)]
    },

    beginTotp: totpApps.begin,
    confirmTotp: totpApps.confirm,
    beginPasskey: passkeys.begin,
    async completePasskey(person, input) {
      const { passkey, recoveryCodes } = await passkeys.complete(person, input)
      return { ...shown(passkey), recoveryCodes }
    },
    regenerateRecoveryCodes,

    async rename(person, id, given) {
      allow(person)
      const fault = displayNameFault(given)
      if (fault !== null) throw new InvalidInput({ name: fault })
      const renamed = await store.rename(person.userId, id, normaliseDisplayName(given))
      if (renamed === null) throw new NotFound()
      return shown(renamed)
    },

    remove,
    async removeAllOf(tx, userId) {
      const removed = await store.listOf(userId, tx)
      await store.removeAllOf(tx, userId)
      await passwords.removeShort(tx, userId)
      return removalFacts(removed)
    },
    async disown(tx, userId, { since, until, authenticatorId }) {
      const before = await store.listOf(userId, tx)
      const by = (date: Date, ms: number) => new Date(date.getTime() + ms)
      if (since !== null) await store.removeSince(tx, userId, by(since, -skewMs), until && by(until, skewMs))
      if (authenticatorId !== null) await store.remove(tx, userId, authenticatorId)
      await settle(tx, userId)
      const left = new Set((await store.listOf(userId, tx)).map(({ id }) => id))
      return removalFacts(before.filter(({ id }) => !left.has(id)))
    },
  }
}

/** Between two instances: the clock of each is trusted while it is ten seconds off at most (`clock-watch`). */
const skewMs = 20_000

/** A factor by itself. */
function isStrong(enrolled: StoredAuthenticator): enrolled is StrongAuthenticator {
  return enrolled.kind !== 'recovery-code'
}

function removalFacts(removed: readonly StoredAuthenticator[]): RemovalFacts {
  return removed.length === 0 ? {} : { factorsRemoved: removed.map(({ kind, id }) => `${kind}:${id}`).join(' ') }
}

function shown(enrolled: StoredAuthenticator): Authenticator {
  const { id, kind, createdAt, lastUsedAt } = enrolled
  const isNamed = isStrong(enrolled)
  return {
    id,
    kind,
    createdAt,
    lastUsedAt,
    name: isNamed ? enrolled.name : null,
    remaining: isNamed ? null : enrolled.digests.length,
    recoveryCodes: null,
  }
}

/** There is one at most, so that its id can be that of the user. */
function passwordOf({ id }: Subject, createdAt: Date): Authenticator {
  const rest = { name: null, lastUsedAt: null, remaining: null, recoveryCodes: null }
  return { id: id.replace('usr_', 'aut_'), kind: 'password', createdAt, ...rest }
}

export {
  FactorRejected,
  PasskeyRejected,
  proofIn,
  type CodeProof,
  type FactorProof,
  type ProvenFactor,
  type SecondFactor,
  type ProofInput,
} from './factors.js'
export { createRowOfCodes, secondFactorAccount } from './row-of-codes.js'
export type { PasskeyCreation } from './passkeys.js'
export type { RequestOptions } from './webauthn.js'
