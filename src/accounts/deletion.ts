import { InvalidInput } from '../kernel/errors.js'
import { requireProof } from '../kernel/step-up.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, AccountsService } from './service.js'

/**
 * All of it or nothing: no half of an account is left, and no copy of an address. What stays is the audit trail, which
 * knows ids only.
 */
export function createDeletion(deps: AccountDependencies): AccountsService['deleteAccount'] {
  const { users, actors, passwords, sessions, oneTimeTokens, outbox, audit, clock } = deps
  return async (person, confirmEmail) => {
    const { user, userId } = person
    person.require('account:delete', { userId })
    requireProof(person, 'account:delete', clock.now())
    const identity = users.identify(user.email)
    if (identity === null || users.identify(confirmEmail)?.identifier !== identity.identifier) {
      throw new InvalidInput({ 'input.confirmEmail': 'This is not the address of your account.' })
    }
    // The trail keeps what happened in the sessions that go.
    await sessions.settle(userId)
    await sessions.changeAndEnd(async (tx, endOlder) => {
      await actors.confirm(tx, user)
      await actors.remove(tx, user)
      await passwords.remove(tx, userId)
      await sessions.removeAll(tx, userId)
      await oneTimeTokens.forget(tx, userId, 'all')
      // Those of the address carry it.
      await oneTimeTokens.forget(tx, identity.identifier, 'all')
      // A sign-in under way may still write a session: it is of an older version than one that nobody has any more.
      await endOlder({ userId, securityVersion: user.securityVersion + 1, reason: 'account-deleted' })
      await audit.record(ownEvent('account.deleted', userId), tx)
      const languages = user.language === undefined ? [] : [user.language]
      const { email } = identity
      await outbox.put({ kind: 'farewell', about: 'account-deleted', email, at: clock.now(), languages }, tx)
    })
  }
}
