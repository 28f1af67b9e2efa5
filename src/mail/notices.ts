import type { AuditEvent, AuditEventName } from '../audit/events.js'
import type { TellOfEvents } from '../audit/service.js'
import type { Message, NoticeTopic, OutboxService } from '../outbox/service.js'
import type { SessionStore } from '../sessions/store.js'

/** What the person is told of whom it happened to; what is not here, nobody is told. */
const topics: Partial<Readonly<Record<AuditEventName, NoticeTopic>>> = {
  'session.started': 'new-sign-in',
  'password.changed': 'password-changed',
  'password.reset': 'password-reset',
  'passkey.copy-refused': 'passkey-copied',
  'recovery-codes.regenerated': 'recovery-codes-renewed',
  'recovery-code.used': 'recovery-code-used',
  'second-factor.attacked': 'second-factor-attacked',
  'password.voided': 'password-voided',
  'user.authenticators-reset': 'authenticators-reset',
  'user.roles-changed': 'roles-changed',
  'user.suspended': 'suspended',
  'user.reinstated': 'reinstated',
  'user.sessions-revoked': 'sessions-revoked',
}

const endings: Readonly<Record<string, NoticeTopic>> = {
  'refresh-reused': 'session-stolen',
  'answer-lost': 'session-lost',
}

function aboutOf(name: AuditEventName, facts: AuditEvent['facts']): NoticeTopic | undefined {
  if (name === 'session.ended') return endings[String(facts['reason'])]
  const what = facts['kind'] === 'passkey' ? 'passkey' : 'authenticator'
  if (name === 'authenticator.enrolled') return facts['isFirst'] === true ? `first-${what}-added` : `${what}-added`
  if (name === 'authenticator.removed') return `${what}-removed`
  return topics[name]
}

/** The notice that an event calls for, or null. */
export function noticeOf({ name, at, actorId, subjectId, outcome, facts }: AuditEvent): Message | null {
  const about = aboutOf(name, facts)
  if (about === undefined || subjectId === null) return null
  // Of what was refused only this is told: a copy that was refused once was let in before, or will be.
  if (outcome !== 'success' && about !== 'passkey-copied') return null
  // Whoever has ended all their own sessions knows it.
  if (about === 'sessions-revoked' && actorId === subjectId) return null
  const { authenticatorId } = facts
  const passkey = typeof authenticatorId === 'string' ? { authenticatorId } : {}
  return { kind: 'notice', about, userId: subjectId, sessionId: sessionIdIn(facts), ...passkey, at }
}

/**
 * Puts what people are to be told into the outbox. A session that began in a transaction began with what its person was
 * just doing: signing up, proving the address. Of the others only those from a new device are told.
 */
export function createNotices({
  outbox,
  sessions,
}: {
  outbox: Pick<OutboxService, 'putNotices'>
  sessions: Pick<SessionStore, 'listNewDevices'>
}): TellOfEvents {
  return async (events, tx) => {
    const started = events.filter(({ name }) => name === 'session.started')
    const ids = started.flatMap(({ facts }) => sessionIdIn(facts) ?? [])
    const isNew = tx === undefined && ids.length > 0 ? await sessions.listNewDevices(ids) : new Set<string>()
    const notices = events
      .filter(({ name, facts }) => name !== 'session.started' || isNew.has(sessionIdIn(facts) ?? ''))
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
