import { languagesOf, type Subject } from '../kernel/subject.js'
import { OneTimeTokenRejected, voidedByChange, type OneTimeToken } from '../one-time-tokens/service.js'
import { ChangedMeanwhile } from '../sessions/service.js'
import type { Transaction } from '../kernel/transaction.js'
import type { EmailIdentity } from '../users/service.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, AccountsService } from './service.js'

/**
 * "This was not me", from the mail about a new sign-in or a new factor: somebody else knows the password. So it is worth
 * nothing any more, every session ends, and a link for a new one is on its way to the address of the account.
 */
export function createDisown(deps: AccountDependencies): AccountsService['disownSession'] {
  const { users, passwords, mfa, risk, sessions, oneTimeTokens, outbox, audit, clock } = deps

  /** Whose link it still is, whatever has changed since: what a thief changes must not void it, the address included. */
  async function ownerOf({ subject, payload }: OneTimeToken): Promise<{ user: Subject; lost: EmailIdentity | null }> {
    const user = await users.find(subject)
    if (user?.status !== 'active') throw new OneTimeTokenRejected()
    const { email } = payload
    const told = typeof email === 'string' ? users.identify(email) : null
    const isTheirs = told === null || told.identifier === users.identify(user.email)?.identifier
    return { user, lost: isTheirs ? null : told }
  }

  /** Until when somebody else can have enrolled anything: what was added after a new start is the owner's. */
  async function untilOf(sessionId: string | undefined): Promise<Date | null> {
    const [session = null] = sessionId === undefined ? [] : await sessions.findMany([sessionId])
    return session?.endReason === 'password-reset' || session?.endReason === 'disowned' ? session.endedAt : null
  }

  /** Whoever has the link reads the mail of that address. @throws OneTimeTokenRejected where it is somebody else's by now */
  async function giveBack(tx: Transaction, user: Subject, lost: EmailIdentity): Promise<void> {
    if ((await users.changeEmail(tx, user, lost)) === 'taken') throw new OneTimeTokenRejected()
    const { email, emailVerified } = user
    const told = { about: 'email-changed', email, emailVerified, at: clock.now() } as const
    await outbox.put({ kind: 'address-notice', ...told, languages: languagesOf(user) }, tx)
  }

  /** @throws ChangedMeanwhile, and then the link is as good as before */
  async function disown(token: OneTimeToken): Promise<void> {
    const { user, lost } = await ownerOf(token)
    const { id: userId } = user
    const { since, sessionId, authenticatorId } = token.payload
    const ids = {
      ...(typeof sessionId === 'string' ? { sessionId } : {}),
      ...(typeof authenticatorId === 'string' ? { authenticatorId } : {}),
    }
    const until = await untilOf(ids.sessionId)
    await sessions.changeAndEnd(async (tx, endOlder) => {
      await oneTimeTokens.spend(tx, token)
      const securityVersion = await users.bumpSecurityVersion(tx, userId, user.securityVersion)
      if (securityVersion === null) throw new ChangedMeanwhile()
      await passwords.remove(tx, userId)
      // What somebody else has enrolled since then would keep the owner out, and the passkey that they have come by would let
      // them in again; what else was there before stays.
      const removed = await mfa.disown(tx, userId, {
        since: since instanceof Date ? since : null,
        until,
        authenticatorId: ids.authenticatorId ?? null,
      })
      await risk.forgetAll(tx, userId, securityVersion)
      await endOlder({ userId, securityVersion, reason: 'disowned' })
      // The other links of this kind are as good as before, but not those that went to the address of a thief.
      await oneTimeTokens.forget(tx, userId, lost === null ? voidedByChange : 'all')
      if (lost !== null) await giveBack(tx, user, lost)
      const facts = { ...ids, ...removed, ...(lost === null ? {} : { addressRestored: true }) }
      await audit.record(ownEvent('session.disowned', userId, facts), tx)
      const { email } = lost ?? user
      await outbox.put({ kind: 'password-reset', email, languages: languagesOf(user), isOwed: true }, tx)
    })
  }

  return async (plaintext) => {
    const token = await oneTimeTokens.find(['disown-session'], plaintext)
    try {
      await disown(token)
    } catch (cause) {
      // Once more: somebody may be changing things right now.
      if (!(cause instanceof ChangedMeanwhile)) throw cause
      await disown(token)
    }
  }
}
