import { RateLimited } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { NewOneTimeToken } from '../one-time-tokens/service.js'
import type { LetterDependencies, Of } from './letters.js'
import { linkTo, type Page } from './links.js'
import { languagesOf, type Letter, type MailView } from './templates.js'

/** Letters that somebody asked for who named an address: to whoever it belongs, and as many as it can bear. */
export function createLettersToAddresses({ users, oneTimeTokens, limits, links }: LetterDependencies) {
  async function owned(email: string): Promise<{ identifier: string; user: Subject | null } | null> {
    const identity = users.identify(email)
    if (identity === null) return null
    const userId = await users.findByIdentifier(identity.identifier)
    return { identifier: identity.identifier, user: userId === null ? null : await users.find(userId) }
  }

  /** Whether this address may get another mail that a stranger has asked for. Trying again asks for no other one. */
  async function hasRoom(identifier: string, attempts: number): Promise<boolean> {
    if (attempts > 1) return true
    try {
      await limits.spend('mail', identifier)
      return true
    } catch (cause) {
      if (cause instanceof RateLimited) return false
      throw cause
    }
  }

  /** Null for what is no address, or has had enough. */
  async function recipient(email: string, attempts: number) {
    const found = await owned(email)
    return found !== null && (await hasRoom(found.identifier, attempts)) ? found : null
  }

  /** A letter with a link, whose token is made now. */
  async function linked(
    letter: Omit<Letter, 'view'>,
    page: Page,
    token: NewOneTimeToken,
    lasting: Pick<MailView, 'minutes' | 'hours' | 'days'>,
  ): Promise<Letter> {
    const link = linkTo(page, await oneTimeTokens.issue(token), links)
    return { ...letter, view: { link, ...lasting } }
  }

  function verifying(to: string, languages: readonly string[], token: NewOneTimeToken): Promise<Letter> {
    return linked({ to, name: 'verify-email', languages }, 'verify-email', token, { hours: 24 })
  }

  const accountExists = (to: string, languages: readonly string[]): Letter => {
    return { to, name: 'account-exists', languages, view: {} }
  }

  return {
    async signUp({ email, languages, displayName, passwordHash }: Of<'sign-up'>, attempts: number): Promise<Letter[]> {
      const found = await recipient(email, attempts)
      if (found === null) return []
      if (found.user !== null) return [accountExists(email, languages)]
      const payload = { email, displayName, passwordHash, languages }
      const token = { purpose: 'sign-up', subject: found.identifier, securityVersion: null, payload } as const
      return [await verifying(email, languages, token)]
    },

    async resendVerification({ email, languages }: Of<'resend-verification'>, attempts: number): Promise<Letter[]> {
      const found = await recipient(email, attempts)
      if (found === null) return []
      const { identifier, user } = found
      if (user === null) {
        const pending = await oneTimeTokens.findLatest('sign-up', identifier)
        return pending === null ? [] : [await verifying(email, languages, pending)]
      }
      if (user.emailVerified || user.status !== 'active') return []
      const { id: subject, securityVersion } = user
      return [
        await verifying(user.email, languages, { purpose: 'verification', subject, securityVersion, payload: {} }),
      ]
    },

    async passwordReset({ email, languages }: Of<'password-reset'>, attempts: number): Promise<Letter[]> {
      const found = await recipient(email, attempts)
      if (found === null || found.user === null || found.user.status !== 'active') return []
      const { id: subject, securityVersion, email: to } = found.user
      const token = { purpose: 'password-reset', subject, securityVersion, payload: {} } as const
      return [await linked({ to, name: 'password-reset', languages }, 'reset-password', token, { minutes: 30 })]
    },

    async invitation(message: Of<'invitation'>, attempts: number): Promise<Letter[]> {
      const { email: to, languages, roles, invitedBy } = message
      const found = await recipient(to, attempts)
      if (found === null) return []
      if (found.user !== null) return [accountExists(to, languages)]
      const payload = { email: to, roles, invitedBy }
      const token = { purpose: 'invitation', subject: found.identifier, securityVersion: null, payload } as const
      return [await linked({ to, name: 'invitation', languages }, 'accept-invitation', token, { days: 7 })]
    },

    async emailChange(message: Of<'email-change'>, attempts: number): Promise<Letter[]> {
      const { userId: subject, sessionId, securityVersion, newEmail } = message
      const user = await users.find(subject)
      // A change of security since then has ended whatever asked for it.
      if (user === null || user.status !== 'active' || user.securityVersion !== securityVersion) return []
      const languages = languagesOf(user)
      const told: Letter = { to: user.email, name: 'email-change-requested', languages, view: { newEmail } }
      const found = await recipient(newEmail, attempts)
      if (found === null) return [told]
      if (found.user !== null) return [told, accountExists(newEmail, languages)]
      const token = { purpose: 'email-change', subject, securityVersion, payload: { newEmail, sessionId } } as const
      const letter = { to: newEmail, name: 'confirm-email-change', languages } as const
      return [told, await linked(letter, 'confirm-email-change', token, { hours: 1 })]
    },
  }
}
