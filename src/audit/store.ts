import type { Transaction } from '../kernel/transaction.js'
import type { AuditEvent } from './events.js'

export interface AuditStore {
  insert(event: AuditEvent, tx?: Transaction): Promise<void>
  /** Those that are there already stay as they are: moving one twice is not having it twice. */
  insertMany(events: readonly AuditEvent[]): Promise<void>
}

/** Where events wait that were committed inside the document they tell of. */
export interface PendingEvents {
  /** Documents with waiting events. */
  listPending(limit: number): Promise<readonly { id: string; events: readonly AuditEvent[] }[]>
  /** Forgets those events in that document, and lets the document be purged once none wait. */
  clearPending(id: string, eventIds: readonly string[]): Promise<void>
}
