import type { Transaction } from '../kernel/transaction.js'
import type { AuditEvent } from './events.js'

export interface AuditStore {
  /** Inserting an event that is there already changes nothing: moving one twice is not having it twice. */
  insert(event: AuditEvent, tx?: Transaction): Promise<void>
  insertMany(events: readonly AuditEvent[]): Promise<void>
}

/** Where events wait that were committed inside the document they tell of. */
export interface PendingEvents {
  /** The oldest documents with waiting events. */
  listPending(limit: number): Promise<readonly { id: string; events: readonly AuditEvent[] }[]>
  /** Forgets those events in that document, and lets the document be purged once none wait. */
  clearPending(id: string, eventIds: readonly string[]): Promise<void>
}
