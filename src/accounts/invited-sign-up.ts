import { InvalidInput } from '../kernel/errors.js'
import { OneTimeTokenRejected } from '../one-time-tokens/service.js'
import type { SignedInSession } from '../sessions/service.js'
import { EmailTaken } from '../users/service.js'
import { invitationFrom } from './invitation.js'
import { mayStillInvite } from './inviting.js'
import { ownEvent } from './own-event.js'
import type { AccountDependencies, Arrival, SignUp } from './service.js'

/**
 * The link was sent to the address, so that whoever has it has proven the address. It makes one account, with that
 * address and no other: a link that was passed on is not an account for whoever got it.
 */
export function createInvitedSignUp(deps: AccountDependencies) {
  const { users, passwords, sessions, oneTimeTokens, limits, audit, policy, transact } = deps

  return async (input: SignUp, plaintext: string, arrival: Arrival): Promise<SignedInSession> => {
    const token = await oneTimeTokens.find(['invitation'], plaintext)
    const { email, roles, invitedBy } = invitationFrom(token.payload)
    if (users.identify(input.email)?.identifier !== token.subject) throw new OneTimeTokenRejected()
    const faults = { ...users.registrationFaults(input), ...passwords.formFaults(input.password, 'input.password') }
    if (Object.keys(faults).length > 0) throw new InvalidInput(faults)
    await limits.spend('sign-up', arrival.ip)
    // Before the transaction, which must not last as long as a hash.
    const passwordHash = await passwords.prepare(input.password, 'input.password', input)
    const { displayName } = input
    const { device, delivery, languages } = arrival
    return transact(async (tx) => {
      await oneTimeTokens.spend(tx, token)
      if (!mayStillInvite(await users.find(invitedBy, tx), roles, policy)) throw new OneTimeTokenRejected()
      const user = await users.register(tx, { email, displayName, roles, emailVerified: true, languages })
      await passwords.set(tx, user.id, passwordHash)
      const started = await sessions.start({ user, assurance: 'aal1', device, delivery }, tx)
      const facts = { sessionId: started.session.id, invitedBy }
      await audit.record(ownEvent('user.signed-up', user.id, facts), tx)
      // Other links to the same address: each could only fail now.
      await oneTimeTokens.forget(tx, token.subject, ['invitation', 'sign-up'])
      return started
    }).catch((cause: unknown) => {
      // Somebody has made an account with this address since the mail: the link has become void.
      throw cause instanceof EmailTaken ? new OneTimeTokenRejected() : cause
    })
  }
}
