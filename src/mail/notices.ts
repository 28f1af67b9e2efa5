import type { AuditEvent, AuditEventName } from '../audit/events.js'
import type { TellOfEvents } from '../audit/service.js'
import type { Message, NoticeTopic, OutboxService } from '../outbox/service.js'

/** What the person is told of whom it happened to; what is not here, nobody is told. */
const topics: Partial<Readonly<Record<AuditEventName, NoticeTopic>>> = {
  'session.started': 'new-sign-in',
  'password.changed': 'password-changed',
  'password.reset': 'password-reset',
  'passkey.copy-refused': 'passkey-copied',
  'recovery-codes.regenerated': 'recovery-codes-renewed',
  'recovery-code.used': 'recovery-code-used',
  'second-factor.attacked': 'second-factor-attacked',
  'second-factor.demanded': 'second-factor-demanded',
  'password.voided': 'password-voided',
  'password.stopped': 'password-stopped',
  'user.authenticators-reset': 'authenticators-reset',
  'user.roles-changed': 'roles-changed',
  'user.suspended': 'suspended',
  'user.reinstated': 'reinstated',
  'user.sessions-revoked': 'sessions-revoked',
}

const endings: Readonly<Record<string, NoticeTopic>> = {
  'refresh-reused': 'session-stolen',
  'answer-lost': 'session-lost',
  'password-guessed': 'session-guessed',
}

function aboutOf(name: AuditEventName, facts: AuditEvent['facts']): NoticeTopic | undefined {
  if (name === 'session.ended') return endings[String(facts['reason'])]
  const what = facts['kind'] === 'passkey' ? 'passkey' : 'authenticator'
  if (name === 'authenticator.enrolled') return facts['isFirst'] === true ? `first-${what}-added` : `${what}-added`
  if (name === 'authenticator.removed') return `${what}-removed`
  return topics[name]
}

/** What the risk of a sign-in came to. */
const toldOutcomes = new Set<unknown>(['notify', 'second-factor', 'refuse'])

/** The notice that an event calls for, or null. */
export function noticeOf({ name, at: now, actorId, subjectId, outcome, facts }: AuditEvent): Message | null {
  const about = aboutOf(name, facts)
  if (about === undefined || subjectId === null) return null
  // Of what was refused only this is told: a copy that was refused once was let in before, or will be.
  if (outcome !== 'success' && about !== 'passkey-copied') return null
  // Whoever has ended all their own sessions knows it.
  if (about === 'sessions-revoked' && actorId === subjectId) return null
  const { authenticatorId, dueAt } = facts
  // What is told of is when something will be, and not since when it is known.
  const at = typeof dueAt === 'string' ? new Date(dueAt) : now
  const passkey = typeof authenticatorId === 'string' ? { authenticatorId } : {}
  return { kind: 'notice', about, userId: subjectId, sessionId: sessionIdIn(facts), ...passkey, at }
}

/**
 * Puts what people are to be told into the outbox. A session that began in a transaction began with what its person was
 * just doing, and tells of no risk. Of the others those are told that were found to be one.
 */
export function createNotices({ outbox }: { outbox: Pick<OutboxService, 'putNotices'> }): TellOfEvents {
  return async (events, tx) => {
    const notices = events
      .filter(({ name, facts }) => name !== 'session.started' || toldOutcomes.has(facts['riskOutcome']))
      .flatMap((event) => {
        const message = noticeOf(event)
        return message === null ? [] : [{ id: event.id, message }]
      })
    await outbox.putNotices(notices, tx)
  }
}

function sessionIdIn(facts: AuditEvent['facts']): string | null {
  return typeof facts['sessionId'] === 'string' ? facts['sessionId'] : null
}
