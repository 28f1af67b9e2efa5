import type { Person } from '../kernel/caller.js'
import { InvalidInput } from '../kernel/errors.js'
import { requireProof } from '../kernel/step-up.js'
import { languagesOf } from '../kernel/subject.js'
import { OneTimeTokenRejected } from '../one-time-tokens/service.js'
import { forgetMovedLinks } from './moved-links.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, AccountsService } from './service.js'

const field = 'input.newEmail'

/** Another address is asked for by whoever is signed in, and proven by whoever reads its mail. */
export function createEmailChange(
  deps: AccountDependencies,
): Pick<AccountsService, 'requestEmailChange' | 'confirmEmailChange'> {
  const { users, sessions, oneTimeTokens, outbox, audit, transact, clock } = deps

  /** The same writes, whether the new address is known or not: that shows in the mail alone. */
  async function request(person: Person, given: string): Promise<void> {
    const { userId, sessionId, user } = person
    person.require('email:change', { userId })
    requireProof(person, 'email:change', clock.now())
    const { email: newEmail } = users.requireEmail(given, field)
    if (newEmail === user.email) throw new InvalidInput({ [field]: 'This is your address already.' })
    const { securityVersion, email, emailVerified } = user
    const told = { about: 'email-change-requested', email, emailVerified, at: clock.now(), newEmail } as const
    await transact(async (tx) => {
      // Whoever sees that a thief has asked voids it by asking, too, whether the thief's mail has gone out or waits; one
      // that is being written in this moment may get by.
      await oneTimeTokens.forget(tx, userId, ['email-change'])
      await audit.record(ownEvent('email.change-requested', userId, { sessionId }), tx)
      await outbox.withdraw(tx, ['email-change'], { userId })
      await outbox.put({ kind: 'address-notice', ...told, languages: languagesOf(user) }, tx)
      await outbox.put({ kind: 'email-change', userId, sessionId, securityVersion, newEmail }, tx)
    })
  }

  async function confirm(plaintext: string): Promise<void> {
    const token = await oneTimeTokens.find(['email-change'], plaintext)
    const { newEmail, sessionId } = token.payload
    const identity = typeof newEmail === 'string' ? users.identify(newEmail) : null
    const user = await users.findAt(token.subject, token.securityVersion)
    if (user === null || identity === null || typeof sessionId !== 'string') throw new OneTimeTokenRejected()
    const { id: userId, securityVersion: from } = user
    await sessions.changeAndEnd(async (tx, endOlder) => {
      const to = await users.bumpSecurityVersion(tx, userId, from)
      if (to === null) throw new OneTimeTokenRejected()
      await oneTimeTokens.spend(tx, token)
      // Taken by somebody else since the mail was sent: who proves an address first has it.
      if ((await users.changeEmail(tx, user, identity)) === 'taken') throw new OneTimeTokenRejected()
      // The session that asked goes on; all others end. What was asked for in one that was ended since is a thief's as a rule.
      if (!(await sessions.adopt(sessionId, userId, { from, to }, tx))) throw new OneTimeTokenRejected()
      await endOlder({ userId, securityVersion: to, reason: 'email-changed' })
      await forgetMovedLinks(deps, tx, { user, to: identity })
      await audit.record(ownEvent('email.changed', userId, { sessionId }), tx)
      const { email, emailVerified } = user
      const told = { about: 'email-changed', email, emailVerified, at: clock.now() } as const
      await outbox.put({ kind: 'address-notice', ...told, languages: languagesOf(user) }, tx)
    })
  }

  return { requestEmailChange: request, confirmEmailChange: confirm }
}
