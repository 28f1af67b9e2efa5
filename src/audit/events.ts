import { ulid } from 'ulid'
import type { Random } from '../kernel/random.js'

/** Every name an audit event can have. Past tense: an event is a fact. */
export type AuditEventName =
  | 'user.signed-up'
  | 'user.provisioned'
  | 'session.started'
  | 'session.ended'
  | 'session.ended-everywhere'
  | 'sign-in.refused'
  | 'refresh.reused'
  | 'password.changed'
  | 'password.change-refused'

/** Ids and facts, never personal data: an erased person leaves nothing behind here. */
export interface AuditEvent {
  readonly id: string
  readonly at: Date
  readonly name: AuditEventName
  readonly actorId: string | null
  readonly subjectId: string | null
  readonly outcome: 'success' | 'refused'
  readonly facts: Readonly<Record<string, string | number | boolean>>
}

export type NewAuditEvent = Omit<AuditEvent, 'id' | 'at'>

/** The id sorts by time, so that "newest first" needs no second index. */
export function auditEvent(event: NewAuditEvent, at: Date, random: Random): AuditEvent {
  return { id: `evt_${ulid(at.getTime(), () => random(4).readUInt32BE() / 2 ** 32).toLowerCase()}`, at, ...event }
}
