import type { Reach } from '../kernel/caller.js'
import type { Page } from '../kernel/page.js'
import type { Transaction } from '../kernel/transaction.js'
import type { AuditEvent, AuditEventName } from './events.js'

/** Those of the reached events that meet everything that is not null. */
export interface AuditSelection {
  /** Of it the owner of an event is whoever did it, and whomever it was done to. */
  readonly reach: Reach
  readonly names: readonly AuditEventName[] | null
  readonly actorId: string | null
  readonly subjectId: string | null
  /** Inclusive. */
  readonly since: Date | null
  /** Exclusive. */
  readonly until: Date | null
}

export interface AuditStore {
  insert(event: AuditEvent, tx?: Transaction): Promise<void>
  /** Those that are there already stay as they are: moving one twice is not having it twice. */
  insertMany(events: readonly AuditEvent[]): Promise<void>
  /** Newest first. One more than asked for tells of a next page. */
  list(selection: AuditSelection, page: Page): Promise<readonly AuditEvent[]>
  count(selection: AuditSelection): Promise<number>
}

/** A document with events that were committed inside of it. */
export interface PendingDocument {
  readonly id: string
  readonly events: readonly AuditEvent[]
}

/** Where events wait that were committed inside the document they tell of. */
export interface PendingEvents {
  listPending(limit: number): Promise<readonly PendingDocument[]>
  /** Forgets those events in those documents, and lets each be purged once none wait in it. */
  clearPending(moved: readonly PendingDocument[]): Promise<void>
}
