import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'

/** Users and the identifiers that lead to them. */
export interface UserStore {
  /** Both or neither. 'taken' when the identifier leads to somebody already; the transaction is lost then. */
  insert(tx: Transaction, user: Subject, identifier: string): Promise<'inserted' | 'taken'>
  find(userId: string, tx?: Transaction): Promise<Subject | null>
  /** One read. In no order, and without those that are absent. */
  findMany(userIds: readonly string[]): Promise<Subject[]>
  /** As `find`, but from a primary that has proven to be one: for answers that refuse somebody for good. */
  findVerdict(userId: string): Promise<Subject | null>
  findIdByIdentifier(identifier: string): Promise<string | null>
  /** The user afterwards, or null when there is none. */
  setDisplayName(userId: string, displayName: string | null): Promise<Subject | null>
  /** The new version, or null when the user is not active at that version any more. */
  bumpSecurityVersion(tx: Transaction, userId: string, expectedVersion: number): Promise<number | null>
  isEmpty(): Promise<boolean>
}
