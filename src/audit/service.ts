/**
 * Owns the audit trail: one event for each thing that matters to security, committed with its change.
 * An event of a one-document change travels inside that document and is moved here afterwards; an event of a
 * transaction is written in it. Does not own what an event means, nor who may read it.
 */
import type { Clock } from '../kernel/clock.js'
import type { Random } from '../kernel/random.js'
import type { Transaction } from '../kernel/transaction.js'
import { auditEvent, type AuditEvent, type NewAuditEvent } from './events.js'
import type { AuditStore, PendingEvents } from './store.js'

export interface AuditService {
  /** Makes an event of now; the caller commits it inside the document that changes. */
  draft(event: NewAuditEvent): AuditEvent
  /** Writes one event, in the transaction of its change where there is one. */
  record(event: NewAuditEvent, tx?: Transaction): Promise<void>
  /** Moves the events of one document that has just been written. */
  move(source: PendingEvents, id: string, events: readonly AuditEvent[]): Promise<void>
  /** Moves what an instance left behind that died between its write and the move. Returns how many documents. */
  sweep(source: PendingEvents): Promise<number>
}

const sweepBatch = 100

export function createAudit({
  store,
  clock,
  random,
}: {
  store: AuditStore
  clock: Clock
  random: Random
}): AuditService {
  const move: AuditService['move'] = async (source, id, events) => {
    await store.insertMany(events)
    await source.clearPending(
      id,
      events.map((event) => event.id),
    )
  }
  return {
    draft: (event) => auditEvent(event, clock.now(), random),
    record: (event, tx) => store.insert(auditEvent(event, clock.now(), random), tx),
    move,
    async sweep(source) {
      const waiting = await source.listPending(sweepBatch)
      for (const { id, events } of waiting) await move(source, id, events)
      return waiting.length
    },
  }
}
