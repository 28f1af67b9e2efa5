import { encodeTime, ulid } from 'ulid'
import type { Random } from '../kernel/random.js'

/** Every name an audit event can have. Past tense: an event is a fact. */
export const auditEventNames = [
  'user.signed-up',
  'user.provisioned',
  'user.email-verified',
  'email.change-requested',
  'email.changed',
  'user.invited',
  'users.import-started',
  'users.imported',
  'user.roles-changed',
  'user.attributes-changed',
  'user.suspended',
  'user.reinstated',
  'user.sessions-revoked',
  'session.started',
  'session.ended',
  'session.ended-everywhere',
  'session.disowned',
  'sign-in.refused',
  'device.forgotten',
  'device.distrusted',
  'refresh.reused',
  'second-factor.demanded',
  'second-factor.asked',
  'second-factor.refused',
  'passkey.copy-refused',
  'second-factor.attacked',
  'step-up.completed',
  'step-up.refused',
  'authenticator.enrolled',
  'authenticator.enrolment-refused',
  'authenticator.removed',
  'recovery-codes.regenerated',
  'recovery-code.used',
  'user.authenticators-reset',
  'password.changed',
  'password.change-refused',
  'password.reset',
  'password.voided',
  'password.stopped',
  'mail.abandoned',
  'password.breach-unchecked',
  'account.exported',
  'account.deleted',
] as const

export type AuditEventName = (typeof auditEventNames)[number]

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

/** Where the ids of events begin that happened then or later. */
export function firstAuditIdAt(at: Date): string {
  // Before 1970 there were none, and the encoding has no word for it.
  return `evt_${encodeTime(Math.max(0, at.getTime())).toLowerCase()}`
}
