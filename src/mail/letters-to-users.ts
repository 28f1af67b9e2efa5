import { languagesOf, type Subject } from '../kernel/subject.js'
import type { NewOneTimeToken } from '../one-time-tokens/service.js'
import type { NoticeTopic } from '../outbox/service.js'
import { isKnownDevice, type Session } from '../sessions/service.js'
import type { Item, LetterDependencies, Of } from './letters.js'
import { linkTo, type Page } from './links.js'
import type { Letter, MailName, MailView } from './templates.js'

/**
 * Letters about what happened to an account. Once the address is proven these are told however many there are, but for new
 * sign-ins: whoever has the password makes as many of them as they like, and the first few say what there is to say.
 */
export function createLettersToUsers(deps: LetterDependencies) {
  const { users, passwords, sessions, oneTimeTokens, limits, links } = deps

  /** Whoever signs up with the address of a stranger must not fill that mailbox by what they do. @throws RateLimited */
  async function countUnproven(email: string, { attempts }: Item): Promise<void> {
    const identity = users.identify(email)
    if (identity !== null && attempts === 1) await limits.spend('mail', identity.identifier)
  }

  async function linkFor({ id }: Item, page: Page, token: NewOneTimeToken): Promise<string> {
    return linkTo(page, await oneTimeTokens.issueFor(id, token), links)
  }

  /** @param taken what following it takes away beside the password and all sessions, as `disownSession` reads it */
  async function disownLink(
    item: Item,
    { id: subject, securityVersion, email }: Subject,
    taken: { sessionId?: string; since?: Date; authenticatorId?: string | null },
  ) {
    // No change but one of the address voids it.
    const payload = { ...taken, address: users.identify(email)?.identifier }
    const token = { purpose: 'disown-session', subject, securityVersion, payload } as const
    return { link: await linkFor(item, 'disown-session', token) }
  }

  async function resetLink(item: Item, { id: subject, securityVersion }: Subject) {
    const token = { purpose: 'password-reset', subject, securityVersion, payload: {} } as const
    return { link: await linkFor(item, 'reset-password', token), minutes: 30 }
  }

  /** Nothing of it is true any more, or nobody could do anything about it. */
  async function isOver({ about, at }: Of<'notice'>, user: Subject, session: Session | null): Promise<boolean> {
    if (about === 'new-sign-in') return session === null || hasTakenDevices(session)
    // Their link would be refused.
    if (leadToReset.has(about) && user.status !== 'active') return true
    if (about !== 'password-voided' && about !== 'password-stopped') return false
    // There is another password by now, or none.
    const changedAt = await passwords.changedAt(user.id)
    return about === 'password-voided' ? changedAt !== null : changedAt === null || changedAt > at
  }

  /** What is told beside when and where. */
  async function detailsOf(
    { about, at, authenticatorId }: Of<'notice'>,
    item: Item,
    { user, session }: { user: Subject; session: Session | null },
  ): Promise<Partial<MailView>> {
    // A factor of somebody else keeps the owner out or lets them in, whether that session lives or not; and with it goes
    // whatever else was added since that session began.
    if (about.endsWith('-added')) {
      const begun = session === null ? { since: at } : { sessionId: session.id, since: session.createdAt }
      return disownLink(item, user, { ...begun, authenticatorId: authenticatorId ?? null })
    }
    if (about === 'passkey-copied' && authenticatorId !== undefined) return disownLink(item, user, { authenticatorId })
    if (about === 'new-sign-in' && session !== null) return disownLink(item, user, sinceIt(session))
    if (leadToReset.has(about)) return resetLink(item, user)
    if (about !== 'authenticators-reset' || user.status !== 'active') return {}
    return (await passwords.changedAt(user.id)) === null ? { withoutPassword: true } : { byPassword: true }
  }

  return {
    /** @throws RateLimited after so many new sign-ins, or notices to an address that nobody has proven */
    async notice(message: Of<'notice'>, item: Item): Promise<Letter | null> {
      const { about, at, userId, sessionId } = message
      const user = await users.find(userId)
      if (user === null) return null
      const [session = null] = sessionId === null ? [] : await sessions.findMany([sessionId])
      if (await isOver(message, user, session)) return null
      // Trying again tells of no other one.
      if (about === 'new-sign-in' && item.attempts === 1) await limits.spend('sign-in-mail', userId)
      if (!user.emailVerified) await countUnproven(user.email, item)
      const told = { at: shownTime(at), ...(session === null ? {} : shownDevice(session)) }
      const view = { ...told, ...(await detailsOf(message, item, { user, session })) }
      return { to: user.email, name: nameOf[about], languages: languagesOf(user), view }
    },

    async addressNotice(message: Of<'address-notice'>, item: Item): Promise<Letter> {
      const { about: name, email: to, emailVerified = true, at, newEmail, languages } = message
      if (!emailVerified) await countUnproven(to, item)
      return { to, name, languages, view: { at: shownTime(at), ...(newEmail === undefined ? {} : { newEmail }) } }
    },
  }
}

const leadToReset: ReadonlySet<NoticeTopic> = new Set(['second-factor-attacked', 'password-voided', 'password-stopped'])

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
  'second-factor-demanded': 'second-factor-demanded',
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
