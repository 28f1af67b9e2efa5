import type { Transaction } from '../kernel/transaction.js'

export interface Credential {
  readonly userId: string
  readonly passwordHash: string
  readonly changedAt: Date
  /** Long enough only beside a second factor. */
  readonly isShort: boolean
}

/** Password hashes, one for each user who has one. */
export interface CredentialStore {
  findHash(userId: string): Promise<string | null>
  /** When the password was set; null for whoever has none. */
  findChangedAt(userId: string): Promise<Date | null>
  /** Whatever was there before. */
  put(tx: Transaction, credential: Credential): Promise<void>
  /** Whether there was one. */
  remove(tx: Transaction, userId: string): Promise<boolean>
  /** Null for whoever has no password. */
  isShort(userId: string, tx: Transaction): Promise<boolean | null>
  /** If it is. */
  removeShort(tx: Transaction, userId: string): Promise<void>
  /** Only where the hash is still the expected one; false when it is not. */
  replace(tx: Transaction, expectedHash: string, credential: Credential): Promise<boolean>
  /** The same password under another hash: `changedAt` stays. Only where the hash is still the expected one. */
  rehash(userId: string, expectedHash: string, passwordHash: string): Promise<boolean>
  /**
   * Of accounts that do not exist yet. What an import that was stopped has left for them is replaced; a hash that is not
   * an imported one stays.
   */
  insertImported(credentials: readonly Credential[]): Promise<void>
  /** What an import that was stopped has left for accounts that are to have no password. */
  dropImported(userIds: readonly string[]): Promise<void>
}
