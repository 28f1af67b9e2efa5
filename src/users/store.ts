import type { Reach } from '../kernel/caller.js'
import type { Page } from '../kernel/page.js'
import type { EnrolledFactor, Subject, Suspension, UserStatus } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'

/** Those of the reached users that meet everything that is not null. */
export interface UserSelection {
  readonly reach: Reach
  readonly ids: readonly string[] | null
  readonly status: UserStatus | null
  readonly role: string | null
  /** Inclusive. */
  readonly createdFrom: Date | null
  /** Exclusive. */
  readonly createdUntil: Date | null
}

/** Users and the identifiers that lead to them. */
export interface UserStore {
  /** Both or neither. 'taken' when the identifier leads to somebody already; the transaction is lost then. */
  insert(tx: Transaction, user: Subject, identifier: string): Promise<'inserted' | 'taken'>
  find(userId: string, tx?: Transaction): Promise<Subject | null>
  /** In the order of the ids, in one read. */
  findMany(userIds: readonly string[]): Promise<readonly (Subject | null)[]>
  /** As `find`, but from a primary that has proven to be one: for answers that refuse somebody for good. */
  findVerdict(userId: string): Promise<Subject | null>
  findIdByIdentifier(identifier: string): Promise<string | null>
  /** Newest first. One more than asked for tells of a next page. */
  list(selection: UserSelection, page: Page): Promise<readonly Subject[]>
  count(selection: UserSelection): Promise<number>
  /** The user afterwards, or null when there is none. */
  setDisplayName(userId: string, displayName: string | null): Promise<Subject | null>
  /** The identifiers and the address together, which counts as proven. 'taken': the transaction is lost. */
  changeEmail(
    tx: Transaction,
    userId: string,
    change: { readonly from: string; readonly to: string; readonly email: string },
  ): Promise<'changed' | 'taken'>
  /**
   * All that there is now. Part of the change of a factor, so that guards never know of other ones than there are. The
   * time of `beginGrace` goes on.
   */
  setEnrolledFactors(tx: Transaction, userId: string, factors: readonly EnrolledFactor[]): Promise<void>
  /**
   * From when on the policy wants a second factor; never later than was said before. What counts now and whether it
   * has begun by this, or null for whoever has one by now, and for nobody.
   */
  beginGrace(userId: string, dueAt: Date, tx?: Transaction): Promise<{ dueAt: Date; hasBegun: boolean } | null>
  /** False when there is no such user that is active. */
  markEmailVerified(tx: Transaction, userId: string): Promise<boolean>
  /** The new version, or null when the user is not active at that version any more. */
  bumpSecurityVersion(tx: Transaction, userId: string, expectedVersion: number): Promise<number | null>
  /**
   * The first write of what a user does to others: is the user still who was asked for permission, with the same
   * version, roles and attributes? A write and not a read, so that of two who take it from each other one must wait.
   */
  confirmActor(tx: Transaction, actor: Subject): Promise<boolean>
  /**
   * One document that everybody writes who may take the last administrator away. Without it two transactions demote
   * two different users, each sees the other one left, and nobody remains.
   */
  claimAdministrators(tx: Transaction): Promise<void>
  hasActiveWithRole(tx: Transaction, roles: readonly string[]): Promise<boolean>
  /** The user afterwards, or null when there is none. */
  setRoles(tx: Transaction, userId: string, roles: readonly string[]): Promise<Subject | null>
  /** Replaces them as a whole. The user afterwards, or null when there is none. */
  setAttributes(tx: Transaction, userId: string, attributes: Subject['attributes']): Promise<Subject | null>
  /** Raises the security version, too. The user afterwards, or null when there is none that is active. */
  suspend(tx: Transaction, userId: string, suspension: Suspension): Promise<Subject | null>
  /**
   * No second factor is known of, the time of `beginGrace` has not begun, and the security version is raised. The user
   * afterwards, suspended or not, or null when there is none.
   */
  forgetFactors(tx: Transaction, userId: string): Promise<Subject | null>
  /** The user afterwards, or null when there is none that is suspended. */
  reinstate(tx: Transaction, userId: string): Promise<Subject | null>
  /** With the identifiers that lead to it. False when there is none that is active at that version. */
  remove(tx: Transaction, userId: string, securityVersion: number): Promise<boolean>
  isEmpty(): Promise<boolean>
  /** The user ids to which those of the identifiers lead that lead anywhere. */
  findOwners(identifiers: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Those of the ids that are somebody's. */
  findExisting(userIds: readonly string[]): Promise<ReadonlySet<string>>
  /**
   * Lets identifiers lead to users that do not exist yet, which is to nobody.
   * @returns the identifiers that lead to somebody else
   */
  claimIdentifiers(claims: readonly IdentifierClaim[]): Promise<ReadonlySet<string>>
  /** The last write of an import: by it the accounts exist. @returns how many did not before */
  insertImported(users: readonly Subject[]): Promise<number>
}

export interface IdentifierClaim {
  readonly identifier: string
  readonly userId: string
}
