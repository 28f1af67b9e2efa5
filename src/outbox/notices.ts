import type { AuditEvent, AuditEventName } from '../audit/events.js'
import type { Message, NoticeTopic } from './messages.js'

/** What the person is told of whom it happened to; what is not here, nobody is told. */
const topics: Partial<Readonly<Record<AuditEventName, NoticeTopic>>> = {
  // Whether it was from a new device is asked when the mail is written.
  'session.started': 'new-sign-in',
  'password.changed': 'password-changed',
  'password.reset': 'password-reset',
  'user.roles-changed': 'roles-changed',
  'user.suspended': 'suspended',
  'user.reinstated': 'reinstated',
  'user.sessions-revoked': 'sessions-revoked',
}

const endings: Readonly<Record<string, NoticeTopic>> = {
  'refresh-reused': 'session-stolen',
  'answer-lost': 'session-lost',
}

/** The notice that an event calls for, or null. */
export function noticeOf({ name, at, actorId, subjectId, outcome, facts }: AuditEvent): Message | null {
  const about = name === 'session.ended' ? endings[String(facts['reason'])] : topics[name]
  if (about === undefined || subjectId === null || outcome !== 'success') return null
  // Whoever has ended all their own sessions knows it.
  if (about === 'sessions-revoked' && actorId === subjectId) return null
  const sessionId = typeof facts['sessionId'] === 'string' ? facts['sessionId'] : null
  return { kind: 'notice', about, userId: subjectId, sessionId, at }
}
