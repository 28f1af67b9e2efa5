import { languagesOf } from '../kernel/subject.js'
import { OneTimeTokenRejected } from '../one-time-tokens/service.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, AccountsService } from './service.js'

/**
 * "This was not me", from the mail about a new sign-in: somebody else knows the password. So it is worth nothing any
 * more, every session ends, and a link for a new one is on its way to the address of the account.
 */
export function createDisown(deps: AccountDependencies): AccountsService['disownSession'] {
  const { users, passwords, mfa, risk, sessions, oneTimeTokens, outbox, audit } = deps
  return async (plaintext) => {
    const token = await oneTimeTokens.find(['disown-session'], plaintext)
    const user = await users.findAt(token.subject, token.securityVersion)
    if (user === null) throw new OneTimeTokenRejected()
    const { id: userId, email } = user
    await sessions.changeAndEnd(async (tx, endOlder) => {
      const securityVersion = await users.bumpSecurityVersion(tx, userId, user.securityVersion)
      if (securityVersion === null) throw new OneTimeTokenRejected()
      await oneTimeTokens.spend(tx, token)
      await passwords.remove(tx, userId)
      // What somebody else has enrolled since then would keep the owner out, and the passkey that they have come by would let
      // them in again; what else was there before stays.
      const { since, sessionId, authenticatorId } = token.payload
      const ids = {
        ...(typeof sessionId === 'string' ? { sessionId } : {}),
        ...(typeof authenticatorId === 'string' ? { authenticatorId } : {}),
      }
      await mfa.disown(tx, userId, {
        since: since instanceof Date ? since : null,
        authenticatorId: ids.authenticatorId ?? null,
      })
      await risk.forgetAll(tx, userId, securityVersion)
      await endOlder({ userId, securityVersion, reason: 'disowned' })
      await oneTimeTokens.forget(tx, userId, 'all')
      await audit.record(ownEvent('session.disowned', userId, ids), tx)
      await outbox.put({ kind: 'password-reset', email, languages: languagesOf(user), isOwed: true }, tx)
    })
  }
}
