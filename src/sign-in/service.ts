/**
 * Owns the flow from a proof to a session: sign-in with a password. Does not own users, passwords, sessions or
 * throttles; it says in which order they are asked, so that nothing can be learned from an answer.
 */
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import type { Subject } from '../kernel/subject.js'
import type { LimitsService } from '../limits/service.js'
import { CredentialsRejected, type PasswordsService } from '../passwords/service.js'
import type { Device, SessionsService, SignedInSession, TokenDelivery } from '../sessions/service.js'
import type { UsersService } from '../users/service.js'

/** Where and how the new session will be used. */
export interface Arrival {
  readonly ip: string
  readonly device: Device
  readonly delivery: TokenDelivery
}

export interface SignInService {
  /** @throws InvalidInput, CredentialsRejected, RateLimited, Unavailable */
  signIn(input: { email: string; password: string }, arrival: Arrival): Promise<SignedInSession>
}

export function createSignIn(deps: {
  users: UsersService
  passwords: PasswordsService
  sessions: SessionsService
  limits: LimitsService
  audit: AuditService
  background: Background
  random: Random
}): SignInService {
  const { users, passwords, sessions, limits, audit, background, random } = deps

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
      const signedIn = await sessions.start({ user, assurance: 'aal1', ...arrival })
      if (verdict === 'outdated') background.run(() => passwords.rehashIfNeeded(user.id, password))
      return signedIn
    },
  }
}

interface Proven {
  readonly user: Subject
  readonly verdict: 'right' | 'outdated'
}

function refusal(userId: string) {
  return { name: 'sign-in.refused', actorId: null, subjectId: userId, outcome: 'refused', facts: {} } as const
}
