import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import { PasskeyRejected, type MfaService, type RequestOptions } from '../mfa/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { Arrival, RiskService, SignedInOnDevice } from '../risk/service.js'
import type { UsersService } from '../users/service.js'
import type { SpendChallenge } from './factor-check.js'

export interface PasskeyRequest {
  readonly challenge: string
  readonly expiresAt: Date
  /** For `navigator.credentials.get`: the same for everybody, because nobody has said who it is. */
  readonly options: RequestOptions
}

export interface PasskeySignInInput {
  readonly challenge: string
  /** `PublicKeyCredential.toJSON()`. */
  readonly credential?: unknown
}

export interface PasskeySignInDependencies {
  readonly users: Pick<UsersService, 'find'>
  readonly mfa: Pick<MfaService, 'passkeyRequest' | 'passkeyOwner' | 'verifyPasskey'>
  readonly risk: Pick<RiskService, 'recognise' | 'assessProven' | 'start'>
  readonly oneTimeTokens: OneTimeTokensService
  readonly random: Random
}

/**
 * A passkey alone: something that the person has, and that has asked for a finger or a PIN (NIST SP 800-63B-4 §2.2.1).
 * Nothing is counted here: a signature cannot be guessed, and what is counted, strangers can use up.
 */
export function createPasskeySignIn(deps: PasskeySignInDependencies, spendChallenge: SpendChallenge) {
  const { users, mfa, risk, oneTimeTokens, random } = deps

  return {
    async begin(): Promise<PasskeyRequest> {
      const issued = oneTimeTokens.challengeForAnybody()
      return { ...issued, options: await mfa.passkeyRequest(issued.challenge) }
    },

    async complete(
      { challenge, credential }: PasskeySignInInput,
      { device, deviceTokens, delivery }: Arrival,
    ): Promise<SignedInOnDevice> {
      oneTimeTokens.requireForAnybody(challenge)
      // Before the proof, so that a change of security meanwhile makes the session dead on arrival. Nobody's passkey costs
      // the same reads.
      const userId = mfa.passkeyOwner(credential) ?? newId('usr', random)
      const user = await users.find(userId)
      const proof = await mfa.verifyPasskey({ userId, credential, isNamed: false }, challenge)
      if (user === null || user.status !== 'active' || 'fault' in proof) throw new PasskeyRejected()
      const { authenticatorId } = proof
      // What strangers fail at, or a list of passwords, says nothing of a passkey.
      const recognition = await risk.recognise(user.id, deviceTokens)
      const verdict = risk.assessProven(recognition, device, { failures: 0, isBreached: false })
      await spendChallenge((tx) => oneTimeTokens.spendForAnybody(tx, challenge), proof)
      return risk.start({ user, assurance: 'aal2', authenticatorId, device, delivery }, { recognition, verdict })
    },
  }
}
