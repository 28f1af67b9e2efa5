import { InvalidInput } from '../kernel/errors.js'
import { OneTimeTokenRejected } from '../one-time-tokens/service.js'
import type { SignedInOnDevice } from '../risk/service.js'
import { EmailTaken } from '../users/service.js'
import { createBeginAccount } from './begin-account.js'
import { invitationFrom } from './invitation.js'
import { mayStillInvite } from './inviting.js'
import type { AccountDependencies, Arrival, SignUp } from './service.js'

/**
 * The link was sent to the address, so that whoever has it has proven the address. It makes one account, with that
 * address and no other: a link that was passed on is not an account for whoever got it.
 */
export function createInvitedSignUp(deps: AccountDependencies) {
  const { users, passwords, oneTimeTokens, limits, policy, transact } = deps
  const beginAccount = createBeginAccount(deps)

  return async (input: SignUp, plaintext: string, arrival: Arrival): Promise<SignedInOnDevice> => {
    const token = await oneTimeTokens.find(['invitation'], plaintext)
    const { email, roles, invitedBy, inviterVersion } = invitationFrom(token.payload)
    if (users.identify(input.email)?.identifier !== token.subject) throw new OneTimeTokenRejected()
    const faults = { ...users.registrationFaults(input), ...passwords.formFaults(input.password, 'input.password') }
    if (Object.keys(faults).length > 0) throw new InvalidInput(faults)
    await limits.spend('sign-up', arrival.ip)
    // Before the transaction, which must not last as long as a hash.
    const passwordHash = await passwords.prepare(input.password, 'input.password', input)
    const { displayName } = input
    const registration = { email, displayName, roles, emailVerified: true, languages: arrival.languages }
    return transact(async (tx) => {
      await oneTimeTokens.spend(tx, token)
      // Whoever was signed in as the inviter may have been somebody else: a change of security ends what came before it.
      const inviter = await users.findAt(invitedBy, inviterVersion, tx)
      if (inviter === null || !mayStillInvite(inviter, roles, policy)) throw new OneTimeTokenRejected()
      return beginAccount(tx, registration, { passwordHash, arrival, facts: { invitedBy } })
    }).catch((cause: unknown) => {
      // Somebody has made an account with this address since the mail: the link has become void.
      throw cause instanceof EmailTaken ? new OneTimeTokenRejected() : cause
    })
  }
}
