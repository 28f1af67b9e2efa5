import { describe, expect, test } from '@jest/globals'
import { createCallerCache } from '../../src/callers/caller-cache.js'
import { createFreshness } from '../../src/callers/freshness.js'
import { personOf } from '../../src/kernel/caller.js'
import { holding } from '../support/holdings.js'

function entry(readAtMs: number, { sessionId = 'ses_1', userId = 'usr_1', securityVersion = 1 } = {}) {
  const caller = personOf({
    sessionId,
    user: {
      id: userId,
      displayName: null,
      email: 'ada@example.com',
      emailVerified: false,
      roles: [],
      attributes: {},
      status: 'active',
      createdAt: new Date(0),
      securityVersion,
      enrolledAssurance: 'aal1',
      enrolledFactors: [],
    },
    holdings: holding(),
    assurance: 'aal1',
    authenticatedAt: new Date(0),
  })
  return { caller, readAtMs, expiresAt: new Date('2030-01-01') }
}

function cacheAt(nowMs: number, maxEntries = 100) {
  const time = { nowMs }
  return { time, cache: createCallerCache(maxEntries, () => time.nowMs) }
}

describe('The caller cache', () => {
  test('forgets every token of a session that ended', () => {
    const { cache } = cacheAt(10)
    cache.put('a', entry(1))
    cache.put('b', entry(1))
    cache.put('other', entry(1, { sessionId: 'ses_2' }))
    cache.evict({ kind: 'session', sessionId: 'ses_1', ended: true }, 2)
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, undefined])
    expect(cache.get('other')).toBeDefined()
  })

  test('forgets every session of a user that changed', () => {
    const { cache } = cacheAt(10)
    cache.put('a', entry(1))
    cache.put('b', entry(1, { sessionId: 'ses_2' }))
    cache.put('other', entry(1, { sessionId: 'ses_3', userId: 'usr_2' }))
    cache.evict({ kind: 'user', userId: 'usr_1' }, 2)
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, undefined])
    expect(cache.get('other')).toBeDefined()
  })

  test('does not remember a reading that began before the change', () => {
    const { cache } = cacheAt(10)
    cache.evict({ kind: 'user', userId: 'usr_1' }, 5)
    expect(cache.put('a', entry(5))).toBe(false)
    expect(cache.put('a', entry(6))).toBe(true)
  })

  test('never remembers an ended session, nor a user of an older security version', () => {
    const { cache } = cacheAt(10)
    cache.evict({ kind: 'session', sessionId: 'ses_1', ended: true }, 5)
    cache.evict({ kind: 'user', userId: 'usr_2', securityVersion: 7 }, 5)
    expect(cache.put('a', entry(9))).toBe(false)
    expect(cache.put('b', entry(9, { sessionId: 'ses_2', userId: 'usr_2', securityVersion: 6 }))).toBe(false)
    expect(cache.put('c', entry(9, { sessionId: 'ses_2', userId: 'usr_2', securityVersion: 7 }))).toBe(true)
  })

  test('keeps a tombstone for a minute', () => {
    const { cache, time } = cacheAt(10)
    cache.evict({ kind: 'session', sessionId: 'ses_1', ended: true }, 10)
    time.nowMs = 60_009
    expect(cache.put('a', entry(60_000))).toBe(false)
  })

  test('a tombstone that had to make room still binds, for everybody', () => {
    const { cache } = cacheAt(10, 2)
    for (const sessionId of ['ses_1', 'ses_2', 'ses_3']) cache.evict({ kind: 'session', sessionId, ended: true }, 5)
    expect(cache.put('a', entry(5, { sessionId: 'ses_9' }))).toBe(false)
    expect(cache.put('a', entry(6, { sessionId: 'ses_9' }))).toBe(true)
  })

  test('after a gap remembers nothing, readings under way included', () => {
    const { cache } = cacheAt(10)
    cache.put('a', entry(1))
    cache.clear(5)
    expect(cache.get('a')).toBeUndefined()
    expect(cache.put('a', entry(4))).toBe(false)
  })

  test('is bounded', () => {
    const { cache } = cacheAt(10, 50)
    for (let n = 0; n < 1_000; n += 1) cache.put(`token ${n}`, entry(1, { sessionId: `ses_${n}` }))
    expect(cache.size).toBe(50)
  })
})

describe('Freshness', () => {
  test('counts from when the beat was sent, not from when it was seen', () => {
    const freshness = createFreshness()
    freshness.sent(1, 0)
    freshness.seen(1)
    expect(freshness.isFresh(999)).toBe(true)
    expect(freshness.isFresh(1_000)).toBe(false)
  })

  test('a beat that comes late proves nothing', () => {
    const freshness = createFreshness()
    freshness.sent(1, 0)
    freshness.sent(2, 5_000)
    freshness.seen(1)
    expect(freshness.isFresh(5_001)).toBe(false)
  })

  test('is not there before the first beat, and beats that nobody sent do not bring it', () => {
    const freshness = createFreshness()
    freshness.seen(3)
    expect(freshness.isFresh(0)).toBe(false)
    expect(freshness.everSeen).toBe(false)
  })
})
