import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService, EventMover } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Caller, Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { digestOf } from '../kernel/digest.js'
import { AccessTokenRejected } from '../kernel/errors.js'
import { newId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import type { Assurance, EnrolmentDue, Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { IssuedAccess, TokensService } from '../tokens/service.js'
import { RefreshRejected, type Rotate } from './refresh.js'
import { formatRefreshToken, newSecret, parseRefreshToken } from './refresh-token.js'
import { expiresAt, sessionEnd, type Session, type SessionDevice, type TokenDelivery } from './session.js'
import type { SessionStore, SubjectStore } from './store.js'

/** Somebody is signed in: whom, by which session, and what the client needs to go on. */
export interface SignedInSession {
  readonly user: Subject
  readonly session: Session
  readonly access: IssuedAccess
  readonly assurance: Assurance
  readonly authenticatedAt: Date
  readonly refreshToken: string
  /** Until the session ends unless it is used before: how long a browser should keep its cookies. */
  readonly endsInMs: number
  /** The second factor that the policy wants of this user, where there is none. */
  readonly enrol: EnrolmentDue | null
}

/** The same session by a token that says more: nothing was rotated, the client keeps its refresh token. */
export type RaisedSession = Omit<SignedInSession, 'refreshToken'> & { readonly refreshToken: null }

export interface NewSession {
  /** As read before the first proof; a change of security since then makes the session dead on arrival. */
  readonly user: Subject
  readonly assurance: Assurance
  readonly delivery: TokenDelivery
  readonly device: SessionDevice
  /** The passkey that signs in, alone or after a password. */
  readonly authenticatorId?: string
  /** What else the trail is to know. */
  readonly facts?: NewAuditEvent['facts']
}

/** Gives out tokens: the first ones of a session, and the next ones for a refresh token. */
export interface Issuing {
  start(start: NewSession, tx?: Transaction): Promise<SignedInSession>
  refresh(refreshToken: string, delivery: TokenDelivery, presented: Caller): Promise<SignedInSession>
  /**
   * An access token of the person's own session, for a proof that was given just now. The session is not raised with it: a
   * thief with an older token of it does not rise along. @throws AccessTokenRejected when the session is over
   */
  raise(person: Person, assurance: Assurance): Promise<RaisedSession>
}

export interface IssuingDependencies {
  readonly store: SessionStore
  readonly subjects: SubjectStore
  readonly tokens: TokensService
  readonly audit: AuditService
  readonly mover: Pick<EventMover, 'move'>
  readonly background: Background
  readonly clock: Clock
  readonly random: Random
  readonly lifetimes: { readonly idleMs: number; readonly absoluteMs: number }
  readonly trustedNow: () => Date
  readonly rotate: Rotate
  /** Of another slice. */
  readonly grace: Grace
}

/** The time that somebody has for a second factor which the policy wants. */
export interface Grace {
  /** Begins it where it is to begin. The user afterwards. @throws Unavailable */
  begin(user: Subject, tx?: Transaction): Promise<Subject>
  dueOf(user: Subject): EnrolmentDue | null
  isOverdue(user: Subject): boolean
}

export function createIssuing(deps: IssuingDependencies): Issuing {
  const { store, tokens, clock, random, lifetimes, trustedNow, rotate, grace } = deps

  async function signedIn(
    { session, user }: LivingPair,
    refreshToken: string,
    { assurance: proven, authenticatedAt }: { assurance: Assurance; authenticatedAt: Date } = session,
  ): Promise<SignedInSession> {
    // The last factor may have gone since it was proven.
    const assurance = user.enrolledAssurance === 'aal1' ? 'aal1' : proven
    // Where only the token is known, nobody else could tell that a second factor is overdue. Here roles are read of the user.
    const roles = grace.isOverdue(user) ? [] : user.roles
    const grant = { userId: user.id, sessionId: session.id, roles, assurance, authenticatedAt }
    const access = await tokens.mint(grant, session.family.absoluteExpiresAt)
    const endsInMs = expiresAt(session).getTime() - clock.now().getTime()
    const enrol = grace.dueOf(user)
    return { user, session, access, assurance, authenticatedAt, refreshToken, endsInMs, enrol }
  }

  return {
    async start(start, tx) {
      const now = trustedNow()
      const token = { sessionId: newId('ses', random), familySecret: newSecret(random), tokenSecret: newSecret(random) }
      const session = newSession(start, token, { now, ...lifetimes })
      const user = await grace.begin(start.user, tx)
      await writeNew({ session, facts: start.facts }, deps, tx)
      return signedIn({ session, user }, formatRefreshToken(token))
    },

    async refresh(refreshToken, delivery, presented) {
      const token = parseRefreshToken(refreshToken)
      if (token === null) throw new RefreshRejected()
      const rotated = await rotate(token, delivery)
      const { session, user } = await livingPair(rotated.session, deps)
      const pair = { session, user: await grace.begin(user) }
      // Another tab's timer must not undo a step-up: a valid token of the same session keeps what it had.
      const raised = presented.kind === 'person' && presented.sessionId === pair.session.id ? presented : pair.session
      return signedIn(pair, rotated.refreshToken, raised)
    },

    async raise({ sessionId, user }, assurance) {
      const session = await store.find(sessionId)
      const pair = session === null ? null : await livingPair(session, deps).catch(unlessRefused)
      // Of another version than the proof was asked for under: something has changed meanwhile.
      if (pair === null || pair.user.securityVersion !== user.securityVersion)
        throw new AccessTokenRejected('SESSION_ENDED')
      const { refreshToken: _none, ...raised } = await signedIn(pair, '', { assurance, authenticatedAt: trustedNow() })
      return { ...raised, refreshToken: null }
    },
  }
}

/** In words of refreshing a session that is over is refused; here it is the access token that is no good any more. */
function unlessRefused(cause: unknown): null {
  if (cause instanceof RefreshRejected) return null
  throw cause
}

interface LivingPair {
  readonly session: Session
  readonly user: Subject
}

/** The session with its user, of one security version; both are read once more before a refusal. */
async function livingPair(session: Session, { store, subjects, trustedNow }: IssuingDependencies): Promise<LivingPair> {
  const pairOf = (session: Session | null, user: Subject | null): LivingPair | null => {
    if (session === null || user === null || user.status !== 'active') return null
    return sessionEnd(session, trustedNow(), user.securityVersion) === null ? { session, user } : null
  }
  const pair = pairOf(session, await subjects.find(session.userId))
  if (pair !== null) return pair
  // A change in between may have raised both. User first: a session that has the newer version is then the newer read.
  const user = await subjects.find(session.userId)
  const again = pairOf(await store.find(session.id), user)
  if (again === null) throw new RefreshRejected()
  return again
}

function newSession(
  { user, assurance, delivery, device, authenticatorId }: NewSession,
  token: { sessionId: string; familySecret: string; tokenSecret: string },
  { now, idleMs, absoluteMs }: { now: Date; idleMs: number; absoluteMs: number },
): Session {
  return {
    id: token.sessionId,
    userId: user.id,
    securityVersion: user.securityVersion,
    device,
    delivery,
    assurance,
    authenticatedAt: now,
    authenticatorId: authenticatorId ?? null,
    createdAt: now,
    lastSeenAt: now,
    endedAt: null,
    endReason: null,
    family: {
      familyDigest: digestOf(token.familySecret),
      generation: 0,
      currentDigest: digestOf(token.tokenSecret),
      rotatedAt: now,
      ring: [],
      idleExpiresAt: new Date(now.getTime() + idleMs),
      absoluteExpiresAt: new Date(now.getTime() + absoluteMs),
      jkt: null,
    },
  }
}

/** With its audit event: beside it in the transaction where there is one, inside it where there is none. */
async function writeNew(
  { session, facts: further }: { session: Session; facts: NewSession['facts'] },
  { store, audit, mover, background }: IssuingDependencies,
  tx?: Transaction,
) {
  const { id: sessionId, userId, assurance, delivery, authenticatorId } = session
  const passkey = authenticatorId === null ? {} : { authenticatorId }
  const facts = { sessionId, assurance, delivery, ...passkey, ...further }
  const started = { name: 'session.started', actorId: userId, subjectId: userId, outcome: 'success', facts } as const
  if (tx !== undefined) {
    await store.insert(session, [], tx)
    return audit.record(started, tx)
  }
  const event = audit.draft(started)
  await store.insert(session, [event])
  background.run(() => mover.move({ id: sessionId, events: [event] }))
}
