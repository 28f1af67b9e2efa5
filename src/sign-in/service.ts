/**
 * Owns the flow from proofs to a session: sign-in with a password or a passkey, the second factor where there is one, and
 * proving again inside a session. Does not own users, passwords, factors, sessions or throttles; it says in which order they are
 * asked, so that nothing can be learned from an answer.
 */
import type { Person } from '../kernel/caller.js'
import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import type { Subject } from '../kernel/subject.js'
import type { LimitsService } from '../limits/service.js'
import type { MfaService } from '../mfa/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import { CredentialsRejected, type PasswordsService } from '../passwords/service.js'
import type { Device, RaisedSession, SessionsService, SignedInSession, TokenDelivery } from '../sessions/service.js'
import type { UsersService } from '../users/service.js'
import { createFactorCheck, createSpendChallenge, type FactorCheckDependencies } from './factor-check.js'
import {
  createPasskeySignIn,
  type PasskeyRequest,
  type PasskeySignInDependencies,
  type PasskeySignInInput,
} from './passkey-sign-in.js'
import {
  createSecondFactor,
  type SecondFactorChallenge,
  type SecondFactorDependencies,
  type SecondFactorInput,
} from './second-factor.js'
import { createStepUp, type StepUpChallenge, type StepUpDependencies, type StepUpInput } from './step-up.js'

/** Where and how the new session will be used. */
export interface Arrival {
  readonly ip: string
  readonly device: Device
  readonly delivery: TokenDelivery
}

export interface SignInService {
  /**
   * Signs in whoever has no second factor; who has one gets a challenge, which is no session.
   * @throws InvalidInput, CredentialsRejected, RateLimited, Unavailable
   */
  signIn(input: { email: string; password: string }, arrival: Arrival): Promise<SignedInSession | SecondFactorChallenge>
  /**
   * A wrong code leaves the challenge good for the next one.
   * @throws InvalidInput, OneTimeTokenRejected, FactorRejected, PasskeyRejected, CodesExhausted, RateLimited, Unavailable
   */
  completeSecondFactor(input: SecondFactorInput, arrival: Arrival): Promise<SignedInSession>
  /** For a browser that has a passkey of whomever. */
  beginPasskeySignIn(): Promise<PasskeyRequest>
  /** Signs in by a passkey alone. @throws OneTimeTokenRejected, PasskeyRejected, Unavailable */
  completePasskeySignIn(input: PasskeySignInInput, arrival: Arrival): Promise<SignedInSession>
  /** What this person can prove again with. @throws Unavailable */
  beginStepUp(person: Person): Promise<StepUpChallenge>
  /**
   * Raises the presented token, by the challenge of its own session; nothing else of that session rises.
   * @throws InvalidInput, OneTimeTokenRejected, FactorRejected, CodesExhausted, CredentialsRejected, RateLimited,
   *   Unavailable
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
  readonly random: Random
}

export function createSignIn(deps: SignInDependencies): SignInService {
  const { users, passwords, sessions, limits, audit, background, random } = deps
  const checkFactor = createFactorCheck(deps)
  const spendChallenge = createSpendChallenge(deps)
  const secondFactor = createSecondFactor(deps, { checkFactor, spendChallenge })
  const stepUp = createStepUp(deps, { checkFactor, spendChallenge })
  const passkeySignIn = createPasskeySignIn(deps, spendChallenge)

  /** Null when that is nobody's address, not their password, or not an active account. */
  async function proven(identifier: string, password: string): Promise<Proven | null> {
    const userId = await users.findByIdentifier(identifier)
    // The user is read before the proof, so that a change of security meanwhile makes the session dead on arrival.
    // An unknown address does the same reads and the same hash: neither answer nor stopwatch tells it apart.
    const user = await users.find(userId ?? newId('usr', random))
    const verdict = await passwords.verify(user?.id ?? null, password)
    if (user !== null && verdict !== 'wrong' && user.status === 'active') return { user, verdict }
    if (user !== null) background.run(() => audit.record(refusal(user.id)))
    return null
  }

  return {
    async signIn({ email, password }, { ip, ...arrival }) {
      const { identifier } = users.requireEmail(email, 'input.email')
      const proof = await limits.attempt({ account: identifier, ip }, () => proven(identifier, password))
      if (proof === null) throw new CredentialsRejected()
      const { user, verdict } = proof
      const isKnownByMore = user.enrolledAssurance === 'aal2'
      const result = isKnownByMore
        ? await secondFactor.challenge(user)
        : await sessions.start({ user, assurance: 'aal1', ...arrival })
      if (verdict === 'outdated') background.run(() => passwords.rehashIfNeeded(user.id, password))
      return result
    },

    completeSecondFactor: secondFactor.complete,
    beginPasskeySignIn: passkeySignIn.begin,
    completePasskeySignIn: passkeySignIn.complete,
    beginStepUp: stepUp.begin,
    completeStepUp: stepUp.complete,
  }
}

interface Proven {
  readonly user: Subject
  readonly verdict: 'right' | 'outdated'
}

function refusal(userId: string) {
  return { name: 'sign-in.refused', actorId: null, subjectId: userId, outcome: 'refused', facts: {} } as const
}

export type { SecondFactorChallenge } from './second-factor.js'
