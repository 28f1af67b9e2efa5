import { LRUCache } from 'lru-cache'
import type { Person } from '../kernel/caller.js'
import type { IdentityChange } from '../kernel/identity-change.js'

/** A caller as it was read for one access token. Times are of the monotonic clock unless they say otherwise. */
export interface CachedCaller {
  readonly caller: Person
  /** Before the reading began: whatever changed after this moment, the entry may not know. */
  readonly readAtMs: number
  /** Wall clock: when token or session end by themselves. */
  readonly expiresAt: Date
}

/** What changed, and until when a reading that began earlier must not be remembered. */
interface Tombstone {
  readonly atMs: number
  readonly ended: boolean
  readonly securityVersion: number
}

export interface CallerCache {
  get(tokenDigest: string): CachedCaller | undefined
  /** False, and not remembered, when something about the caller changed since the reading began. */
  put(tokenDigest: string, entry: CachedCaller): boolean
  /** Forgets what the change made stale, and leaves a tombstone for readings that are still under way. */
  evict(change: IdentityChange, nowMs: number): void
  /** Forgets everything, readings under way included. */
  clear(nowMs: number): void
  readonly size: number
}

const tombstoneMs = 60_000

/**
 * Keyed by token digest, indexed by session and user. Bounded: the longest unused entry makes room.
 * @param maxEntries about 1.9 KB each
 */
export function createCallerCache(maxEntries: number, monotonicMs: () => number): CallerCache {
  const bySession = new Map<string, Set<string>>()
  const byUser = new Map<string, Set<string>>()
  const entries = new LRUCache<string, CachedCaller>({
    max: maxEntries,
    dispose(entry, digest) {
      drop(bySession, entry.caller.sessionId, digest)
      drop(byUser, entry.caller.userId, digest)
    },
  })
  /** No reading that began before this is remembered, whosever it is. */
  let floorMs = -1
  const tombstones = new LRUCache<string, Tombstone>({
    max: maxEntries,
    ttl: tombstoneMs,
    perf: { now: monotonicMs },
    dispose(tombstone, _key, reason) {
      // One that had to make room early still binds, for everybody.
      if (reason === 'evict') floorMs = Math.max(floorMs, tombstone.atMs)
    },
  })

  function isStale({ caller, readAtMs }: CachedCaller): boolean {
    if (readAtMs <= floorMs) return true
    const session = tombstones.get(`session ${caller.sessionId}`)
    if (session !== undefined && (session.ended || readAtMs <= session.atMs)) return true
    const user = tombstones.get(`user ${caller.userId}`)
    return user !== undefined && (readAtMs <= user.atMs || caller.user.securityVersion < user.securityVersion)
  }

  return {
    get: (tokenDigest) => entries.get(tokenDigest),
    put(tokenDigest, entry) {
      if (isStale(entry)) return false
      entries.set(tokenDigest, entry)
      add(bySession, entry.caller.sessionId, tokenDigest)
      add(byUser, entry.caller.userId, tokenDigest)
      return true
    },
    evict(change, nowMs) {
      const [key, digests] =
        change.kind === 'user'
          ? [`user ${change.userId}`, byUser.get(change.userId)]
          : [`session ${change.sessionId}`, bySession.get(change.sessionId)]
      const before = tombstones.get(key)
      tombstones.set(key, {
        atMs: nowMs,
        ended: before?.ended === true || (change.kind === 'session' && change.ended),
        securityVersion: Math.max(
          before?.securityVersion ?? 0,
          (change.kind === 'user' && change.securityVersion) || 0,
        ),
      })
      // Deleting one takes it out of the very set that is walked; a Set allows that.
      for (const digest of digests ?? []) entries.delete(digest)
    },
    clear(nowMs) {
      floorMs = nowMs
      entries.clear()
    },
    get size() {
      return entries.size
    },
  }
}

function add(index: Map<string, Set<string>>, key: string, digest: string): void {
  const digests = index.get(key)
  if (digests === undefined) index.set(key, new Set([digest]))
  else digests.add(digest)
}

function drop(index: Map<string, Set<string>>, key: string, digest: string): void {
  const digests = index.get(key)
  digests?.delete(digest)
  if (digests?.size === 0) index.delete(key)
}
