import type { NewAuditEvent } from '../audit/events.js'
import type { Person } from '../kernel/caller.js'
import type { SecondFactor } from './factors.js'
import type { PasskeyFault } from './webauthn.js'

/** What the trail has of an app or a passkey that was not added. */
export function enrolmentRefusal(
  { userId, sessionId }: Person,
  what: { readonly kind: SecondFactor; readonly fault?: PasskeyFault },
): NewAuditEvent {
  const who = { actorId: userId, subjectId: userId }
  return { name: 'authenticator.enrolment-refused', ...who, outcome: 'refused', facts: { sessionId, ...what } }
}
