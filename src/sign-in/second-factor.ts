import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { InvalidInput } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import { proofIn, type FactorOffer, type MfaService, type ProofInput } from '../mfa/service.js'
import { OneTimeTokenRejected, type OneTimeTokensService } from '../one-time-tokens/service.js'
import type { Circumstances, RiskService, SignedInOnDevice } from '../risk/service.js'
import type { UsersService } from '../users/service.js'
import type { CheckFactor, SpendChallenge } from './factor-check.js'
import type { Arrival } from './service.js'

/** The password was right. It signs nobody in: it is good for `completeSecondFactor`, once, and for nothing else. */
export interface SecondFactorChallenge extends FactorOffer {
  readonly challenge: string
  readonly expiresAt: Date
}

export interface SecondFactorInput extends Omit<ProofInput, 'password'> {
  readonly challenge: string
}

export interface SecondFactorDependencies {
  readonly users: Pick<UsersService, 'findAt'>
  readonly mfa: Pick<MfaService, 'offer'>
  readonly risk: Pick<RiskService, 'recognise' | 'assess' | 'start'>
  readonly oneTimeTokens: OneTimeTokensService
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
}

/** The second half of a sign-in. */
export function createSecondFactor(
  deps: SecondFactorDependencies,
  { checkFactor, spendChallenge }: { checkFactor: CheckFactor; spendChallenge: SpendChallenge },
) {
  const { users, mfa, risk, oneTimeTokens, audit, background } = deps

  return {
    /** @param user as read before the first proof: a change of security since then has voided the challenge */
    async challenge(
      { id: subject, securityVersion }: Subject,
      circumstances: Circumstances,
    ): Promise<SecondFactorChallenge> {
      const token = { purpose: 'second-factor', subject, securityVersion, payload: { ...circumstances } } as const
      const challenge = await oneTimeTokens.challenge(token)
      const event = { name: 'second-factor.asked', actorId: null, subjectId: subject, outcome: 'success' } as const
      background.run(() => audit.record({ ...event, facts: {} }))
      return { ...challenge, ...(await mfa.offer(subject, challenge.challenge)) }
    },

    async complete({ challenge, ...input }: SecondFactorInput, { ip, ...arrival }: Arrival): Promise<SignedInOnDevice> {
      const proof = proofIn(input)
      if (proof.kind === 'password') throw new InvalidInput({ input: 'Give a second factor.' })
      const token = await oneTimeTokens.find(['second-factor'], challenge)
      const user = await users.findAt(token.subject, token.securityVersion)
      if (user === null) throw new OneTimeTokenRejected()
      const refusal = { name: 'second-factor.refused', actorId: null, facts: { kind: proof.kind } } as const
      const proven = await checkFactor({ user, proof, challenge, ip, refusal })
      await spendChallenge((tx) => oneTimeTokens.spend(tx, token), proven)
      const { failures = 0, isBreached } = token.payload
      const circumstances = { failures: Number(failures), isBreached: isBreached === true }
      const recognition = await risk.recognise(user.id, arrival.deviceTokens)
      const verdict = risk.assess(recognition, arrival.device, circumstances)
      return risk.start({ user, assurance: 'aal2', ...arrival }, { recognition, verdict })
    },
  }
}
