/** A password that was forgotten: whoever reads the mail of the account chooses another one. */
import type { AuditService } from '../audit/service.js'
import { InvalidInput } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { LimitsService } from '../limits/service.js'
import { OneTimeTokenRejected, type OneTimeToken, type OneTimeTokensService } from '../one-time-tokens/service.js'
import type { OutboxService } from '../outbox/service.js'
import type { SessionsService } from '../sessions/service.js'
import type { UsersService } from '../users/service.js'
import type { PasswordsService } from './service.js'

export interface PasswordResetService {
  /** The same for every address, known or not. @throws InvalidInput, RateLimited, Unavailable */
  request(email: string, from: { readonly ip: string; readonly languages: readonly string[] }): Promise<void>
  /**
   * Sets the password, ends all sessions, and signs nobody in: the mail may have been read by somebody who has no other
   * proof. @throws OneTimeTokenRejected, InvalidInput, RateLimited, Unavailable
   */
  redeem(reset: { readonly token: string; readonly newPassword: string }): Promise<void>
}

export function createPasswordReset(deps: {
  users: UsersService
  passwords: Pick<PasswordsService, 'prepare' | 'set'>
  oneTimeTokens: OneTimeTokensService
  outbox: Pick<OutboxService, 'put'>
  limits: Pick<LimitsService, 'spend' | 'forgive'>
  audit: Pick<AuditService, 'record'>
  changeAndEnd: SessionsService['changeAndEnd']
  onFault: (cause: unknown) => void
}): PasswordResetService {
  const { users, passwords, oneTimeTokens, outbox, limits, audit, changeAndEnd, onFault } = deps

  async function ownerOf({ subject, securityVersion }: OneTimeToken): Promise<Subject> {
    const user = await users.find(subject)
    if (user === null || user.status !== 'active' || user.securityVersion !== securityVersion) {
      throw new OneTimeTokenRejected()
    }
    return user
  }

  return {
    async request(given, { ip, languages }) {
      const identity = users.identify(given)
      if (identity === null) throw new InvalidInput({ 'input.email': 'This is not an e-mail address.' })
      await limits.spend('mail-request', ip)
      await outbox.put({ kind: 'password-reset', email: identity.email, languages })
    },

    async redeem({ token: plaintext, newPassword }) {
      const token = await oneTimeTokens.find(['password-reset'], plaintext)
      const user = await ownerOf(token)
      const { id: userId, email, securityVersion: from } = user
      // Before the transaction, which must not last as long as a hash.
      const passwordHash = await passwords.prepare(newPassword, 'input.newPassword', user)
      await changeAndEnd(async (tx, endOlder) => {
        const securityVersion = await users.bumpSecurityVersion(tx, userId, from)
        if (securityVersion === null) throw new OneTimeTokenRejected()
        await oneTimeTokens.spend(tx, token)
        await passwords.set(tx, userId, passwordHash)
        // Whoever has the link reads the mail of this address.
        await users.markEmailVerified(tx, userId)
        await oneTimeTokens.forget(tx, userId, 'all')
        await endOlder({ userId, securityVersion, reason: 'password-reset' })
        const event = { name: 'password.reset', actorId: userId, subjectId: userId, outcome: 'success' } as const
        await audit.record({ ...event, facts: {} }, tx)
      })
      // What strangers have failed at was another password. A throttle that cannot be lifted now ends by itself; the
      // answer is that the password is set.
      await limits.forgive(users.identify(email)?.identifier ?? userId).catch(onFault)
    },
  }
}
