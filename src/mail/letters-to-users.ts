import { languagesOf, type Subject } from '../kernel/subject.js'
import type { NoticeTopic } from '../outbox/service.js'
import { isKnownDevice, type Session } from '../sessions/service.js'
import type { LetterDependencies, Of } from './letters.js'
import { linkTo } from './links.js'
import type { Letter, MailName, MailView } from './templates.js'

/**
 * Letters about what happened to an account. These are told however many there are, but for new sign-ins: whoever has the
 * password makes as many of them as they like, and the first few say what there is to say.
 */
export function createLettersToUsers({ users, sessions, oneTimeTokens, limits, links }: LetterDependencies) {
  /** @param payload what following it takes away beside the password and all sessions, as `disownSession` reads it */
  async function disownLink(
    { id: subject, securityVersion }: Subject,
    payload: { sessionId?: string; since?: Date; authenticatorId?: string | null },
  ): Promise<string> {
    const token = { purpose: 'disown-session', subject, securityVersion, payload } as const
    return linkTo('disown-session', await oneTimeTokens.issue(token), links)
  }

  async function resetLink({ id: subject, securityVersion }: Subject) {
    const token = { purpose: 'password-reset', subject, securityVersion, payload: {} } as const
    return { link: linkTo('reset-password', await oneTimeTokens.issue(token), links), minutes: 30 }
  }

  /** Null: there is nothing to tell. */
  async function viewOf({ about, at, authenticatorId }: Of<'notice'>, user: Subject, session: Session | null) {
    const told = { at: shownTime(at), ...(session === null ? {} : shownDevice(session)) }
    const begun = session === null ? {} : sinceIt(session)
    // A second factor of somebody else keeps the owner out, whether that session lives or not.
    const isFirst = about === 'first-authenticator-added' || about === 'first-passkey-added'
    if (isFirst && session !== null) return { ...told, link: await disownLink(user, begun) }
    // A passkey lets its owner in by itself: whoever is told of one can take it away.
    if ((about === 'passkey-added' || about === 'passkey-copied') && authenticatorId !== undefined) {
      return { ...told, link: await disownLink(user, { authenticatorId }) }
    }
    if (withResetLink.has(about)) return { ...told, ...(await resetLink(user)) }
    if (about !== 'new-sign-in') return told
    if (session === null || hasTakenDevices(session)) return null
    return { ...told, link: await disownLink(user, begun) }
  }

  return {
    /** @throws RateLimited after so many new sign-ins */
    async notice(message: Of<'notice'>, attempts: number): Promise<Letter | null> {
      const { about, userId, sessionId } = message
      const user = await users.find(userId)
      if (user === null) return null
      const [session = null] = sessionId === null ? [] : await sessions.findMany([sessionId])
      // Trying again tells of no other one.
      if (about === 'new-sign-in' && attempts === 1) await limits.spend('sign-in-mail', userId)
      const view = await viewOf(message, user, session)
      return view && { to: user.email, name: nameOf[about], languages: languagesOf(user), view }
    },

    addressNotice({ email: to, about: name, at, newEmail, languages }: Of<'address-notice'>): Letter {
      return { to, name, languages, view: { at: shownTime(at), ...(newEmail === undefined ? {} : { newEmail }) } }
    },
  }
}

const withResetLink = new Set<NoticeTopic>(['second-factor-attacked', 'password-voided', 'password-stopped'])

const nameOf: Readonly<Record<NoticeTopic, MailName>> = {
  'new-sign-in': 'new-sign-in',
  'session-stolen': 'session-stolen',
  'session-lost': 'session-lost',
  'session-guessed': 'session-guessed',
  'password-changed': 'password-changed',
  'password-reset': 'password-was-reset',
  'authenticator-added': 'authenticator-added',
  'first-authenticator-added': 'first-authenticator-added',
  'authenticator-removed': 'authenticator-removed',
  'passkey-added': 'passkey-added',
  'first-passkey-added': 'first-passkey-added',
  'passkey-removed': 'passkey-removed',
  'passkey-copied': 'passkey-copied',
  'recovery-codes-renewed': 'recovery-codes-renewed',
  'recovery-code-used': 'recovery-code-used',
  'second-factor-attacked': 'second-factor-attacked',
  'password-voided': 'password-voided',
  'password-stopped': 'password-stopped',
  'authenticators-reset': 'authenticators-reset',
  'roles-changed': 'roles-changed',
  suspended: 'suspended',
  reinstated: 'reinstated',
  'sessions-revoked': 'sessions-revoked',
}

/** With a session goes what was enrolled since it began, and the passkey that it began with. */
function sinceIt({ id: sessionId, createdAt: since, authenticatorId }: Session) {
  return { sessionId, since, authenticatorId }
}

/**
 * What has ended the session has taken its device with it, and the password. A thief who signs out at once, or is signed
 * out, has been there all the same.
 */
function hasTakenDevices({ endReason }: Session): boolean {
  return endReason === 'disowned' || endReason === 'password-reset' || endReason === 'account-deleted'
}

function shownDevice({ device }: Session): Pick<MailView, 'device' | 'network'> {
  // Nothing that somebody else has made up, not even the name of a browser.
  const name = isKnownDevice(device) ? device.name : 'Unknown device'
  return { device: name, ...(device.ipPrefix === null ? {} : { network: device.ipPrefix }) }
}

/** `2030-01-01 08:30 UTC`: of the same meaning everywhere. */
function shownTime(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
