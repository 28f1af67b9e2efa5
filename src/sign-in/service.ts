/**
 * Owns the flow from proofs to a session: sign-in with a password or a passkey, the second factor where there is one, and
 * proving again inside a session. Does not own users, passwords, factors, devices, sessions or throttles; it says in which order they are
 * asked, so that nothing can be learned from an answer.
 */
import type { Person } from '../kernel/caller.js'
import type { Random } from '../kernel/random.js'
import type { LimitsService } from '../limits/service.js'
import type { MfaService } from '../mfa/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { PasswordsService } from '../passwords/service.js'
import type { Arrival, RiskService, SignedInOnDevice } from '../risk/service.js'
import type { RaisedSession, SessionsService } from '../sessions/service.js'
import type { UsersService } from '../users/service.js'
import { createFactorCheck, createSpendChallenge, type FactorCheckDependencies } from './factor-check.js'
import {
  createPasskeySignIn,
  type PasskeyRequest,
  type PasskeySignInDependencies,
  type PasskeySignInInput,
} from './passkey-sign-in.js'
import { createPasswordProof } from './password-proof.js'
import {
  createSecondFactor,
  type SecondFactorChallenge,
  type SecondFactorDependencies,
  type SecondFactorInput,
} from './second-factor.js'
import { createStepUp, type StepUpChallenge, type StepUpDependencies, type StepUpInput } from './step-up.js'

export interface SignInService {
  /**
   * Signs in whoever has no second factor; who has one gets a challenge, which is no session.
   * @throws InvalidInput, CredentialsRejected, RateLimited, Unavailable
   */
  signIn(
    input: { email: string; password: string },
    arrival: Arrival,
  ): Promise<SignedInOnDevice | SecondFactorChallenge>
  /**
   * A wrong code leaves the challenge good for the next one.
   * @throws InvalidInput, OneTimeTokenRejected, FactorRejected, PasskeyRejected, CodesExhausted, RateLimited, Unavailable
   */
  completeSecondFactor(input: SecondFactorInput, arrival: Arrival): Promise<SignedInOnDevice>
  /** For a browser that has a passkey of whomever. */
  beginPasskeySignIn(): Promise<PasskeyRequest>
  /** Signs in by a passkey alone. @throws OneTimeTokenRejected, PasskeyRejected, Unavailable */
  completePasskeySignIn(input: PasskeySignInInput, arrival: Arrival): Promise<SignedInOnDevice>
  /** What this person can prove again with. @throws Unavailable */
  beginStepUp(person: Person): Promise<StepUpChallenge>
  /**
   * Raises the presented token, by the challenge of its own session; nothing else of that session rises.
   * @throws InvalidInput, OneTimeTokenRejected, FactorRejected, PasskeyRejected, CodesExhausted, CredentialsRejected,
   *   RateLimited, Unavailable
   */
  completeStepUp(person: Person, input: StepUpInput): Promise<RaisedSession>
}

export interface SignInDependencies
  extends SecondFactorDependencies, StepUpDependencies, FactorCheckDependencies, PasskeySignInDependencies {
  readonly users: UsersService
  readonly passwords: PasswordsService
  readonly sessions: SessionsService
  readonly mfa: MfaService
  readonly oneTimeTokens: OneTimeTokensService
  readonly limits: LimitsService
  readonly risk: RiskService
  readonly random: Random
}

export function createSignIn(deps: SignInDependencies): SignInService {
  const { passwords, risk, background } = deps
  const provePassword = createPasswordProof(deps)
  const checkFactor = createFactorCheck(deps)
  const spendChallenge = createSpendChallenge(deps)
  const secondFactor = createSecondFactor(deps, { checkFactor, spendChallenge })
  const stepUp = createStepUp(deps, { checkFactor, spendChallenge })
  const passkeySignIn = createPasskeySignIn(deps, spendChallenge)

  return {
    async signIn({ email, password }, arrival) {
      const { user, isOutdated, ...found } = await provePassword({ email, password }, arrival)
      const { device, delivery } = arrival
      const isKnownByMore = user.enrolledAssurance === 'aal2'
      const result = isKnownByMore
        ? await secondFactor.challenge(user, found)
        : await risk.start({ user, assurance: 'aal1', device, delivery }, found)
      if (isOutdated) background.run(() => passwords.rehashIfNeeded(user.id, password))
      return result
    },

    completeSecondFactor: secondFactor.complete,
    beginPasskeySignIn: passkeySignIn.begin,
    completePasskeySignIn: passkeySignIn.complete,
    beginStepUp: stepUp.begin,
    completeStepUp: stepUp.complete,
  }
}

export type { SecondFactorChallenge } from './second-factor.js'
