import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Person } from '../kernel/caller.js'
import { InvalidInput } from '../kernel/errors.js'
import { newId } from '../kernel/ids.js'
import type { Clock } from '../kernel/clock.js'
import type { Random } from '../kernel/random.js'
import type { Transaction } from '../kernel/transaction.js'
import { OneTimeTokenRejected, type OneTimeTokensService } from '../one-time-tokens/service.js'
import type { SessionsService } from '../sessions/service.js'
import { displayNameFault, normaliseDisplayName } from '../users/service.js'
import { enrolmentRefusal } from './enrolment-refusal.js'
import { PasskeyRejected, TooManyAuthenticators, type ProvenPasskey } from './factors.js'
import type { RelyingParty } from './relying-party.js'
import type { RowOfCodes } from './row-of-codes.js'
import type { AuthenticatorStore, Passkey, StoredAuthenticator } from './store.js'
import {
  claimsOf,
  counterOf,
  creationOptions,
  passkeyFrom,
  requestOptions,
  signedChallenge,
  type CreationOptions,
  type NewPasskeyFacts,
  type PasskeyFault,
  type RequestOptions,
} from './webauthn.js'

export interface PasskeyCreation {
  /** Our one-time token; what the authenticator signs is made of it. */
  readonly challenge: string
  readonly expiresAt: Date
  /** For `navigator.credentials.create`. */
  readonly options: CreationOptions
}

export interface PasskeyEnrolment {
  readonly challenge: string
  /** `PublicKeyCredential.toJSON()`. */
  readonly credential: unknown
  readonly name?: string | null | undefined
}

export interface EnrolledPasskey {
  readonly passkey: Passkey
  /** Null where there was a second factor before. */
  readonly recoveryCodes: readonly string[] | null
}

export interface PasskeyDependencies {
  readonly store: AuthenticatorStore
  /** After a change of what is enrolled. */
  readonly settle: (tx: Transaction, userId: string) => Promise<unknown>
  readonly replaceRecoveryCodes: (tx: Transaction, userId: string) => Promise<readonly string[]>
  readonly oneTimeTokens: OneTimeTokensService
  readonly codes: RowOfCodes
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly changeSecurity: SessionsService['changeSecurity']
  readonly clock: Clock
  readonly random: Random
  readonly relyingParty: RelyingParty
}

/** One for each device and each manager of passwords; the options of a request name them all. */
const mostPasskeys = 20
const usualName = 'Passkey'

/**
 * Enrolment of passkeys, and whether a response is a proof by one.
 * @param allow throws unless this person may change factors by a proof that is fresh
 */
export function createPasskeys(deps: PasskeyDependencies, allow: (person: Person) => void) {
  const {
    store,
    settle,
    replaceRecoveryCodes,
    oneTimeTokens,
    codes,
    audit,
    background,
    changeSecurity,
    clock,
    random,
    relyingParty,
  } = deps

  function newPasskey(userId: string, given: string | null, { facts, make }: NewPasskeyFacts): Passkey {
    const name = given ?? make ?? usualName
    const shownName = displayNameFault(name) === null ? normaliseDisplayName(name) : usualName
    const id = newId('aut', random)
    return { id, userId, kind: 'passkey', name: shownName, createdAt: clock.now(), lastUsedAt: null, ...facts }
  }

  async function passkeysOf(userId: string, tx?: Transaction): Promise<Passkey[]> {
    return (await store.listOf(userId, tx)).filter((each) => each.kind === 'passkey')
  }

  /** With recovery codes where it is the first factor: from now on the password alone signs nobody in. */
  async function enrol(tx: Transaction, passkey: Passkey, isFirst: boolean): Promise<EnrolledPasskey> {
    const { userId } = passkey
    if ((await passkeysOf(userId, tx)).length >= mostPasskeys) throw new TooManyAuthenticators()
    if ((await store.insert(tx, passkey)) === 'taken') throw new PasskeyRejected()
    const recoveryCodes = isFirst ? await replaceRecoveryCodes(tx, userId) : null
    await settle(tx, userId)
    return { passkey, recoveryCodes }
  }

  return {
    async begin(person: Person): Promise<PasskeyCreation> {
      allow(person)
      const { userId: subject, sessionId, user } = person
      const existing = await passkeysOf(subject)
      if (existing.length >= mostPasskeys) throw new TooManyAuthenticators()
      const { securityVersion } = user
      const token = { purpose: 'passkey-enrolment', subject, securityVersion, payload: { sessionId } } as const
      const issued = await oneTimeTokens.challenge(token)
      const signed = signedChallenge(issued.challenge)
      return { ...issued, options: await creationOptions(relyingParty, user, { signed, existing }) }
    },

    async complete(person: Person, { challenge, credential, name = null }: PasskeyEnrolment): Promise<EnrolledPasskey> {
      allow(person)
      const fault = name === null ? null : displayNameFault(name)
      if (fault !== null) throw new InvalidInput({ 'input.name': fault })
      const token = await oneTimeTokens.find(['passkey-enrolment'], challenge)
      const { userId, sessionId, user } = person
      const isOwn = token.subject === userId && token.payload['sessionId'] === sessionId
      if (!isOwn || token.securityVersion !== user.securityVersion) throw new OneTimeTokenRejected()
      const found = await passkeyFrom(relyingParty, signedChallenge(challenge), credential)
      if ('fault' in found) {
        background.run(() => audit.record(enrolmentRefusal(person, { kind: 'passkey', fault: found.fault })))
        throw new PasskeyRejected()
      }
      const isFirst = user.enrolledAssurance === 'aal1'
      if (isFirst) await codes.beginRow(userId)
      const passkey = newPasskey(userId, name, found)
      const facts = { kind: 'passkey', authenticatorId: passkey.id, sessionId, isFirst }
      return changeSecurity(person, {
        keep: sessionId,
        reason: 'factors-changed',
        event: { name: 'authenticator.enrolled', facts },
        async work(tx) {
          await oneTimeTokens.spend(tx, token)
          return enrol(tx, passkey, isFirst)
        },
      })
    },

    /** What the browser is to ask for: one of these, or null where there is no passkey among them. */
    async request(challenge: string, enrolled: readonly StoredAuthenticator[]): Promise<RequestOptions | null> {
      const allowed = enrolled.filter((each) => each.kind === 'passkey')
      return allowed.length === 0 ? null : requestOptions(relyingParty, { signed: signedChallenge(challenge), allowed })
    },

    /** Whichever passkey of ours somebody picks. */
    requestAny: (challenge: string): Promise<RequestOptions> =>
      requestOptions(relyingParty, { signed: signedChallenge(challenge), allowed: [] }),

    /**
     * @param userId whose it has to be. A passkey that says whose it is says so as well (WebAuthn §7.2, step 6); it need not
     *   say so where the request has named it
     */
    async verify(
      { userId, credential, isNamed }: { userId: string; credential: unknown; isNamed: boolean },
      challenge: string,
    ): Promise<ProvenPasskey | { readonly fault: PasskeyFault }> {
      const claims = claimsOf(credential)
      if (claims === null) return { fault: 'malformed' }
      const passkey = await store.findPasskey(claims.credentialId)
      if (passkey === null) return { fault: 'unknown' }
      const says = claims.userId ?? (isNamed ? userId : null)
      if (passkey.userId !== userId || says !== userId) return { fault: 'owner' }
      const counter = await counterOf(relyingParty, signedChallenge(challenge), { credential, passkey })
      return typeof counter === 'number' ? { kind: 'passkey', userId, authenticatorId: passkey.id, counter } : counter
    },

    /** False for a signature that is not newer than the last one. */
    async use(tx: Transaction, { authenticatorId, userId, counter }: ProvenPasskey): Promise<boolean> {
      if (await store.advanceCounter(tx, authenticatorId, counter, clock.now())) return true
      const facts = { authenticatorId, counter }
      await audit.record(
        { name: 'passkey.copy-refused', actorId: null, subjectId: userId, outcome: 'refused', facts },
        tx,
      )
      return false
    },
  }
}
