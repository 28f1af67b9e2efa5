/**
 * Owns the flow from a proof to a session: sign-up and sign-in with a password. Does not own users, passwords,
 * sessions or throttles; it says in which order they are asked, so that nothing can be learned from an answer.
 */
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { DomainError, InvalidInput } from '../kernel/errors.js'
import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import type { Subject } from '../kernel/subject.js'
import type { Transact } from '../kernel/transaction.js'
import type { LimitsService } from '../limits/service.js'
import { CredentialsRejected, type PasswordRules, type PasswordsService } from '../passwords/service.js'
import type { Device, SessionsService, SignedInSession, TokenDelivery } from '../sessions/service.js'
import type { UsersService } from '../users/service.js'

export type SignUpMode = 'open' | 'closed'

/** Where and how the new session will be used. */
export interface Arrival {
  readonly ip: string
  readonly device: Device
  readonly delivery: TokenDelivery
}

export interface SignUp {
  readonly email: string
  readonly password: string
  readonly displayName?: string | null | undefined
}

export interface Provision extends SignUp {
  readonly roles: readonly string[]
}

export interface SignInService {
  /** @throws InvalidInput (all fields at once), SignUpClosed, EmailTaken, RateLimited, Unavailable */
  signUp(input: SignUp, arrival: Arrival): Promise<SignedInSession>
  /** @throws InvalidInput, CredentialsRejected, RateLimited, Unavailable */
  signIn(input: { email: string; password: string }, arrival: Arrival): Promise<SignedInSession>
  /**
   * Makes accounts that nobody signs up for: the first administrator, the people of a development database. All or none.
   * @throws InvalidInput, EmailTaken
   */
  provision(accounts: readonly Provision[]): Promise<readonly Subject[]>
  options(): { signUp: SignUpMode; password: PasswordRules }
}

export class SignUpClosed extends DomainError {
  constructor() {
    super('forbidden', 'SIGN_UP_CLOSED', 'Sign-up is closed.')
  }
}

export function createSignIn(deps: {
  users: UsersService
  passwords: PasswordsService
  sessions: SessionsService
  limits: LimitsService
  audit: AuditService
  transact: Transact
  background: Background
  random: Random
  mode: SignUpMode
}): SignInService {
  const { users, passwords, sessions, limits, audit, transact, background, random, mode } = deps

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
    async signUp({ email, password, displayName }, { ip, ...arrival }) {
      if (mode === 'closed') throw new SignUpClosed()
      const faults = {
        ...users.registrationFaults({ email, displayName }),
        ...passwords.formFaults(password, 'input.password'),
      }
      if (Object.keys(faults).length > 0) throw new InvalidInput(faults)
      await limits.spend('sign-up', ip)
      // Counted before: looking at a password takes longer than anything else that a stranger can ask for.
      const passwordHash = await passwords.prepare(password, 'input.password', { email, displayName })
      const signedIn = await transact(async (tx) => {
        const user = await users.register(tx, { email, displayName, roles: ['member'] })
        await passwords.set(tx, user.id, passwordHash)
        const started = await sessions.start({ user, assurance: 'aal1', ...arrival }, tx)
        const facts = { sessionId: started.session.id }
        await audit.record(
          { name: 'user.signed-up', actorId: user.id, subjectId: user.id, outcome: 'success', facts },
          tx,
        )
        return started
      })
      return signedIn
    },

    async signIn({ email, password }, { ip, ...arrival }) {
      const identity = users.identify(email)
      if (identity === null) throw new InvalidInput({ 'input.email': 'This is not an e-mail address.' })
      const prove = () => proven(identity.identifier, password)
      const proof = await limits.attempt({ account: identity.identifier, ip }, prove)
      if (proof === null) throw new CredentialsRejected()
      const { user, verdict } = proof
      const signedIn = await sessions.start({ user, assurance: 'aal1', ...arrival })
      if (verdict === 'outdated') background.run(() => passwords.rehashIfNeeded(user.id, password))
      return signedIn
    },

    async provision(accounts) {
      const hashes = await Promise.all(
        accounts.map(({ password, ...account }) =>
          passwords.prepare(password, 'password', { ...account, isRandom: true }),
        ),
      )
      return transact(async (tx) => {
        const made: Subject[] = []
        for (const [index, { email, displayName, roles }] of accounts.entries()) {
          const user = await users.register(tx, { email, displayName, roles })
          await passwords.set(tx, user.id, hashes[index] ?? '')
          const facts = { roles: roles.join(' ') }
          await audit.record(
            { name: 'user.provisioned', actorId: null, subjectId: user.id, outcome: 'success', facts },
            tx,
          )
          made.push(user)
        }
        return made
      })
    },

    options: () => ({ signUp: mode, password: passwords.rules() }),
  }
}

interface Proven {
  readonly user: Subject
  readonly verdict: 'right' | 'outdated'
}

function refusal(userId: string) {
  return { name: 'sign-in.refused', actorId: null, subjectId: userId, outcome: 'refused', facts: {} } as const
}
