import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { InvalidInput } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { AttemptSource } from '../limits/service.js'
import { proofIn, secondFactorAccount, type FactorOffer, type MfaService, type ProofInput } from '../mfa/service.js'
import { OneTimeTokenRejected, type OneTimeTokensService } from '../one-time-tokens/service.js'
import {
  factsOf,
  type Arrival,
  type Circumstances,
  type Recognition,
  type RiskService,
  type RiskVerdict,
  type SignedInOnDevice,
} from '../risk/service.js'
import type { UsersService } from '../users/service.js'
import type { CheckFactor, SpendChallenge } from './factor-check.js'

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
  readonly risk: Pick<RiskService, 'recognise' | 'assessProven' | 'start'>
  readonly oneTimeTokens: OneTimeTokensService
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
}

/** A known device waits for itself alone: neither for a neighbour, nor for a thief of the password. */
function sourceOf({ known }: Recognition, userId: string, ip: string): AttemptSource {
  const account = secondFactorAccount(userId)
  return known === null ? { account, ip } : { account: `${account}:${known.id}`, ip, isKnownDevice: true }
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
      { circumstances, verdict }: { readonly circumstances: Circumstances; readonly verdict: RiskVerdict },
    ): Promise<SecondFactorChallenge> {
      const token = { purpose: 'second-factor', subject, securityVersion, payload: { ...circumstances } } as const
      const challenge = await oneTimeTokens.challenge(token)
      const event = { name: 'second-factor.asked', actorId: null, subjectId: subject, outcome: 'success' } as const
      background.run(() => audit.record({ ...event, facts: factsOf(verdict, null) }))
      return { ...challenge, ...(await mfa.offer(subject, challenge.challenge)) }
    },

    async complete(
      { challenge, ...input }: SecondFactorInput,
      { ip, device, deviceTokens, delivery }: Arrival,
    ): Promise<SignedInOnDevice> {
      const proof = proofIn(input)
      if (proof.kind === 'password') throw new InvalidInput({ input: 'Give a second factor.' })
      const token = await oneTimeTokens.find(['second-factor'], challenge)
      const user = await users.findAt(token.subject, token.securityVersion)
      if (user === null) throw new OneTimeTokenRejected()
      const refusal = { name: 'second-factor.refused', actorId: null, facts: { kind: proof.kind } } as const
      // Before the proof, so that whoever gets no answer here has spent neither the code nor the challenge.
      const recognition = await risk.recognise(user.id, deviceTokens)
      const { failures = 0, isBreached } = token.payload
      const circumstances = { failures: Number(failures), isBreached: isBreached === true }
      const verdict = risk.assessProven(recognition, device, circumstances)
      const from = sourceOf(recognition, user.id, ip)
      const proven = await checkFactor({ user, proof, challenge, from, refusal })
      await spendChallenge((tx) => oneTimeTokens.spend(tx, token), proven, {
        refusal: { ...refusal, subjectId: user.id, outcome: 'refused' },
      })
      const used = proven.kind === 'passkey' ? { authenticatorId: proven.authenticatorId } : {}
      return risk.start({ user, assurance: 'aal2', ...used, device, delivery }, { recognition, verdict })
    },
  }
}
