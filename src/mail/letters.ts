/** Makes letters of messages. Only here does it show whether an address is known: to whoever reads its mail. */
import type { LimitsService } from '../limits/service.js'
import { RateLimited } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { Message, NoticeTopic } from '../outbox/service.js'
import type { SessionsService } from '../sessions/service.js'
import type { UsersService } from '../users/service.js'
import { linkTo, type Links, type Page } from './links.js'
import type { Letter, MailName } from './templates.js'

export interface LetterDependencies {
  readonly users: Pick<UsersService, 'find' | 'identify' | 'findByIdentifier'>
  readonly sessions: Pick<SessionsService, 'findMany' | 'isNewDevice'>
  readonly oneTimeTokens: Pick<OneTimeTokensService, 'issue' | 'findLatest'>
  readonly limits: Pick<LimitsService, 'spend'>
  readonly links: Links
}

type Of<Kind extends Message['kind']> = Extract<Message, { kind: Kind }>

/** None, where there is nobody to write to, or nothing to tell any more. @throws Unavailable */
export type WriteLetters = (message: Message) => Promise<readonly Letter[]>

export function createLetters(deps: LetterDependencies): WriteLetters {
  const { users, sessions, oneTimeTokens, limits, links } = deps

  async function userAt(email: string): Promise<{ identifier: string; user: Subject | null } | null> {
    const identity = users.identify(email)
    if (identity === null) return null
    const userId = await users.findByIdentifier(identity.identifier)
    return { identifier: identity.identifier, user: userId === null ? null : await users.find(userId) }
  }

  /** Whether this address may get another mail that a stranger has asked for. */
  async function hasRoom(identifier: string): Promise<boolean> {
    try {
      await limits.spend('mail', identifier)
      return true
    } catch (cause) {
      if (cause instanceof RateLimited) return false
      throw cause
    }
  }

  const link = (page: Page, token: string) => linkTo(page, token, links)

  async function signUp({ email, languages, ...pending }: Of<'sign-up'>): Promise<Letter[]> {
    const found = await userAt(email)
    if (found === null || !(await hasRoom(found.identifier))) return []
    if (found.user !== null) return [{ to: email, name: 'account-exists', languages, view: {} }]
    const { displayName, passwordHash } = pending
    return [await verifying(email, found.identifier, { email, displayName, passwordHash, languages })]
  }

  async function verifying(email: string, subject: string, payload: Record<string, unknown>): Promise<Letter> {
    const token = await oneTimeTokens.issue({ purpose: 'sign-up', subject, securityVersion: null, payload })
    const view = { link: link('verify-email', token), hours: 24 }
    return { to: email, name: 'verify-email', languages: languagesIn(payload), view }
  }

  async function resendVerification({ email, languages }: Of<'resend-verification'>): Promise<Letter[]> {
    const found = await userAt(email)
    if (found === null || !(await hasRoom(found.identifier))) return []
    const { identifier, user } = found
    if (user === null) {
      const pending = await oneTimeTokens.findLatest('sign-up', identifier)
      return pending === null ? [] : [await verifying(email, identifier, pending.payload)]
    }
    if (user.emailVerified || user.status !== 'active') return []
    const token = await oneTimeTokens.issue({
      purpose: 'verification',
      subject: user.id,
      securityVersion: user.securityVersion,
      payload: {},
    })
    const view = { link: link('verify-email', token), hours: 24 }
    return [{ to: user.email, name: 'verify-email', languages, view }]
  }

  async function passwordReset({ email, languages }: Of<'password-reset'>): Promise<Letter[]> {
    const found = await userAt(email)
    if (found === null || !(await hasRoom(found.identifier))) return []
    const { user } = found
    if (user === null || user.status !== 'active') return []
    const { id: subject, securityVersion } = user
    const token = await oneTimeTokens.issue({ purpose: 'password-reset', subject, securityVersion, payload: {} })
    const view = { link: link('reset-password', token), minutes: 30 }
    return [{ to: user.email, name: 'password-reset', languages, view }]
  }

  async function invitation({ email, languages, roles, invitedBy }: Of<'invitation'>): Promise<Letter[]> {
    const found = await userAt(email)
    if (found === null || !(await hasRoom(found.identifier))) return []
    if (found.user !== null) return [{ to: email, name: 'account-exists', languages, view: {} }]
    const token = await oneTimeTokens.issue({
      purpose: 'invitation',
      subject: found.identifier,
      securityVersion: null,
      payload: { email, roles, invitedBy },
    })
    const view = { link: link('accept-invitation', token), days: 7 }
    return [{ to: email, name: 'invitation', languages, view }]
  }

  async function emailChange(message: Of<'email-change'>): Promise<Letter[]> {
    const { userId, sessionId, securityVersion, newEmail } = message
    const user = await users.find(userId)
    const found = await userAt(newEmail)
    if (user === null || user.status !== 'active' || user.securityVersion !== securityVersion || found === null) return []
    const languages = languagesOf(user)
    const told: Letter = { to: user.email, name: 'email-change-requested', languages, view: { newEmail } }
    if (!(await hasRoom(found.identifier))) return [told]
    if (found.user !== null) return [told, { to: newEmail, name: 'account-exists', languages, view: {} }]
    const token = await oneTimeTokens.issue({
      purpose: 'email-change',
      subject: userId,
      securityVersion,
      payload: { newEmail, sessionId },
    })
    const view = { link: link('confirm-email-change', token), hours: 1 }
    return [told, { to: newEmail, name: 'confirm-email-change', languages, view }]
  }

  async function notice({ about, userId, sessionId, at }: Of<'notice'>): Promise<Letter[]> {
    const user = await users.find(userId)
    if (user === null) return []
    const [session = null] = sessionId === null ? [] : await sessions.findMany([sessionId])
    const isSignIn = about === 'new-sign-in'
    if (isSignIn && (session === null || session.endedAt !== null || !(await sessions.isNewDevice(session)))) return []
    const device = session === null ? {} : { device: session.device.name, network: session.device.ipPrefix ?? '?' }
    const view = { at: at.toISOString(), ...device, ...(isSignIn ? { link: await disownLink(user, sessionId) } : {}) }
    return [{ to: user.email, name: nameOf[about], languages: languagesOf(user), view }]
  }

  async function disownLink({ id: subject, securityVersion }: Subject, sessionId: string | null): Promise<string> {
    const payload = { sessionId }
    return link('disown-session', await oneTimeTokens.issue({ purpose: 'disown-session', subject, securityVersion, payload }))
  }

  return async (message) => {
    switch (message.kind) {
      case 'sign-up':
        return signUp(message)
      case 'resend-verification':
        return resendVerification(message)
      case 'password-reset':
        return passwordReset(message)
      case 'invitation':
        return invitation(message)
      case 'email-change':
        return emailChange(message)
      case 'notice':
        return notice(message)
      case 'farewell': {
        const { email: to, about: name, at, languages } = message
        return [{ to, name, languages, view: { at: at.toISOString() } }]
      }
    }
  }
}

const nameOf: Readonly<Record<NoticeTopic, MailName>> = {
  'new-sign-in': 'new-sign-in',
  'session-stolen': 'session-stolen',
  'session-lost': 'session-lost',
  'password-changed': 'password-changed',
  'password-reset': 'password-was-reset',
  'roles-changed': 'roles-changed',
  suspended: 'suspended',
  reinstated: 'reinstated',
  'sessions-revoked': 'sessions-revoked',
}

function languagesOf({ language }: Subject): readonly string[] {
  return language === undefined ? [] : [language]
}

function languagesIn({ languages }: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(languages) ? languages.filter((tag) => typeof tag === 'string') : []
}
