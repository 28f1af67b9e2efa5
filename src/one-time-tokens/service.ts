/**
 * Owns one-time tokens, the secrets in links and challenges: 256 bits, kept as digests, good for one purpose, until a
 * time, once. Does not own what they are redeemed for.
 */
import type { Clock } from '../kernel/clock.js'
import { digestOf, hmacOf } from '../kernel/digest.js'
import { DomainError } from '../kernel/errors.js'
import type { Random } from '../kernel/random.js'
import type { Transaction } from '../kernel/transaction.js'
import type { OutboxService } from '../outbox/service.js'
import { challengeForAnybody, expiryOf } from './challenge-for-anybody.js'
import type { OneTimeToken, OneTimeTokenStore, Purpose } from './store.js'

export interface OneTimeTokensService {
  /** Returns the plaintext, which is not to be had again. @throws Unavailable */
  issue(token: NewOneTimeToken): Promise<string>
  /**
   * As `issue`, for the link in a mail: the same plaintext each time that one is sent, good for its whole time from then
   * on. Trying for a day to send it leaves one token, and a mail that comes twice has one link. After a change of security
   * it is another one: what was voided by it is not made good by a mail that comes again.
   * @param messageId of what has one link and no more @throws Unavailable
   */
  issueFor(messageId: string, token: NewOneTimeToken): Promise<string>
  /** As `issue`, for whoever is answered with it. */
  challenge(token: NewOneTimeToken): Promise<{ readonly challenge: string; readonly expiresAt: Date }>
  /** For whoever asks, and whoever that is: nothing is kept of it. `spendForAnybody` is its only use. */
  challengeForAnybody(): { readonly challenge: string; readonly expiresAt: Date }
  /** Of parallel redemptions one wins. @throws OneTimeTokenRejected */
  spendForAnybody(tx: Transaction, challenge: string): Promise<void>
  /** Before there is anything to spend it for. @throws OneTimeTokenRejected */
  requireForAnybody(challenge: string): void
  /** Looks without spending. @throws OneTimeTokenRejected, Unavailable */
  find(purposes: readonly Purpose[], plaintext: string): Promise<OneTimeToken>
  /** The latest of an address or a user, to be sent again. */
  findLatest(purpose: Purpose, subject: string): Promise<OneTimeToken | null>
  /** What waits for a user or an address, without anything that could redeem it. */
  listPending(subject: string): Promise<readonly PendingLink[]>
  /** Spends it together with what it is redeemed for: of parallel redemptions one wins. @throws OneTimeTokenRejected */
  spend(tx: Transaction, token: OneTimeToken): Promise<void>
  /** Voids those of one user or address. */
  forget(tx: Transaction, subject: string, purposes: readonly Purpose[] | 'all'): Promise<void>
}

export type PendingLink = Pick<OneTimeToken, 'purpose' | 'createdAt' | 'expiresAt'>

export type NewOneTimeToken = Omit<OneTimeToken, 'digest' | 'messageId' | 'createdAt' | 'expiresAt'>

/** Unknown, expired, spent, of another purpose, or void since: which, is nobody's business. */
export class OneTimeTokenRejected extends DomainError {
  constructor() {
    super(
      'unauthenticated',
      'ONE_TIME_TOKEN_REJECTED',
      'This link or challenge is not valid any more. Ask for a new one.',
    )
  }
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** security.md, "one-time tokens". */
export const lifetimeMs: Readonly<Record<Purpose, number>> = {
  'sign-up': day,
  verification: day,
  invitation: 7 * day,
  'password-reset': 30 * minute,
  'email-change': hour,
  'disown-session': 7 * day,
  'second-factor': 5 * minute,
  'step-up': 5 * minute,
  'totp-enrolment': 10 * minute,
  'passkey-enrolment': 5 * minute,
  'passkey-sign-in': 5 * minute,
}

/**
 * What a change of security voids of its user's. A link that takes back what somebody else did is not among them: what
 * they do next must not void it.
 */
export const voidedByChange = Object.keys(lifetimeMs).filter(
  (purpose): purpose is Purpose => purpose !== 'disown-session',
)

/** 32 bytes in base64url; the last character carries four bits, so that no two spellings are one token. */
const shape = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

export function createOneTimeTokens({
  store,
  outbox,
  clock,
  random,
  anybodyKey,
  mailKey,
}: {
  store: OneTimeTokenStore
  outbox: Pick<OutboxService, 'drop'>
  clock: Clock
  random: Random
  /** The same in all instances. */
  anybodyKey: () => Buffer
  /** Never another one: a mail that is tried again would have another link. */
  mailKey: Buffer
}): OneTimeTokensService {
  function expiryForAnybody(challenge: string): Date {
    const expiresAt = expiryOf(anybodyKey(), challenge, clock.now())
    if (expiresAt === null) throw new OneTimeTokenRejected()
    return expiresAt
  }

  function kept(token: NewOneTimeToken, plaintext: string): OneTimeToken {
    const createdAt = clock.now()
    const expiresAt = new Date(createdAt.getTime() + lifetimeMs[token.purpose])
    return { ...token, digest: digestOf(plaintext), createdAt, expiresAt }
  }

  async function challenge(token: NewOneTimeToken) {
    const plaintext = random(32).toString('base64url')
    const made = kept(token, plaintext)
    await store.insert(made)
    return { challenge: plaintext, expiresAt: made.expiresAt }
  }

  return {
    challenge,
    challengeForAnybody() {
      const expiresAt = new Date(clock.now().getTime() + lifetimeMs['passkey-sign-in'])
      return { challenge: challengeForAnybody(anybodyKey(), random, expiresAt), expiresAt }
    },

    requireForAnybody: (challenge) => void expiryForAnybody(challenge),

    async spendForAnybody(tx, challenge) {
      // Kept for longer than any clock of ours would take the challenge for good.
      const expiresAt = new Date(expiryForAnybody(challenge).getTime() + minute)
      const spent = { purpose: 'passkey-sign-in', subject: 'anybody', securityVersion: null, payload: {} } as const
      const isFirst = await store.claim(tx, {
        ...spent,
        digest: digestOf(challenge),
        createdAt: clock.now(),
        expiresAt,
      })
      if (!isFirst) throw new OneTimeTokenRejected()
    },

    issue: async (token) => (await challenge(token)).challenge,

    async issueFor(messageId, token) {
      const plaintext = hmacOf(mailKey, `${token.purpose} ${messageId} ${token.securityVersion}`)
      await store.put({ ...kept(token, plaintext), messageId })
      return plaintext
    },

    async find(purposes, plaintext) {
      const token = shape.test(plaintext) ? await store.find(digestOf(plaintext), clock.now()) : null
      if (token === null || !purposes.includes(token.purpose)) throw new OneTimeTokenRejected()
      return token
    },

    findLatest: (purpose, subject) => store.findLatest(purpose, subject, clock.now()),

    async listPending(subject) {
      const tokens = await store.listOf(subject, clock.now())
      return tokens.map(({ purpose, createdAt, expiresAt }) => ({ purpose, createdAt, expiresAt }))
    },

    async spend(tx, { digest, messageId }) {
      if (!(await store.consume(tx, digest, clock.now()))) throw new OneTimeTokenRejected()
      // A mail server that has taken a mail without saying so would get it again, and its link would be good again.
      if (messageId !== undefined) await outbox.drop(tx, messageId)
    },

    forget: (tx, subject, purposes) => store.removeAllOf(tx, subject, purposes),
  }
}

export type { OneTimeToken, Purpose } from './store.js'
