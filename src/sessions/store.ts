import type { PendingDocument, PendingEvents } from '../audit/store.js'
import type { AuditEvent } from '../audit/events.js'
import type { Page } from '../kernel/page.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { EndedReason, Session, SpentToken, TokenDelivery } from './session.js'

/** At most so many spent tokens are remembered; a full ring of live graces rotates no more. */
export const ringSize = 8

export interface Rotation {
  readonly sessionId: string
  readonly familyDigest: string
  readonly presentedDigest: string
  readonly delivery: TokenDelivery
  readonly successorDigest: string
  readonly spent: SpentToken
  readonly now: Date
  /** A token that was issued later than this answers unchanged. */
  readonly notRotatedAfter: Date
  readonly idleExpiresAt: Date
}

export interface Ending {
  readonly reason: EndedReason
  readonly at: Date
  /** Committed with the end, inside the session. */
  readonly events: readonly AuditEvent[]
}

/** Sessions of this user that are of an older version than this have ended, for this reason. */
export interface Sweep {
  readonly userId: string
  readonly securityVersion: number
  readonly reason: EndedReason
  /** Who raised the version; left out where it was the user, null where it was nobody with an account. */
  readonly actorId?: string | null
  /** Swept again and again until then: what was under way may still write a session. Left out: once. */
  readonly until?: Date
}

export interface SessionStore extends PendingEvents {
  insert(session: Session, events: readonly AuditEvent[], tx?: Transaction): Promise<void>
  find(id: string): Promise<Session | null>
  /** In the order of the ids, in one read. */
  findMany(ids: readonly string[]): Promise<readonly (Session | null)[]>
  /** As `find`, from a primary that has proven that it still is one: for when a verdict hangs on it. */
  findVerdict(id: string): Promise<Session | null>
  /** Spends the presented token if it is the current one and may rotate: one winner, decided by the database. */
  rotate(rotation: Rotation): Promise<Session | null>
  /** Ends a session of that user that lives; null when there is none. */
  end(id: string, userId: string, ending: Ending): Promise<Session | null>
  /** Takes a living session over into a newer security version of its user. */
  adopt(id: string, userId: string, versions: { from: number; to: number }, tx: Transaction): Promise<boolean>
  /** Those of one user and one security version that live, newest first. One more than asked for tells of a next page. */
  listLive(userId: string, securityVersion: number, now: Date, page: Page): Promise<readonly Session[]>
  countLive(userId: string, securityVersion: number, now: Date, tx?: Transaction): Promise<number>
  /** Those of one user, ended ones included while they are kept, newest first. */
  listKept(userId: string): Promise<readonly Session[]>
  /** Of one user, as `listPending`. */
  listPendingOf(userId: string): Promise<readonly PendingDocument[]>
  /** Removes the sessions of a user. False when there are some left, in which events wait that would be lost. */
  removeAllOf(userId: string, tx?: Transaction): Promise<boolean>
  /** Notes that sessions of older versions have ended in effect and must be ended here. */
  planSweep(sweep: Sweep, tx: Transaction): Promise<void>
  listSweeps(limit: number): Promise<readonly Sweep[]>
  finishSweep(sweep: Sweep): Promise<void>
  /** The ids of those that an older security version left behind. */
  listOutdated(userId: string, securityVersion: number): Promise<readonly string[]>
}

/** What sessions must know of users, who are another slice's. */
export interface SubjectStore {
  find(userId: string, tx?: Transaction): Promise<Subject | null>
  /** See `UserStore.confirmActor`. */
  confirmActor(tx: Transaction, actor: Subject): Promise<boolean>
  /** The new version, or null when it is not the expected one any more. */
  bumpSecurityVersion(tx: Transaction, userId: string, expectedVersion: number): Promise<number | null>
}
