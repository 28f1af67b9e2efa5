/**
 * Owns who a bearer token makes the caller: verified once, read once, remembered for as long as nothing about the
 * caller changed anywhere. Does not own sessions, users or tokens, nor what a caller may do.
 *
 * The cache is right alone: what is older than half a second is read again from the database. The change stream with
 * its beats makes that cheap, by proving that nothing has changed.
 */
import { personOf, type Caller, type Holdings, type Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { digestOf } from '../kernel/digest.js'
import { AccessTokenRejected, Unavailable } from '../kernel/errors.js'
import type { IdentityChange } from '../kernel/identity-change.js'
import type { Subject } from '../kernel/subject.js'
import { sessionEnd, expiresAt, type RaisedSession, type Session, type SignedInSession } from '../sessions/service.js'
import type { TokensService, VerifiedAccess } from '../tokens/service.js'
import { createCallerCache, type CachedCaller } from './caller-cache.js'
import { createFreshness } from './freshness.js'
import { createHeartbeat } from './heartbeat.js'
import type { CallerReadings, ChangeFeed } from './store.js'

export interface CallersService {
  /**
   * The caller of an access token; synchronous when it is remembered.
   * @throws AccessTokenRejected, Unavailable
   */
  resolve(accessToken: string): Caller | Promise<Caller>
  /** The caller that somebody who has just signed in is, for the rest of that operation. */
  callerOf(signedIn: SignedInSession | RaisedSession): Person
  /** Something changed here; called before the change is answered. */
  announce(change: IdentityChange): void
  /** Starts to follow changes; resolves when the first beat has come back. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Whether the change stream proves the cache right now; without it the database is asked. */
  isFresh(): boolean
  /** Whether a beat has ever come back: before that, this instance should get no requests. */
  hasStarted(): boolean
  readonly remembered: number
}

/** More than this instance could read again, beside answering, in the time for which an entry serves. */
const maxEntries = 10_000
/** Even a proven entry is read again after this. */
const maxAgeMs = 30_000
/** Without the proof of the stream an entry serves this long, so that load follows callers and not requests. */
const unprovenAgeMs = 500

export function createCallers(deps: {
  readings: CallerReadings
  feed: ChangeFeed
  tokens: TokensService
  holdingsOf: (person: Subject, now: Date) => Holdings
  clock: Clock
  instanceId: string
  /** @throws Unavailable while our clock cannot be trusted: then nobody knows what has expired */
  trustedNow: () => Date
  onFault: (cause: unknown) => void
}): CallersService {
  const { readings, feed, tokens, holdingsOf, clock, trustedNow, onFault } = deps
  const cache = createCallerCache(maxEntries, clock.monotonicMs)
  const freshness = createFreshness()
  const heartbeat = createHeartbeat({ ...deps, freshness })
  const underWay = new Map<string, Promise<Caller>>()
  const isFresh = () => freshness.isFresh(clock.monotonicMs())

  function resolve(accessToken: string): Caller | Promise<Caller> {
    const digest = digestOf(accessToken)
    const known = cache.get(digest)
    if (known !== undefined && isUsable(known)) return known.caller
    const waiting = underWay.get(digest)
    if (waiting !== undefined) return waiting
    const reading = read(accessToken, digest).finally(() => underWay.delete(digest))
    underWay.set(digest, reading)
    return reading
  }

  function isUsable({ readAtMs, expiresAt }: CachedCaller): boolean {
    const nowMs = clock.monotonicMs()
    const ageMs = nowMs - readAtMs
    return expiresAt > clock.now() && ageMs < (freshness.isFresh(nowMs) ? maxAgeMs : unprovenAgeMs)
  }

  async function read(accessToken: string, digest: string): Promise<Caller> {
    const access = await tokens.verify(accessToken).catch((cause: unknown) => {
      // By a clock that is not to be trusted nobody knows what has expired, or was made in the future.
      trustedNow()
      throw cause
    })
    // A change that is announced during the reading makes it worthless; twice in a row is bad luck, three times is not.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const readAtMs = clock.monotonicMs()
      const { session, user } = await readPair(access)
      const now = clock.now()
      const caller = personFor(user, session.id, access, now)
      const ends = [access.expiresAt, expiresAt(session), ...dueAfter(now, user)]
      const until = Math.min(...ends.map((end) => end.getTime()))
      if (cache.put(digest, { caller, readAtMs, expiresAt: new Date(until) })) return caller
    }
    throw new Unavailable(new Error('The caller changed during each of three readings'))
  }

  /** @throws AccessTokenRejected unless session and user live and are of one security version */
  async function readPair(access: VerifiedAccess): Promise<{ session: Session; user: Subject }> {
    const how = isFresh() ? 'find' : 'findVerdict'
    const [session, user] = await Promise.all([
      readings.sessions[how](access.sessionId),
      readings.users[how](access.userId),
    ])
    const pair = livingPair(session, user, access)
    if (pair !== null) return pair
    // A change of security may have come between the two. User first: the session read after it has the newer version.
    const userAgain = await readings.users.findVerdict(access.userId)
    const sessionAgain = await readings.sessions.findVerdict(access.sessionId)
    const again = livingPair(sessionAgain, userAgain, access)
    if (again !== null) return again
    throw new AccessTokenRejected('SESSION_ENDED')
  }

  function livingPair(session: Session | null, user: Subject | null, { userId }: VerifiedAccess) {
    if (session === null || user === null || user.status !== 'active' || session.userId !== userId) return null
    return sessionEnd(session, trustedNow(), user.securityVersion) === null ? { session, user } : null
  }

  function personFor(
    user: Subject,
    sessionId: string,
    { assurance, authenticatedAt }: Pick<Person, 'assurance' | 'authenticatedAt'>,
    now = clock.now(),
  ): Person {
    return personOf({ user, sessionId, assurance, authenticatedAt, holdings: holdingsOf(user, now) })
  }

  let following: { close(): Promise<void> } | undefined

  return {
    resolve,
    callerOf: ({ user, session, ...proof }) => personFor(user, session.id, proof),
    announce: (change) => cache.evict(change, clock.monotonicMs()),
    isFresh,
    hasStarted: () => freshness.everSeen,
    get remembered() {
      return cache.size
    },
    async start() {
      following = feed.follow({
        onChange: (change) => cache.evict(change, clock.monotonicMs()),
        onBeat: freshness.seen,
        onGap: () => cache.clear(clock.monotonicMs()),
        onFault,
      })
      await heartbeat.start()
    },
    async stop() {
      heartbeat.stop()
      await following?.close()
    },
  }
}

/** Then the same user holds something else, without a change that anybody would announce. */
function dueAfter(now: Date, { secondFactorDueAt }: Subject): readonly Date[] {
  return secondFactorDueAt !== undefined && secondFactorDueAt > now ? [secondFactorDueAt] : []
}
