import { DomainError, InvalidInput } from '../kernel/errors.js'
import type { SignedInOnDevice } from '../risk/service.js'
import { createBeginAccount } from './begin-account.js'
import { createInvitedSignUp } from './invited-sign-up.js'
import type { AccountDependencies, AccountsService, Arrival, SignUp, VerificationSent } from './service.js'

export class SignUpClosed extends DomainError {
  constructor() {
    super('forbidden', 'SIGN_UP_CLOSED', 'Sign-up is closed.')
  }
}

export function createSignUp(deps: AccountDependencies): AccountsService['signUp'] {
  const { users, passwords, limits, outbox, transact, mode } = deps
  const beginAccount = createBeginAccount(deps)
  const invitedSignUp = createInvitedSignUp(deps)

  /** One hash and one write, for every address: whether it is known shows in the mail alone. */
  async function announced(
    { displayName = null, ...given }: SignUp,
    passwordHash: string,
    languages: readonly string[],
  ): Promise<VerificationSent> {
    const { email } = users.requireEmail(given.email, 'input.email')
    await outbox.put({ kind: 'sign-up', email, displayName, passwordHash, languages })
    return { email }
  }

  function begun({ email, displayName }: SignUp, passwordHash: string, arrival: Arrival): Promise<SignedInOnDevice> {
    const registration = { email, displayName, roles: ['member'], languages: arrival.languages }
    return transact((tx) => beginAccount(tx, registration, { passwordHash, arrival }))
  }

  return async (input, arrival) => {
    const { invitation = null } = input
    if (invitation !== null) return invitedSignUp(input, invitation, arrival)
    if (mode === 'closed') throw new SignUpClosed()
    const faults = { ...users.registrationFaults(input), ...passwords.formFaults(input.password, 'input.password') }
    if (Object.keys(faults).length > 0) throw new InvalidInput(faults)
    await limits.spend('sign-up', arrival.ip)
    // Counted before: looking at a password takes longer than anything else that a stranger can ask for.
    const passwordHash = await passwords.prepare(input.password, 'input.password', input)
    return mode === 'open' ? begun(input, passwordHash, arrival) : announced(input, passwordHash, arrival.languages)
  }
}
