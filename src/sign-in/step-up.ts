import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import type { Person } from '../kernel/caller.js'
import { InvalidInput } from '../kernel/errors.js'
import { proofKindsOf, type Assurance, type ProofKind } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import {
  proofIn,
  secondFactorAccount,
  type MfaService,
  type ProvenFactor,
  type ProofInput,
  type RequestOptions,
} from '../mfa/service.js'
import { OneTimeTokenRejected, type OneTimeTokensService } from '../one-time-tokens/service.js'
import type { PasswordsService } from '../passwords/service.js'
import type { RaisedSession, SessionsService } from '../sessions/service.js'
import type { CheckFactor, SpendChallenge } from './factor-check.js'

export interface StepUpChallenge {
  readonly challenge: string
  /** Not always what STEP_UP_REQUIRED has said: that is nothing where none of these would do, and a factor is to be added. */
  readonly methods: readonly ProofKind[]
  /** For `navigator.credentials.get`; null without a passkey. */
  readonly passkey: RequestOptions | null
  readonly expiresAt: Date
}

export interface StepUpInput extends ProofInput {
  readonly challenge: string
}

export interface StepUpDependencies {
  readonly mfa: Pick<MfaService, 'offer'>
  readonly passwords: Pick<PasswordsService, 'proveAgain'>
  readonly sessions: Pick<SessionsService, 'raise'>
  readonly oneTimeTokens: OneTimeTokensService
  readonly audit: Pick<AuditService, 'record'>
}

/** Proving again, inside the same session: `acr` and `auth_time` of the new access token both come from that proof. */
export function createStepUp(
  deps: StepUpDependencies,
  { checkFactor, spendChallenge }: { checkFactor: CheckFactor; spendChallenge: SpendChallenge },
) {
  const { mfa, passwords, sessions, oneTimeTokens, audit } = deps

  function eventOf({ userId, sessionId }: Person, outcome: 'success' | 'refused', kind: string): NewAuditEvent {
    const name = outcome === 'success' ? 'step-up.completed' : 'step-up.refused'
    return { name, actorId: userId, subjectId: userId, outcome, facts: { sessionId, kind } }
  }

  /** What was proven. @throws CredentialsRejected, RateLimited, Unavailable, and as `CheckFactor` */
  async function proven(
    person: Person,
    proof: ReturnType<typeof proofIn>,
    challenge: string,
  ): Promise<{ assurance: Assurance; factor: ProvenFactor | null }> {
    const { user } = person
    // Strangers cannot count here, and neighbours do not.
    const from = { account: secondFactorAccount(user.id), ip: null }
    const refusal = eventOf(person, 'refused', proof.kind)
    if (proof.kind !== 'password') {
      // Nothing is guessed where there is nothing, and nothing is counted: the person has only the password to lose.
      if (user.enrolledAssurance === 'aal1') throw new InvalidInput({ input: 'Give your password.' })
      return { assurance: 'aal2', factor: await checkFactor({ user, proof, challenge, from, refusal }) }
    }
    // Whoever has a second factor is known by it: a password that was stolen must not be enough.
    if (user.enrolledAssurance !== 'aal1') throw new InvalidInput({ 'input.password': 'Give a second factor.' })
    await passwords.proveAgain(person, proof.password, refusal)
    return { assurance: 'aal1', factor: null }
  }

  return {
    async begin(person: Person): Promise<StepUpChallenge> {
      const { userId: subject, sessionId, user } = person
      const { securityVersion } = user
      const payload = { sessionId }
      const token = { purpose: 'step-up', subject, securityVersion, payload } as const
      const challenge = await oneTimeTokens.challenge(token)
      const { passkey } = await mfa.offer(subject, challenge.challenge)
      return { ...challenge, methods: proofKindsOf(user) ?? [], passkey }
    },

    async complete(person: Person, { challenge, ...input }: StepUpInput): Promise<RaisedSession> {
      const proof = proofIn(input)
      const token = await oneTimeTokens.find(['step-up'], challenge)
      const isOwn =
        token.subject === person.userId &&
        token.payload['sessionId'] === person.sessionId &&
        token.securityVersion === person.user.securityVersion
      if (!isOwn) throw new OneTimeTokenRejected()
      const { assurance, factor } = await proven(person, proof, challenge)
      const spend = (tx: Transaction) => oneTimeTokens.spend(tx, token)
      await spendChallenge(spend, factor, {
        refusal: eventOf(person, 'refused', proof.kind),
        also: (tx) => audit.record(eventOf(person, 'success', proof.kind), tx),
      })
      return sessions.raise(person, assurance)
    },
  }
}
