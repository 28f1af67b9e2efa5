import { InvalidInput } from '../kernel/errors.js'
import { languagesOf } from '../kernel/subject.js'
import { ChangedMeanwhile } from '../sessions/service.js'
import { forgetMovedLinks } from './moved-links.js'
import type { AccountDependencies, AccountsService } from './service.js'

/**
 * The way back for whoever has lost the mailbox, or whose address a thief has changed: on the word of somebody with a
 * shell, who must make sure who asks, and of how the address is spelled. Nothing that was known of the account before
 * opens it, but for second factors that stay: a passkey signs in by itself.
 */
export function createAssignEmail(deps: AccountDependencies): AccountsService['assignEmail'] {
  const { users, passwords, mfa, risk, sessions, outbox, audit, clock } = deps

  return async ({ email: given, newEmail, withoutFactors }) => {
    const { identifier } = users.requireEmail(given, 'email')
    const identity = users.requireEmail(newEmail, 'newEmail')
    const userId = await users.findByIdentifier(identifier)
    const user = userId === null ? null : await users.find(userId)
    if (user === null) throw new InvalidInput({ email: 'There is no account with this address.' })
    if (user.status !== 'active') throw new InvalidInput({ email: 'The account is suspended: reinstate it first.' })
    if (identity.identifier === identifier)
      throw new InvalidInput({ newEmail: 'The account has this address already.' })
    const { id, email, emailVerified } = user
    // Whoever has made an account under an address that was never proven may not be whom it goes to.
    const keepsFactors = emailVerified && !withoutFactors
    await sessions.changeAndEnd(async (tx, endOlder) => {
      let securityVersion = await users.bumpSecurityVersion(tx, id, user.securityVersion)
      if (securityVersion === null) throw new ChangedMeanwhile()
      if ((await users.changeEmail(tx, user, identity)) === 'taken') {
        throw new InvalidInput({ newEmail: 'The address belongs to another account.' })
      }
      await passwords.remove(tx, id)
      const removed = keepsFactors ? {} : await mfa.removeAllOf(tx, id)
      // A policy that demands one begins its time anew.
      if (!keepsFactors) securityVersion = (await users.forgetFactors(tx, id))?.securityVersion ?? securityVersion
      await risk.forgetAll(tx, id, securityVersion)
      await endOlder({ userId: id, securityVersion, reason: 'email-changed', actorId: null })
      await forgetMovedLinks(deps, tx, { user, to: identity })
      const event = { name: 'email.changed', actorId: null, subjectId: id, outcome: 'success' } as const
      await audit.record({ ...event, facts: removed }, tx)
      const languages = languagesOf(user)
      const told = { about: 'email-changed', email, emailVerified, at: clock.now() } as const
      await outbox.put({ kind: 'address-notice', ...told, languages }, tx)
      const reset = { kind: 'password-reset', email: identity.email, isOwed: true, isAssigned: true } as const
      await outbox.put({ ...reset, languages }, tx)
    })
    return { userId: id, hasFactors: keepsFactors && user.enrolledAssurance !== 'aal1' }
  }
}
