import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import type { Subject } from '../kernel/subject.js'
import type { AttemptSource, LimitsService } from '../limits/service.js'
import { CredentialsRejected, type PasswordsService } from '../passwords/service.js'
import {
  factsOf,
  type Arrival,
  type Circumstances,
  type Recognition,
  type RiskService,
  type RiskVerdict,
} from '../risk/service.js'
import type { UsersService } from '../users/service.js'

export interface ProvenPassword {
  readonly user: Subject
  readonly isOutdated: boolean
  readonly recognition: Recognition
  readonly circumstances: Circumstances
  readonly verdict: RiskVerdict
}

export interface PasswordProofDependencies {
  readonly users: Pick<UsersService, 'requireEmail' | 'findByIdentifier' | 'find'>
  readonly passwords: Pick<PasswordsService, 'verify' | 'isBreached'>
  readonly risk: RiskService
  readonly limits: Pick<LimitsService, 'attempt'>
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly random: Random
}

/** Whether that is the password of that address, asked from a device that may sign in to it at all. */
export function createPasswordProof(deps: PasswordProofDependencies) {
  const { users, passwords, risk, limits, audit, background, random } = deps

  /** What strangers fail at is counted for the address; a known device waits for itself alone, and for no neighbour. */
  function sourceOf({ known }: Recognition, account: string, ip: string): AttemptSource {
    return known === null ? { account, ip } : { account: `device:${known.id}`, ip, isKnownDevice: true }
  }

  /** Null when that is not their password, not an active account, or not to be had from here. */
  async function judged(
    recognition: Recognition,
    password: string,
    { device }: Pick<Arrival, 'device'>,
  ): Promise<ProvenPassword | null> {
    // The user is read before the proof, so that a change of security meanwhile makes the session dead on arrival.
    // An unknown address does the same reads and the same hash: neither answer nor stopwatch tells it apart.
    const user = await users.find(recognition.userId)
    const found = await passwords.verify(user?.id ?? null, password)
    if (user === null) return null
    const refuse = (facts: Parameters<typeof refusal>[1] = {}) => {
      background.run(() => audit.record(refusal(user.id, facts)))
      return null
    }
    if (found === 'wrong') {
      background.run(() => risk.countFailure(recognition))
      return refuse()
    }
    if (user.status !== 'active') return refuse()
    if (risk.isStopped(recognition)) return refuse({ reason: 'password-stopped' })
    const isStranger = recognition.known === null
    const circumstances = {
      failures: recognition.strangerFailures,
      isBreached: isStranger && (await passwords.isBreached(password)),
    }
    const verdict = risk.assess(recognition, device, circumstances)
    if (verdict.outcome === 'refuse') return refuse({ reason: 'risk', ...factsOf(verdict, null) })
    background.run(() => risk.forgetStrangerFailures(recognition))
    return { user, isOutdated: found === 'outdated', recognition, circumstances, verdict }
  }

  /** @throws InvalidInput, CredentialsRejected, RateLimited, Unavailable */
  return async (
    { email, password }: { email: string; password: string },
    { ip, device, deviceTokens }: Pick<Arrival, 'ip' | 'device' | 'deviceTokens'>,
  ): Promise<ProvenPassword> => {
    const { identifier } = users.requireEmail(email, 'input.email')
    const userId = (await users.findByIdentifier(identifier)) ?? newId('usr', random)
    const recognition = await risk.recognise(userId, deviceTokens)
    const source = sourceOf(recognition, identifier, ip)
    const proof = await limits.attempt(source, () => judged(recognition, password, { device }))
    if (proof === null) throw new CredentialsRejected()
    return proof
  }
}

function refusal(userId: string, facts: Readonly<Record<string, string | number | boolean>>) {
  return { name: 'sign-in.refused', actorId: null, subjectId: userId, outcome: 'refused', facts } as const
}
