import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Transact } from '../kernel/transaction.js'
import type { LimitsService } from '../limits/service.js'
import { PasskeyRejected, type MfaService, type RequestOptions } from '../mfa/service.js'
import type { OneTimeTokensService } from '../one-time-tokens/service.js'
import type { RiskService, SignedInOnDevice } from '../risk/service.js'
import type { UsersService } from '../users/service.js'
import { attemptSource } from './attempt-source.js'
import type { Arrival } from './service.js'

export interface PasskeyRequest {
  readonly challenge: string
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
  readonly mfa: Pick<MfaService, 'passkeyRequest' | 'passkeyOwner' | 'prove'>
  readonly risk: Pick<RiskService, 'recognise' | 'assess' | 'start'>
  readonly oneTimeTokens: OneTimeTokensService
  readonly limits: LimitsService
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly transact: Transact
}

/** A passkey alone: something that the person has, and that has asked for a finger or a PIN (NIST SP 800-63B-4 §2.2.1). */
export function createPasskeySignIn(deps: PasskeySignInDependencies) {
  const { users, mfa, risk, oneTimeTokens, limits, audit, background, transact } = deps

  return {
    async begin({ ip }: Pick<Arrival, 'ip'>): Promise<PasskeyRequest> {
      await limits.spend('passkey-request', ip)
      const token = { purpose: 'passkey-sign-in', subject: 'anybody', securityVersion: null, payload: {} } as const
      const { challenge } = await oneTimeTokens.challenge(token)
      return { challenge, options: await mfa.passkeyRequest(challenge) }
    },

    async complete(
      { challenge, credential }: PasskeySignInInput,
      { ip: _ip, ...arrival }: Arrival,
    ): Promise<SignedInOnDevice> {
      const token = await oneTimeTokens.find(['passkey-sign-in'], challenge)
      const userId = await mfa.passkeyOwner(credential)
      // Before the proof, so that a change of security meanwhile makes the session dead on arrival.
      const user = userId === null ? null : await users.find(userId)
      if (user === null) throw new PasskeyRejected()
      const proof = { kind: 'passkey', credential } as const
      const source = attemptSource(proof, { userId: user.id, digest: token.digest, ip: null })
      const isRight = await limits.attempt(source, async () =>
        user.status === 'active' && (await mfa.prove(user.id, proof, challenge)) ? true : null,
      )
      if (isRight === null) {
        background.run(() => audit.record(refusal(user.id)))
        throw new PasskeyRejected()
      }
      // Of parallel completions one wins, whatever each of them has proven.
      await transact((tx) => oneTimeTokens.spend(tx, token))
      // What strangers fail at, or a list of passwords, says nothing of a passkey, and nobody is refused who has one.
      const recognition = await risk.recognise(user.id, arrival.deviceTokens)
      const verdict = await risk.assess(recognition, arrival.device, { failures: 0, isBreached: false })
      return risk.start({ user, assurance: 'aal2', ...arrival }, { recognition, verdict })
    },
  }
}

function refusal(userId: string) {
  const facts = { kind: 'passkey' }
  return { name: 'sign-in.refused', actorId: null, subjectId: userId, outcome: 'refused', facts } as const
}
