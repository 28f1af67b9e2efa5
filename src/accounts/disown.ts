import { languagesOf, type Subject } from '../kernel/subject.js'
import { OneTimeTokenRejected, voidedByChange, type OneTimeToken } from '../one-time-tokens/service.js'
import { ChangedMeanwhile } from '../sessions/service.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, AccountsService } from './service.js'

/**
 * "This was not me", from the mail about a new sign-in or a new factor: somebody else knows the password. So it is worth
 * nothing any more, every session ends, and a link for a new one is on its way to the address of the account.
 */
export function createDisown(deps: AccountDependencies): AccountsService['disownSession'] {
  const { users, passwords, mfa, risk, sessions, oneTimeTokens, outbox, audit } = deps

  /** Whose link it still is, whatever has changed since: what a thief changes must not void it. */
  async function ownerOf({ subject, payload }: OneTimeToken): Promise<Subject> {
    const user = await users.find(subject)
    if (user?.status !== 'active') throw new OneTimeTokenRejected()
    const { address } = payload
    // The mail went to an address that is none of this account any more.
    if (typeof address === 'string' && users.identify(user.email)?.identifier !== address) {
      throw new OneTimeTokenRejected()
    }
    return user
  }

  /** Until when somebody else can have enrolled anything: what was added after a new start is the owner's. */
  async function untilOf(sessionId: string | undefined): Promise<Date | null> {
    const [session = null] = sessionId === undefined ? [] : await sessions.findMany([sessionId])
    return session?.endReason === 'password-reset' || session?.endReason === 'disowned' ? session.endedAt : null
  }

  /** @throws ChangedMeanwhile, and then the link is as good as before */
  async function disown(token: OneTimeToken): Promise<void> {
    const user = await ownerOf(token)
    const { id: userId, email } = user
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
      await oneTimeTokens.forget(tx, userId, voidedByChange)
      await audit.record(ownEvent('session.disowned', userId, { ...ids, ...removed }), tx)
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
