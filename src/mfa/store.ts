import type { Transaction } from '../kernel/transaction.js'

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

/** All of a person that are left. */
export interface RecoveryCodeSet extends Enrolled {
  readonly kind: 'recovery-code'
  readonly digests: readonly string[]
}

export type StoredAuthenticator = TotpAuthenticator | RecoveryCodeSet

export interface AuthenticatorStore {
  /** In the order in which they were enrolled. */
  listOf(userId: string, tx?: Transaction): Promise<readonly StoredAuthenticator[]>
  insert(tx: Transaction, authenticator: StoredAuthenticator): Promise<void>
  /** Whether this call was the one that used that step: of any number, one; and no older one after it. */
  spendStep(id: string, step: number, at: Date): Promise<boolean>
  /** Whether this call was the one that used that code: of any number, one. */
  spendRecoveryCode(tx: Transaction, userId: string, digest: string, at: Date): Promise<boolean>
  /** The authenticator afterwards, or null when that user has no such. */
  rename(userId: string, id: string, name: string): Promise<TotpAuthenticator | null>
  /** Whether that user had it. */
  remove(tx: Transaction, userId: string, id: string): Promise<boolean>
  /** Those of that user that were enrolled then or later. */
  removeSince(tx: Transaction, userId: string, since: Date): Promise<void>
  removeAllOf(tx: Transaction, userId: string, kind?: StoredAuthenticator['kind']): Promise<void>
}
