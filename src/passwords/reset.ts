/** A password that was forgotten: whoever reads the mail of the account chooses another one. */
import type { AuditService } from '../audit/service.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { LimitsService } from '../limits/service.js'
import { OneTimeTokenRejected, voidedByChange, type OneTimeTokensService } from '../one-time-tokens/service.js'
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
  passwords: Pick<PasswordsService, 'prepare' | 'set' | 'isTooShortAlone'>
  oneTimeTokens: OneTimeTokensService
  outbox: Pick<OutboxService, 'put'>
  limits: Pick<LimitsService, 'spend' | 'forgive'>
  audit: Pick<AuditService, 'record'>
  /** Of another slice. */
  factors: { removeAllOf(tx: Transaction, userId: string): Promise<Readonly<Record<string, string>>> }
  codes: { beginRow(userId: string): Promise<void> }
  devices: { forgetAll(tx: Transaction, userId: string, securityVersion: number): Promise<void> }
  changeAndEnd: SessionsService['changeAndEnd']
  onFault: (cause: unknown) => void
}): PasswordResetService {
  const { users, passwords, oneTimeTokens, outbox, limits, audit, factors, codes, devices, changeAndEnd, onFault } =
    deps

  /**
   * Whoever has made the account never proved the address: what they have left there must neither outlive this, nor keep
   * out whom it belongs to.
   * @returns what has gone, for the trail
   */
  async function takeOver(tx: Transaction, { id, email }: Subject): Promise<Readonly<Record<string, string>>> {
    await oneTimeTokens.forget(tx, users.requireEmail(email, 'email').identifier, 'all')
    const removed = await factors.removeAllOf(tx, id)
    await users.setEnrolledFactors(tx, id, [])
    return removed
  }

  return {
    async request(given, { ip, languages }) {
      const { email } = users.requireEmail(given, 'input.email')
      await limits.spend('mail-request', ip)
      await outbox.put({ kind: 'password-reset', email, languages, isOwed: false })
    },

    async redeem({ token: plaintext, newPassword }) {
      const token = await oneTimeTokens.find(['password-reset'], plaintext)
      const user = await users.findAt(token.subject, token.securityVersion)
      if (user === null) throw new OneTimeTokenRejected()
      const { id: userId, email, securityVersion: from } = user
      // A password that is refused spends no link: without a bound one link would keep the judge of passwords busy. By the
      // link and not by the user: whoever has stolen the password must not use up what its owner gets back in by.
      await limits.spend('password-choice', `link:${token.digest}`)
      // Before the transaction, which must not last as long as a hash.
      // Of an address that was never proven the factors go with this (`takeOver`): then the password is alone.
      const context = user.emailVerified ? user : { ...user, enrolledAssurance: 'aal1' as const }
      const passwordHash = await passwords.prepare(newPassword, 'input.newPassword', context)
      // Before it, too: a row of wrong codes that stayed would void the new password at the next one. Who has guessed goes on
      // waiting for each turn: a mailbox is no way around that.
      await codes.beginRow(userId)
      await changeAndEnd(async (tx, endOlder) => {
        const securityVersion = await users.bumpSecurityVersion(tx, userId, from)
        if (securityVersion === null) throw new OneTimeTokenRejected()
        await oneTimeTokens.spend(tx, token)
        await passwords.set(tx, userId, passwordHash, passwords.isTooShortAlone(newPassword))
        // Whoever has the link reads the mail of this address.
        await users.markEmailVerified(tx, userId)
        // Not a link of "it was not me": a new password leaves the factor of a thief where it is.
        await oneTimeTokens.forget(tx, userId, voidedByChange)
        const removed = user.emailVerified ? {} : await takeOver(tx, user)
        // A thief's is among them, if there is one; the owner's will be known again.
        await devices.forgetAll(tx, userId, securityVersion)
        await endOlder({ userId, securityVersion, reason: 'password-reset' })
        const event = { name: 'password.reset', actorId: userId, subjectId: userId, outcome: 'success' } as const
        await audit.record({ ...event, facts: removed }, tx)
      })
      // What strangers have failed at was another password. A throttle that cannot be lifted now ends by itself; the
      // answer is that the password is set.
      await limits.forgive(users.requireEmail(email, 'input.email').identifier).catch(onFault)
    },
  }
}
