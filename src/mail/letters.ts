/** Makes letters of messages. Only here does it show whether an address is known: to whoever reads its mail. */
import type { LimitsService } from '../limits/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { Message, OutboxItem } from '../outbox/service.js'
import type { PasswordsService } from '../passwords/service.js'
import type { SessionsService } from '../sessions/service.js'
import type { UsersService } from '../users/service.js'
import { createLettersToAddresses } from './letters-to-addresses.js'
import { createLettersToUsers } from './letters-to-users.js'
import type { Links } from './links.js'
import type { Letter } from './templates.js'

export interface LetterDependencies {
  readonly users: Pick<UsersService, 'find' | 'findAt' | 'identify' | 'findByIdentifier'>
  readonly passwords: Pick<PasswordsService, 'changedAt'>
  readonly sessions: Pick<SessionsService, 'findMany'>
  readonly oneTimeTokens: Pick<OneTimeTokensService, 'issueFor' | 'findLatest'>
  readonly limits: Pick<LimitsService, 'spend'>
  readonly links: Links
}

/** Of a message that is to be a letter: which, and how often it was tried. */
export type Item = Pick<OutboxItem, 'id' | 'attempts'>

/** Messages of one kind. */
export type Of<Kind extends Message['kind']> = Extract<Message, { kind: Kind }>

/**
 * Null where there is nobody to write to, or nothing to tell any more.
 * @throws RateLimited when the address has had enough; Unavailable
 */
export type WriteLetter = (item: Item & Pick<OutboxItem, 'message'>) => Promise<Letter | null>

export function createLetters(deps: LetterDependencies): WriteLetter {
  const toAddresses = createLettersToAddresses(deps)
  const toUsers = createLettersToUsers(deps)
  return async (item) => {
    const { message } = item
    switch (message.kind) {
      case 'sign-up':
        return toAddresses.signUp(message, item)
      case 'resend-verification':
        return toAddresses.resendVerification(message, item)
      case 'password-reset':
        return toAddresses.passwordReset(message, item)
      case 'invitation':
        return toAddresses.invitation(message, item)
      case 'email-change':
        return toAddresses.emailChange(message, item)
      case 'notice':
        return toUsers.notice(message, item)
      case 'address-notice':
        return toUsers.addressNotice(message, item)
    }
  }
}
