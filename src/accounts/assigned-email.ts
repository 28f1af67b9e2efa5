import { InvalidInput } from '../kernel/errors.js'
import { languagesOf } from '../kernel/subject.js'
import { ChangedMeanwhile } from '../sessions/service.js'
import type { AccountDependencies, AccountsService } from './service.js'

/**
 * The way back for whoever has lost the mailbox, or whose address a thief has changed: on the word of somebody with a
 * shell, who must make sure who asks. Nothing that was known of the account before opens it, but for second factors,
 * which a reset by mail leaves as well.
 */
export function createAssignEmail(deps: AccountDependencies): AccountsService['assignEmail'] {
  const { users, passwords, risk, sessions, oneTimeTokens, outbox, audit, clock } = deps

  return async (given, givenNew) => {
    const { identifier } = users.requireEmail(given, 'email')
    const identity = users.requireEmail(givenNew, 'newEmail')
    const userId = await users.findByIdentifier(identifier)
    const user = userId === null ? null : await users.find(userId)
    if (user === null) throw new InvalidInput({ email: 'There is no account with this address.' })
    if (user.status !== 'active') throw new InvalidInput({ email: 'The account is suspended: reinstate it first.' })
    if (identity.identifier === identifier)
      throw new InvalidInput({ newEmail: 'The account has this address already.' })
    const languages = languagesOf(user)
    await sessions.changeAndEnd(async (tx, endOlder) => {
      const securityVersion = await users.bumpSecurityVersion(tx, user.id, user.securityVersion)
      if (securityVersion === null) throw new ChangedMeanwhile()
      if ((await users.changeEmail(tx, user, identity)) === 'taken') {
        throw new InvalidInput({ newEmail: 'The address belongs to another account.' })
      }
      await passwords.remove(tx, user.id)
      await risk.forgetAll(tx, user.id, securityVersion)
      await endOlder({ userId: user.id, securityVersion, reason: 'email-changed', actorId: null })
      for (const subject of [user.id, identifier, identity.identifier]) await oneTimeTokens.forget(tx, subject, 'all')
      const event = { name: 'email.changed', actorId: null, subjectId: user.id, outcome: 'success', facts: {} } as const
      await audit.record(event, tx)
      const { email, emailVerified } = user
      const told = { about: 'email-changed', email, emailVerified, at: clock.now() } as const
      await outbox.put({ kind: 'address-notice', ...told, languages }, tx)
      const reset = { kind: 'password-reset', email: identity.email, isOwed: true, isAssigned: true } as const
      await outbox.put({ ...reset, languages }, tx)
    })
    return user.id
  }
}
