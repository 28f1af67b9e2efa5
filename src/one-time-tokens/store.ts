import type { Transaction } from '../kernel/transaction.js'

/** What a one-time token is good for; it is good for nothing else. */
export type Purpose =
  | 'sign-up'
  | 'verification'
  | 'invitation'
  | 'password-reset'
  | 'email-change'
  | 'disown-session'
  | 'second-factor'
  | 'step-up'
  | 'totp-enrolment'
  | 'passkey-enrolment'
  | 'passkey-sign-in'

export interface OneTimeToken {
  /** Of the plaintext, which nobody has but whoever it was sent to. */
  readonly digest: string
  readonly purpose: Purpose
  /** Whom it is about: the id of a user, or the identifier of an address that has none yet. */
  readonly subject: string
  /**
   * The user's when it was issued: a change of security since then has voided it, unless it takes back what somebody else
   * did (`voidedByChange`). Null where there is no user yet.
   */
  readonly securityVersion: number | null
  /** Of the mail whose link it is, which need not be sent again once it was used. */
  readonly messageId?: string
  /** What is needed when it is redeemed. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface OneTimeTokenStore {
  insert(token: OneTimeToken): Promise<void>
  /** In place of the one with that digest, where there is one. */
  put(token: OneTimeToken): Promise<void>
  /** Whether this call was the first with that digest: of any number, one. */
  claim(tx: Transaction, token: OneTimeToken): Promise<boolean>
  /** One that has not expired. */
  find(digest: string, now: Date): Promise<OneTimeToken | null>
  /** The latest of that purpose and subject that has not expired. */
  findLatest(purpose: Purpose, subject: string, now: Date): Promise<OneTimeToken | null>
  /** Those of a user or an address that have not expired. */
  listOf(subject: string, now: Date): Promise<readonly OneTimeToken[]>
  /** Whether this call was the one that spent it: of any number, one. */
  consume(tx: Transaction, digest: string, now: Date): Promise<boolean>
  removeAllOf(tx: Transaction, subject: string, purposes: readonly Purpose[] | 'all'): Promise<void>
}
