/**
 * Owns sessions and their refresh families: starting, extending, listing and ending them, and the rule that a change
 * of security ends what came before it. Does not own users, credentials, access tokens or what a caller may do.
 */
import type { AuditService } from '../audit/service.js'
import type { AuditEvent } from '../audit/events.js'
import type { Background } from '../kernel/background.js'
import type { Caller, Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { digestOf, sameDigest } from '../kernel/digest.js'
import { NotFound, Unauthenticated } from '../kernel/errors.js'
import { isId, newId } from '../kernel/ids.js'
import type { Announce } from '../kernel/identity-change.js'
import type { Random } from '../kernel/random.js'
import type { Assurance, Subject } from '../kernel/subject.js'
import type { Transact, Transaction } from '../kernel/transaction.js'
import type { IssuedAccess, TokensService } from '../tokens/service.js'
import { describeDevice } from './device.js'
import { createRotate, RefreshRejected, type DataKeys, type RefreshLifetimes } from './refresh.js'
import { formatRefreshToken, newSecret, parseRefreshToken } from './refresh-token.js'
import { createChangeSecurity, type ChangeSecurity } from './security-change.js'
import { expiresAt, sessionEnd, type Device, type EndedReason, type Session, type TokenDelivery } from './session.js'
import type { Page, SessionStore, SubjectStore } from './store.js'

export interface SessionLifetimes extends RefreshLifetimes {
  readonly absoluteMs: number
}

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
}

export interface NewSession {
  /** As read before the first proof; a change of security since then makes the session dead on arrival. */
  readonly user: Subject
  readonly assurance: Assurance
  readonly delivery: TokenDelivery
  readonly device: Device
}

export interface SessionPage {
  readonly sessions: readonly Session[]
  readonly hasNextPage: boolean
  readonly totalCount: number
}

export interface SessionsService {
  /** Writes the session and its first refresh token, in `tx` where the user is made together with it. */
  start(start: NewSession, tx?: Transaction): Promise<SignedInSession>
  /**
   * Trades a refresh token for the newest of its family and a new access token.
   * @param presented a caller of the same session keeps what its token had been raised to
   * @throws RefreshRejected, Unavailable
   */
  refresh(refreshToken: string, delivery: TokenDelivery, presented: Caller): Promise<SignedInSession>
  /** Ends the session of whoever holds the family secret, whatever the generation. @throws RefreshRejected */
  signOutByToken(refreshToken: string): Promise<void>
  /** Ends the person's own current session. */
  signOut(person: Person): Promise<void>
  /** Returns how many sessions ended. */
  signOutEverywhere(person: Person, includeCurrent: boolean): Promise<number>
  /** The session as it is afterwards. @throws NotFound for absent and foreign ones */
  revoke(caller: Caller, id: string): Promise<Session>
  /** @throws NotFound for absent and foreign ones */
  get(caller: Caller, id: string): Promise<Session>
  /** The living sessions of a user, newest first. @throws NotFound unless they are the caller's or it may read all */
  list(caller: Caller, owner: Subject, page: Page): Promise<SessionPage>
  /** Since when and why a session is over by itself or by somebody; null while it lives. */
  endOf(session: Session): ReturnType<typeof sessionEnd>
  changeSecurity: ChangeSecurity
  /** Moves events that an instance left behind. */
  sweep(): Promise<void>
}

export interface SessionDependencies {
  readonly store: SessionStore
  readonly subjects: SubjectStore
  readonly tokens: TokensService
  readonly keys: DataKeys
  readonly audit: AuditService
  readonly transact: Transact
  readonly announce: Announce
  readonly background: Background
  readonly clock: Clock
  readonly random: Random
  readonly lifetimes: SessionLifetimes
  /** @throws Unavailable while our clock cannot be trusted */
  readonly requireTrustedClock: () => void
}

export function createSessions(deps: SessionDependencies): SessionsService {
  const { store, subjects, tokens, audit, announce, background, clock, random, lifetimes, requireTrustedClock } = deps

  /** Null when it had ended already: a lost race is an answer. */
  async function end(
    id: string,
    reason: EndedReason,
    extra: AuditEvent[] = [],
    actorId: string | null = null,
    userId?: string,
  ) {
    const ended = audit.draft({
      name: 'session.ended',
      actorId,
      subjectId: userId ?? null,
      outcome: 'success',
      facts: { sessionId: id, reason },
    })
    const events = [...extra, ended]
    const session = await store.end(id, { reason, at: clock.now(), events }, userId)
    announce({ kind: 'session', sessionId: id, ended: true })
    if (session !== null) background.run(() => audit.move(store, id, events))
    return session
  }

  function sweepOutdated(userId: string, securityVersion: number, reason: EndedReason): void {
    background.run(async () => {
      for (const id of await store.listOutdated(userId, securityVersion)) await end(id, reason, [], userId, userId)
    })
  }

  const rotate = createRotate({
    ...deps,
    end: (session, reason, extra) => end(session.id, reason, extra, null, session.userId),
  })
  const changeSecurity = createChangeSecurity({ ...deps, sweepOutdated })

  async function signedIn(
    session: Session,
    user: Subject,
    refreshToken: string,
    proof: { assurance: Assurance; authenticatedAt: Date } = session,
  ): Promise<SignedInSession> {
    const { assurance, authenticatedAt } = proof
    const grant = { userId: user.id, sessionId: session.id, roles: user.roles, assurance, authenticatedAt }
    const access = await tokens.mint(grant, session.family.absoluteExpiresAt)
    const endsInMs = expiresAt(session).getTime() - clock.now().getTime()
    return { user, session, access, assurance, authenticatedAt, refreshToken, endsInMs }
  }

  /** The user of a session that is of the user's own security version; both are read once more before a refusal. */
  async function livingPair(session: Session): Promise<{ session: Session; user: Subject }> {
    const user = await subjects.find(session.userId)
    if (isLivingPair(session, user)) return { session, user }
    // A change in between may have raised both. User first: a session that has the newer version is then the newer read.
    const userAgain = await subjects.find(session.userId)
    const sessionAgain = await store.find(session.id)
    if (sessionAgain !== null && isLivingPair(sessionAgain, userAgain))
      return { session: sessionAgain, user: userAgain }
    throw new RefreshRejected()
  }

  function isLivingPair(session: Session, user: Subject | null): user is Subject {
    return user?.status === 'active' && sessionEnd(session, clock.now(), user.securityVersion) === null
  }

  /** The session if this caller may do that to it; absent and foreign are one answer. */
  async function findFor(caller: Caller, permission: string, id: string): Promise<Session> {
    if (caller.kind === 'anonymous') throw new Unauthenticated()
    const session = isId('ses', id) ? await store.find(id) : null
    if (session === null || !caller.can(permission, session)) throw new NotFound()
    return session
  }

  return {
    async start({ user, assurance, delivery, device }, tx) {
      requireTrustedClock()
      const now = clock.now()
      const token = { sessionId: newId('ses', random), familySecret: newSecret(random), tokenSecret: newSecret(random) }
      const session: Session = {
        id: token.sessionId,
        userId: user.id,
        securityVersion: user.securityVersion,
        device,
        delivery,
        assurance,
        authenticatedAt: now,
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
          idleExpiresAt: new Date(now.getTime() + lifetimes.idleMs),
          absoluteExpiresAt: new Date(now.getTime() + lifetimes.absoluteMs),
          jkt: null,
        },
      }
      const facts = { sessionId: session.id, assurance, delivery }
      const started = {
        name: 'session.started',
        actorId: user.id,
        subjectId: user.id,
        outcome: 'success',
        facts,
      } as const
      if (tx === undefined) {
        const event = audit.draft(started)
        await store.insert(session, [event])
        background.run(() => audit.move(store, session.id, [event]))
      } else {
        await store.insert(session, [], tx)
        await audit.record(started, tx)
      }
      return signedIn(session, user, formatRefreshToken(token))
    },

    async refresh(refreshToken, delivery, presented) {
      requireTrustedClock()
      const token = parseRefreshToken(refreshToken)
      if (token === null) throw new RefreshRejected()
      const rotated = await rotate(token, delivery)
      const { session, user } = await livingPair(rotated.session)
      // Another tab's timer must not undo a step-up: a valid token of the same session keeps what it had.
      const raised = presented.kind === 'person' && presented.sessionId === session.id ? presented : session
      return signedIn(session, user, rotated.refreshToken, raised)
    },

    async signOutByToken(refreshToken) {
      const token = parseRefreshToken(refreshToken)
      const session = token === null ? null : await store.find(token.sessionId)
      if (
        token === null ||
        session === null ||
        !sameDigest(session.family.familyDigest, digestOf(token.familySecret))
      ) {
        throw new RefreshRejected()
      }
      if (session.endedAt === null) await end(session.id, 'signed-out', [], session.userId, session.userId)
    },

    async signOut(person) {
      await end(person.sessionId, 'signed-out', [], person.userId, person.userId)
    },

    async signOutEverywhere(person, includeCurrent) {
      person.require('session:revoke', person)
      return changeSecurity(person, {
        keep: includeCurrent ? null : person.sessionId,
        reason: 'signed-out-everywhere',
        event: { name: 'session.ended-everywhere', facts: { includeCurrent } },
        async work(tx) {
          const living = await store.countLive(person.userId, person.user.securityVersion, clock.now(), tx)
          return includeCurrent ? living : living - 1
        },
      })
    },

    async revoke(caller, id) {
      const session = await findFor(caller, 'session:revoke', id)
      const actorId = caller.kind === 'person' ? caller.userId : null
      // The write is conditional on the owner that was authorized. Losing it to another end is no failure.
      const ended = await end(id, 'revoked', [], actorId, session.userId)
      return ended ?? findFor(caller, 'session:revoke', id)
    },

    get: (caller, id) => findFor(caller, 'session:read', id),

    async list(caller, owner, page) {
      if (!caller.can('session:read', { userId: owner.id })) throw new NotFound()
      const now = clock.now()
      const found = await store.listLive(owner.id, owner.securityVersion, now, page)
      return {
        sessions: found.slice(0, page.first),
        hasNextPage: found.length > page.first,
        totalCount: await store.countLive(owner.id, owner.securityVersion, now),
      }
    },

    endOf: (session) => sessionEnd(session, clock.now()),

    changeSecurity,

    async sweep() {
      while ((await audit.sweep(store)) > 0);
    },
  }
}

export { RefreshRejected, describeDevice, expiresAt, sessionEnd }
export type { Device, Session, TokenDelivery, EndedReason }
