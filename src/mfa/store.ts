import type { Transaction } from '../kernel/transaction.js'
import type { PasskeyFacts } from './webauthn.js'

interface Enrolled {
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

export interface TotpAuthenticator extends Enrolled {
  readonly kind: 'totp'
  readonly name: string
  /** Under a key of the data key `keyId`. */
  readonly sealedSecret: string
  readonly keyId: string
  /** The newest time step whose code was used: none is taken that is not newer. */
  readonly lastStep: number
}

export interface Passkey extends Enrolled, PasskeyFacts {
  readonly kind: 'passkey'
  readonly name: string
}

/** All of a person that are left. */
export interface RecoveryCodeSet extends Enrolled {
  readonly kind: 'recovery-code'
  readonly digests: readonly string[]
}

/** A factor by itself; recovery codes only stand in for one. */
export type StrongAuthenticator = TotpAuthenticator | Passkey

export type StoredAuthenticator = StrongAuthenticator | RecoveryCodeSet

export interface AuthenticatorStore {
  /** In the order in which they were enrolled. */
  listOf(userId: string, tx?: Transaction): Promise<readonly StoredAuthenticator[]>
  /** `taken`: there is a passkey of that credential id already, whoever it belongs to. */
  insert(tx: Transaction, authenticator: StoredAuthenticator): Promise<'inserted' | 'taken'>
  findPasskey(credentialId: string): Promise<Passkey | null>
  /**
   * Whether that is a newer signature than the last one: of any number with the same counter, one. An authenticator that
   * does not count says 0 every time.
   */
  advanceCounter(tx: Transaction, id: string, counter: number, at: Date): Promise<boolean>
  /** Whether this call was the one that used that step: of any number, one; and no older one after it. */
  spendStep(tx: Transaction, id: string, step: number, at: Date): Promise<boolean>
  /** Whether that is a code of theirs that was not used. */
  hasRecoveryCode(userId: string, digest: string): Promise<boolean>
  /** How many are left where this call was the one that used that code, of any number one; null for the others. */
  spendRecoveryCode(tx: Transaction, userId: string, digest: string, at: Date): Promise<number | null>
  /** The authenticator afterwards, or null when that user has no such. */
  rename(userId: string, id: string, name: string): Promise<StrongAuthenticator | null>
  /** Whether that user had it. */
  remove(tx: Transaction, userId: string, id: string): Promise<boolean>
  /** Those of that user that were enrolled then or later, and not later than `until`. */
  removeSince(tx: Transaction, userId: string, since: Date, until: Date | null): Promise<void>
  removeAllOf(tx: Transaction, userId: string, kind?: StoredAuthenticator['kind']): Promise<void>
}
