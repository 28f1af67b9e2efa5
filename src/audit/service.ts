/**
 * Owns the audit trail: one event for each thing that matters to security, committed with its change.
 * An event of a one-document change travels inside that document and is moved here afterwards; an event of a
 * transaction is written in it. Does not own what an event means, nor who may read whose.
 */
import { requireAny, type Caller } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { InvalidInput } from '../kernel/errors.js'
import type { Page } from '../kernel/page.js'
import type { Random } from '../kernel/random.js'
import type { Transaction } from '../kernel/transaction.js'
import { auditEvent, auditEventNames, type AuditEvent, type NewAuditEvent } from './events.js'
import { createEventMover, type EventMover } from './mover.js'
import type { AuditStore, PendingEvents } from './store.js'

export interface AuditService {
  /** Makes an event of now; the caller commits it inside the document that changes. */
  draft(event: NewAuditEvent): AuditEvent
  /** Writes one event, in the transaction of its change where there is one. */
  record(event: NewAuditEvent, tx?: Transaction): Promise<void>
  /** Of one kind of document that events are committed in. */
  moverFrom(source: PendingEvents): EventMover
  /**
   * Newest first: what the caller did, what was done to it, and for holders of `audit:read` everything.
   * @throws Unauthenticated, Forbidden, InvalidInput
   */
  list(caller: Caller, page: Page, filter: AuditFilter): Promise<AuditPage>
  /** Newest first, at most so many: what a user did, and what was done to it. For whom it is, the caller of this decides. */
  listAbout(userId: string, most: number): Promise<{ events: readonly AuditEvent[]; truncated: boolean }>
}

/**
 * Whoever wants to know of events. Told in the transaction of the change where there is one; otherwise it may be told
 * of one event twice, and has to take it as once.
 */
export type TellOfEvents = (events: readonly AuditEvent[], tx?: Transaction) => Promise<void>

/** What is left out or null does not matter. */
export interface AuditFilter {
  readonly names?: readonly string[] | null | undefined
  readonly actorId?: string | null | undefined
  readonly subjectId?: string | null | undefined
  /** Inclusive. */
  readonly since?: Date | null | undefined
  /** Exclusive. */
  readonly until?: Date | null | undefined
}

/** An event, and whose trail it is a part of: the reader's, who did it or had it done, or else its subject's. */
export interface TrailEvent extends AuditEvent {
  readonly userId: string | null
}

export interface AuditPage {
  readonly events: readonly TrailEvent[]
  readonly hasNextPage: boolean
  readonly totalCount: number
}

export function createAudit({
  store,
  clock,
  random,
  tell = async () => undefined,
}: {
  store: AuditStore
  clock: Clock
  random: Random
  tell?: TellOfEvents
}): AuditService {
  return {
    draft: (event) => auditEvent(event, clock.now(), random),
    async record(given, tx) {
      const event = auditEvent(given, clock.now(), random)
      await store.insert(event, tx)
      await tell([event], tx)
    },
    moverFrom: (source) => createEventMover(store, source, tell),
    async listAbout(userId, most) {
      const about = { reach: [{ userId }], names: null, actorId: null, subjectId: null, since: null, until: null }
      const found = await store.list(about, { first: most, after: null })
      return { events: found.slice(0, most), truncated: found.length > most }
    },
    async list(caller, page, { names, actorId = null, subjectId = null, since = null, until = null }) {
      requireAny(caller, 'audit:read')
      const selection = {
        reach: caller.reach('audit:read'),
        names: knownNames(names),
        actorId,
        subjectId,
        since,
        until,
      }
      const [found, totalCount] = await Promise.all([store.list(selection, page), store.count(selection)])
      const events = found.slice(0, page.first).map((event) => ({ ...event, userId: ownerOf(event, caller.userId) }))
      return { events, hasNextPage: found.length > page.first, totalCount }
    },
  }
}

function ownerOf({ actorId, subjectId }: AuditEvent, readerId: string): string | null {
  return [actorId, subjectId].includes(readerId) ? readerId : subjectId
}

function knownNames(names: AuditFilter['names']) {
  if (names === null || names === undefined) return null
  const known = auditEventNames.filter((name) => names.includes(name))
  // A misspelt name would find nothing, which reads like an answer.
  if (!names.every((name) => known.some((each) => each === name))) {
    throw new InvalidInput({ 'filter.names': 'There are no events of one of these names.' })
  }
  return known
}

export type { AuditEvent } from './events.js'
export type { EventMover } from './mover.js'
