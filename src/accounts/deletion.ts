import { InvalidInput } from '../kernel/errors.js'
import { requireProof } from '../kernel/step-up.js'
import { languagesOf } from '../kernel/subject.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, AccountsService } from './service.js'

/** Longer than a sign-in that began before can take to write its session. */
const signInMs = 60_000

/**
 * All of it or nothing: no half of an account is left, and no copy of an address. What stays is the audit trail, which
 * knows ids only.
 */
export function createDeletion(deps: AccountDependencies): AccountsService['deleteAccount'] {
  const { users, actors, passwords, mfa, risk, sessions, oneTimeTokens, outbox, audit, clock } = deps
  return async (person, confirmEmail) => {
    const { user, userId } = person
    person.require('account:delete', { userId })
    requireProof(person, 'account:delete', clock.now())
    const { email, identifier } = users.requireEmail(user.email, 'input.confirmEmail')
    if (users.identify(confirmEmail)?.identifier !== identifier) {
      throw new InvalidInput({ 'input.confirmEmail': 'This is not the address of your account.' })
    }
    // The trail keeps what happened in the sessions that go.
    await sessions.settle(userId)
    await sessions.changeAndEnd(async (tx, endOlder) => {
      await actors.confirm(tx, user)
      await actors.remove(tx, user)
      await passwords.remove(tx, userId)
      await mfa.removeAllOf(tx, userId)
      await risk.removeAllOf(tx, userId)
      await sessions.removeAll(tx, userId)
      await oneTimeTokens.forget(tx, userId, 'all')
      // Those of the address carry it. Where it was never proven they are not this person's to take away.
      if (user.emailVerified) await oneTimeTokens.forget(tx, identifier, 'all')
      await outbox.forget(tx, { userId, email: user.emailVerified ? email : null })
      // A sign-in under way may still write a session: it is of an older version than one that nobody has any more.
      const until = new Date(clock.now().getTime() + signInMs)
      await endOlder({ userId, securityVersion: user.securityVersion + 1, reason: 'account-deleted', until })
      await audit.record(ownEvent('account.deleted', userId), tx)
      const { emailVerified } = user
      const told = { about: 'account-deleted', email, emailVerified, at: clock.now() } as const
      await outbox.put({ kind: 'address-notice', ...told, languages: languagesOf(user) }, tx)
    })
  }
}
