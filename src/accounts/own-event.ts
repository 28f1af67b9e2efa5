import type { NewAuditEvent } from '../audit/events.js'

/** What a person did to their own account. */
export function ownEvent(
  name: NewAuditEvent['name'],
  userId: string,
  facts: NewAuditEvent['facts'] = {},
): NewAuditEvent {
  return { name, actorId: userId, subjectId: userId, outcome: 'success', facts }
}
