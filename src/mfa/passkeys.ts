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
import { PasskeyRejected, TooManyAuthenticators } from './factors.js'
import type { RelyingParty } from './relying-party.js'
import type { AuthenticatorStore, Passkey, StoredAuthenticator } from './store.js'
import {
  claimsOf,
  counterOf,
  creationOptions,
  passkeyFrom,
  requestOptions,
  type CreationOptions,
  type PasskeyFacts,
  type RequestOptions,
} from './webauthn.js'

export interface PasskeyCreation {
  /** Our one-time token; what the authenticator signs is made of it. */
  readonly challenge: string
  /** For `navigator.credentials.create`. */
  readonly options: CreationOptions
}

export interface PasskeyEnrolment {
  readonly challenge: string
  /** `PublicKeyCredential.toJSON()`. */
  readonly credential: unknown
  readonly name?: string | null | undefined
}

export interface PasskeyDependencies {
  readonly store: AuthenticatorStore
  /** After a change of what is enrolled. */
  readonly settle: (tx: Transaction, userId: string) => Promise<unknown>
  readonly oneTimeTokens: OneTimeTokensService
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
  const { store, settle, oneTimeTokens, audit, background, changeSecurity, clock, random, relyingParty } = deps

  async function passkeysOf(userId: string, tx?: Transaction): Promise<Passkey[]> {
    return (await store.listOf(userId, tx)).filter((each) => each.kind === 'passkey')
  }

  /** False where the signature is right and the counter is not: somebody has a copy of the authenticator (WebAuthn §6.1.1). */
  async function use({ id, userId }: Passkey, counter: number): Promise<boolean> {
    if (await store.advanceCounter(id, counter, clock.now())) return true
    const facts = { authenticatorId: id, counter }
    background.run(() =>
      audit.record({ name: 'passkey.copy-refused', actorId: null, subjectId: userId, outcome: 'refused', facts }),
    )
    return false
  }

  async function enrolled(tx: Transaction, { userId }: Person, name: string, facts: PasskeyFacts): Promise<Passkey> {
    if ((await passkeysOf(userId, tx)).length >= mostPasskeys) throw new TooManyAuthenticators()
    const now = clock.now()
    const id = newId('aut', random)
    const passkey = { id, userId, kind: 'passkey', name, createdAt: now, lastUsedAt: null, ...facts } as const
    if ((await store.insert(tx, passkey)) === 'taken') throw new PasskeyRejected()
    await settle(tx, userId)
    return passkey
  }

  return {
    async begin(person: Person): Promise<PasskeyCreation> {
      allow(person)
      const { userId: subject, sessionId, user } = person
      const existing = await passkeysOf(subject)
      if (existing.length >= mostPasskeys) throw new TooManyAuthenticators()
      const { securityVersion } = user
      const token = { purpose: 'passkey-enrolment', subject, securityVersion, payload: { sessionId } } as const
      const { challenge } = await oneTimeTokens.challenge(token)
      return { challenge, options: await creationOptions(relyingParty, user, { challenge, existing }) }
    },

    async complete(person: Person, { challenge, credential, name = null }: PasskeyEnrolment): Promise<Passkey> {
      allow(person)
      const fault = name === null ? null : displayNameFault(name)
      if (fault !== null) throw new InvalidInput({ 'input.name': fault })
      const token = await oneTimeTokens.find(['passkey-enrolment'], challenge)
      const { userId, sessionId, user } = person
      const isOwn = token.subject === userId && token.payload['sessionId'] === sessionId
      if (!isOwn || token.securityVersion !== user.securityVersion) throw new OneTimeTokenRejected()
      const facts = await passkeyFrom(relyingParty, challenge, credential)
      if (facts === null) throw new PasskeyRejected()
      const isFirst = user.enrolledAssurance === 'aal1'
      return changeSecurity(person, {
        keep: sessionId,
        reason: 'factors-changed',
        event: { name: 'authenticator.enrolled', facts: { kind: 'passkey', sessionId, isFirst } },
        async work(tx) {
          await oneTimeTokens.spend(tx, token)
          return enrolled(tx, person, name === null ? usualName : normaliseDisplayName(name), facts)
        },
      })
    },

    /** What the browser is to ask for: one of these, or null where there is no passkey among them. */
    async request(challenge: string, enrolled: readonly StoredAuthenticator[]): Promise<RequestOptions | null> {
      const allowed = enrolled.filter((each) => each.kind === 'passkey')
      return allowed.length === 0 ? null : requestOptions(relyingParty, { challenge, allowed })
    },

    /** Whichever passkey of ours somebody picks. */
    requestAny: (challenge: string): Promise<RequestOptions> =>
      requestOptions(relyingParty, { challenge, allowed: [] }),

    /** Whose passkey that is, if the passkey says so as well (WebAuthn §7.2, step 6); proves nothing. */
    async ownerOf(credential: unknown): Promise<string | null> {
      const { credentialId, userId } = claimsOf(credential)
      const passkey = credentialId === null ? null : await store.findPasskey(credentialId)
      return passkey !== null && passkey.userId === userId ? passkey.userId : null
    },

    async prove(userId: string, credential: unknown, challenge: string): Promise<boolean> {
      const claims = claimsOf(credential)
      const passkey = claims.credentialId === null ? null : await store.findPasskey(claims.credentialId)
      if (passkey === null || passkey.userId !== userId) return false
      // Left out where the request has named the passkeys; never somebody else's.
      if (claims.userId !== null && claims.userId !== userId) return false
      const counter = await counterOf(relyingParty, challenge, { credential, passkey })
      return counter !== null && (await use(passkey, counter))
    },
  }
}
