import { languagesOf, type Subject } from '../kernel/subject.js'
import type { NewOneTimeToken } from '../one-time-tokens/service.js'
import type { Item, LetterDependencies, Of } from './letters.js'
import { linkTo, type Page } from './links.js'
import type { Letter, MailView } from './templates.js'

/**
 * Letters that somebody asked for who named an address: to whoever it belongs, and as many as it can bear. Counted is
 * what is written: what a stranger asks for in vain must not use up what its owner will need.
 */
export function createLettersToAddresses({ users, oneTimeTokens, limits, links }: LetterDependencies) {
  async function owned(email: string): Promise<{ identifier: string; user: Subject | null } | null> {
    const identity = users.identify(email)
    if (identity === null) return null
    const userId = await users.findByIdentifier(identity.identifier)
    return { identifier: identity.identifier, user: userId === null ? null : await users.find(userId) }
  }

  /** Trying again asks for no other mail. @throws RateLimited */
  async function count(recipient: string, { attempts }: Item, kind: 'mail' | 'reset-mail' = 'mail'): Promise<void> {
    if (attempts === 1) await limits.spend(kind, recipient)
  }

  /** A letter with a link, whose token is made now. */
  async function linked(
    { id, ...letter }: Omit<Letter, 'view'> & Pick<Item, 'id'>,
    page: Page,
    token: NewOneTimeToken,
    lasting: Pick<MailView, 'minutes' | 'hours' | 'days'>,
  ): Promise<Letter> {
    const link = linkTo(page, await oneTimeTokens.issueFor(id, token), links)
    return { ...letter, view: { link, ...lasting } }
  }

  function verifying(letter: Pick<Letter, 'to' | 'languages'> & Pick<Item, 'id'>, token: NewOneTimeToken) {
    return linked({ ...letter, name: 'verify-email' }, 'verify-email', token, { hours: 24 })
  }

  const accountExists = (to: string, languages: readonly string[]): Letter => {
    return { to, name: 'account-exists', languages, view: {} }
  }

  return {
    async signUp(message: Of<'sign-up'>, item: Item): Promise<Letter | null> {
      const { email, languages, displayName, passwordHash } = message
      const found = await owned(email)
      if (found === null) return null
      await count(found.identifier, item)
      if (found.user !== null) return accountExists(email, languages)
      const payload = { email, displayName, passwordHash, languages }
      const token = { purpose: 'sign-up', subject: found.identifier, securityVersion: null, payload } as const
      return verifying({ id: item.id, to: email, languages }, token)
    },

    async resendVerification(message: Of<'resend-verification'>, item: Item): Promise<Letter | null> {
      const { email, languages } = message
      const found = await owned(email)
      const token = found === null ? null : await unverified(found)
      if (found === null || token === null) return null
      await count(found.identifier, item)
      return verifying({ id: item.id, to: email, languages }, token)
    },

    async passwordReset(message: Of<'password-reset'>, item: Item): Promise<Letter | null> {
      const { email, languages, isOwed, isAssigned } = message
      const found = await owned(email)
      if (found === null || found.user?.status !== 'active') return null
      // By itself: other mails to the address must not keep its owner from getting back in.
      if (!isOwed) await count(found.identifier, item, 'reset-mail')
      const { id: subject, securityVersion, email: to } = found.user
      const token = { purpose: 'password-reset', subject, securityVersion, payload: {} } as const
      const why = isAssigned ? 'address-assigned' : 'password-disowned'
      const name = isOwed ? why : 'password-reset'
      return linked({ id: item.id, to, name, languages }, 'reset-password', token, { minutes: 30 })
    },

    async invitation(message: Of<'invitation'>, item: Item): Promise<Letter | null> {
      const { kind: _, languages, ...payload } = message
      // A change of the inviter's security since then has ended the invitation.
      const inviter = await users.findAt(payload.invitedBy, payload.inviterVersion)
      const found = await owned(payload.email)
      if (inviter === null || found === null) return null
      await count(found.identifier, item)
      const { email: to } = payload
      if (found.user !== null) return accountExists(to, languages)
      const token = { purpose: 'invitation', subject: found.identifier, securityVersion: null, payload } as const
      return linked({ id: item.id, to, name: 'invitation', languages }, 'accept-invitation', token, { days: 7 })
    },

    async emailChange(message: Of<'email-change'>, item: Item): Promise<Letter | null> {
      const { userId: subject, sessionId, securityVersion, newEmail: to } = message
      // A change of security since then has ended whatever asked for it.
      const user = await users.findAt(subject, securityVersion)
      const found = await owned(to)
      if (user === null || found === null) return null
      await count(found.identifier, item)
      const languages = languagesOf(user)
      if (found.user !== null) return accountExists(to, languages)
      const payload = { newEmail: to, sessionId }
      const token = { purpose: 'email-change', subject, securityVersion, payload } as const
      return linked({ id: item.id, to, name: 'confirm-email-change', languages }, 'confirm-email-change', token, {
        hours: 1,
      })
    },
  }

  /** What there is to prove about an address, or null. */
  async function unverified({ identifier, user }: NonNullable<Awaited<ReturnType<typeof owned>>>) {
    if (user === null) return oneTimeTokens.findLatest('sign-up', identifier)
    if (user.emailVerified || user.status !== 'active') return null
    return {
      purpose: 'verification',
      subject: user.id,
      securityVersion: user.securityVersion,
      payload: {},
    } as const
  }
}
