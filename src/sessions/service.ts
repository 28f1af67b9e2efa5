/**
 * Owns sessions and their refresh families: starting, extending, listing and ending them, and the rule that a change
 * of security ends what came before it. Does not own users, credentials, access tokens or what a caller may do.
 */
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import { actorIdOf, requireKnown, type Caller, type Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { NotFound, Unauthenticated } from '../kernel/errors.js'
import { requireProof } from '../kernel/step-up.js'
import type { Announce } from '../kernel/identity-change.js'
import type { Page } from '../kernel/page.js'
import type { Random } from '../kernel/random.js'
import type { Subject } from '../kernel/subject.js'
import type { Transact, Transaction } from '../kernel/transaction.js'
import type { TokensService } from '../tokens/service.js'
import { describeDevice, isKnownDevice } from './device.js'
import { createEndings, type Endings } from './ending.js'
import { createIssuing, type Grace, type Issuing } from './issuing.js'
import { createRotate, RefreshRejected, type DataKeys, type RefreshLifetimes } from './refresh.js'
import { createRemoval, type Leftovers } from './removal.js'
import { createRevokeAll, type RevokeAll } from './revoke-all.js'
import {
  ChangedMeanwhile,
  createChangeAndEnd,
  createChangeSecurity,
  type ChangeAndEnd,
  type ChangeSecurity,
} from './security-change.js'
import { expiresAt, sessionEnd, type Session } from './session.js'
import type { SessionStore, SubjectStore } from './store.js'

export interface SessionLifetimes extends RefreshLifetimes {
  readonly absoluteMs: number
}

export interface SessionPage {
  readonly sessions: readonly Session[]
  readonly hasNextPage: boolean
  readonly totalCount: number
}

/** What somebody who signs out has presented. */
export interface SignOut {
  /** Said explicitly: then it is this session that ends, and no other. */
  readonly refreshToken: string | null
  readonly refreshCookie: string | null
  readonly caller: Caller
}

export interface SessionsService {
  /** Writes the session and its first refresh token, in `tx` where the user is made together with it. */
  start: Issuing['start']
  /**
   * Trades a refresh token for the newest of its family and a new access token; a caller of the same session keeps
   * what its token had been raised to.
   * @throws RefreshRejected, Unavailable
   */
  refresh: Issuing['refresh']
  /** A stronger or fresher access token of the person's session. */
  raise: Issuing['raise']
  /** Ends the session of whatever is presented. @throws RefreshRejected; Unauthenticated when nothing was */
  signOut(presented: SignOut): Promise<void>
  /** Returns how many sessions ended. */
  signOutEverywhere(person: Person, includeCurrent: boolean): Promise<number>
  /** The session as it is afterwards. @throws NotFound for absent and foreign ones */
  revoke(caller: Caller, found: Session | null): Promise<Session>
  /** What somebody has done in a session ends it: whoever has the account is told. @throws Unavailable */
  expel(person: Person, reason: 'password-guessed'): Promise<void>
  /**
   * Of the caller itself, or of anybody for holders of `session:revoke`.
   * @throws Unauthenticated, Forbidden, StepUpRequired, NotFound for absent and foreign users, ChangedMeanwhile
   */
  revokeAll: RevokeAll
  /** The session that was found, for whoever may have it. @throws NotFound for absent and foreign ones */
  get(caller: Caller, found: Session | null): Session
  /** In the order of the ids. For whom they are, the caller of this decides. */
  findMany(ids: readonly string[]): Promise<readonly (Session | null)[]>
  /** The living sessions of a user, newest first. @throws NotFound unless they are the caller's or it may read all */
  list(caller: Caller, owner: Subject, page: Page): Promise<SessionPage>
  /** Since when and why a session is over; null while it lives. */
  endOf(session: Session, caller: Caller): ReturnType<typeof sessionEnd>
  /** Takes a living session over into a newer version; false where there is none. Part of a change of that version. */
  adopt: SessionStore['adopt']
  /** All of a user that are kept, ended ones too. For whom they are, the caller of this decides. */
  listKept(userId: string): Promise<readonly Session[]>
  /** Moves the audit events that wait in the sessions of a user into the trail, so that these can be removed. */
  settle(userId: string): Promise<void>
  /** @throws ChangedMeanwhile when one has begun or ended since `settle` */
  removeAll(tx: Transaction, userId: string): Promise<void>
  changeSecurity: ChangeSecurity
  changeAndEnd: ChangeAndEnd
  /** Takes up what an instance left behind that died between a write and what follows from it. */
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
  /** Of another slice: what else a sign-in under way writes of a user who goes. */
  readonly leftovers: Leftovers
  readonly lifetimes: SessionLifetimes
  /** @throws Unavailable while our clock cannot be trusted */
  readonly trustedNow: () => Date
  readonly grace: Grace
}

export function createSessions(deps: SessionDependencies): SessionsService {
  const { store, audit, clock } = deps
  const mover = audit.moverFrom(store)
  const removal = createRemoval({ ...deps, mover })
  const endings = createEndings({ ...deps, mover, removal })
  const issuing = createIssuing({ ...deps, mover, rotate: createRotate({ ...deps, end: endings.end }) })
  const changeAndEnd = createChangeAndEnd({ ...deps, sweep: endings.sweep })
  const changeSecurity = createChangeSecurity({ ...deps, changeAndEnd })
  return {
    start: issuing.start,
    refresh: issuing.refresh,
    raise: issuing.raise,
    signOut: (presented) => signOut(presented, endings),
    signOutEverywhere: (person, includeCurrent) =>
      signOutEverywhere(person, includeCurrent, { ...deps, changeSecurity }),

    async revoke(caller, found) {
      requireKnown(caller)
      const { id, userId } = allowed(caller, 'session:revoke', found)
      requireProof(caller, 'session:revoke', clock.now())
      const actorId = actorIdOf(caller)
      // The write is conditional on the owner that was authorized. Losing it to another end is no failure.
      const ended = await endings.end({ id, userId, reason: 'revoked', actorId })
      return ended ?? allowed(caller, 'session:revoke', await store.find(id))
    },

    async expel({ sessionId: id, userId }, reason) {
      await endings.end({ id, userId, reason, actorId: null })
    },

    revokeAll: createRevokeAll({ ...deps, changeAndEnd }),

    get: (caller, found) => allowed(caller, 'session:read', found),

    findMany: (ids) => store.findMany(ids),

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

    endOf(session, caller) {
      // Of one's own the version is at hand; of others' the sweep tells, moments later.
      const isOwn = caller.kind === 'person' && caller.userId === session.userId
      return sessionEnd(session, clock.now(), isOwn ? caller.user.securityVersion : undefined)
    },

    adopt: (id, userId, versions, tx) => store.adopt(id, userId, versions, tx),
    listKept: (userId) => store.listKept(userId),

    settle: removal.settle,

    async removeAll(tx, userId) {
      if (!(await store.removeAllOf(userId, tx))) throw new ChangedMeanwhile()
    },

    changeSecurity,
    changeAndEnd,

    async sweep() {
      await mover.sweep()
      for (const sweep of await store.listSweeps(sweepBatch)) await endings.sweep(sweep)
    },
  }
}

const sweepBatch = 100

/** The session if this caller may do that to it; absent and foreign are one answer. */
function allowed(caller: Caller, permission: string, session: Session | null): Session {
  requireKnown(caller)
  if (session === null || !caller.can(permission, session)) throw new NotFound()
  return session
}

async function signOut({ refreshToken, refreshCookie, caller }: SignOut, { end, endByToken }: Endings): Promise<void> {
  if (refreshToken !== null) return endByToken(refreshToken)
  if (caller.kind !== 'person') {
    if (refreshCookie === null) throw new Unauthenticated()
    return endByToken(refreshCookie)
  }
  const { userId, sessionId: id } = caller
  await end({ id, userId, reason: 'signed-out', actorId: userId })
  if (refreshCookie === null) return
  // The cookie is mostly of the session that has just ended. Where it is of another one, that ends as well: whoever
  // signs out of a browser must not leave a living cookie in it.
  await endByToken(refreshCookie).catch((cause: unknown) => {
    if (!(cause instanceof RefreshRejected)) throw cause
  })
}

function signOutEverywhere(
  person: Person,
  includeCurrent: boolean,
  { store, clock, changeSecurity }: { store: SessionStore; clock: Clock; changeSecurity: ChangeSecurity },
): Promise<number> {
  person.require('session:revoke', person)
  requireProof(person, 'session:revoke', clock.now())
  return changeSecurity(person, {
    keep: includeCurrent ? null : person.sessionId,
    reason: 'signed-out-everywhere',
    event: { name: 'session.ended-everywhere', facts: { includeCurrent } },
    async work(tx) {
      const living = await store.countLive(person.userId, person.user.securityVersion, clock.now(), tx)
      return includeCurrent ? living : living - 1
    },
  })
}

export { ChangedMeanwhile, RefreshRejected, describeDevice, expiresAt, isKnownDevice, sessionEnd }
export type { NewSession, RaisedSession, SignedInSession } from './issuing.js'
export type { Device, EndedReason, Session, TokenDelivery } from './session.js'
