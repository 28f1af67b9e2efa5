import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { checks } from '../../src/attack/checks.js'
import type { Outcome } from '../../src/attack/check.js'
import { defects, type Defect } from './defects.js'
import { startNaiveServer, type NaiveServer } from './naive-server.js'
import { attackOn, outcomesOf, type AttackOptions } from './run.js'

jest.setTimeout(60_000)

const servers: NaiveServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function naive(on: readonly Defect[], options: AttackOptions = {}, server = {}) {
  const started = await startNaiveServer(on, server)
  servers.push(started)
  return attackOn(started.url, options)
}

/** What has to be so for a check to have something to look at. */
const needs: Record<string, { options?: AttackOptions; server?: { ttlSeconds: number } }> = {
  hsts: { options: { headers: { 'x-forwarded-proto': 'https' } } },
  'token-expired': { options: { patienceMs: 10_000 }, server: { ttlSeconds: 3 } },
}

test('a server without any of these defects stands every attack', async () => {
  const outcomes = outcomesOf(await naive([]))
  const { 'enumeration-time': time, ...others } = outcomes
  expect(['pass', 'undecided']).toContain(time)
  const expected = checks
    .filter(({ id }) => id !== 'enumeration-time')
    .map(({ id }) => [id, id in needs ? 'not-applicable' : 'pass'])
  expect(others).toEqual(Object.fromEntries(expected))
})

interface Seen {
  readonly check: string
  readonly outcome?: Outcome
  readonly with?: readonly string[]
}

describe('a server that', () => {
  const cases = Object.entries(defects).map(([defect, seen]): [string, Seen] => [defect, seen])
  test.each(cases)('%s is found out', async (defect, { check, outcome = 'fail', with: besides = [] }) => {
    const { options = {} } = needs[check] ?? {}
    // Tokens that ended long ago when they are made: nobody has to wait for it.
    const server = defect === 'ignores-the-expiry' ? { ttlSeconds: -60 } : {}
    const outcomes = await naive([defect, ...besides] as Defect[], { ...options, only: [check] }, server)
    expect(outcomes.results.map(({ outcome, detail }) => [outcome, outcome === 'pass' ? detail : ''])).toEqual([
      [outcome, ''],
    ])
  })

  test.each(Object.entries(needs))(
    '%s is passed by without the defect, where there is something to see',
    async (check, { options, server }) => {
      let outcomes: Record<string, string> = {}
      // A token that ends soon may have ended before it could be shown to be good: that is no verdict.
      for (let round = 0; round < 5; round += 1) {
        outcomes = outcomesOf(await naive([], { ...options, only: [check] }, server))
        if (outcomes[check] !== 'undecided') break
      }
      expect(outcomes).toEqual({ [check]: 'pass' })
    },
  )
})

test('every check has a defect that it has been seen to find', () => {
  const seen = new Set<string>(Object.values(defects).map(({ check }) => check))
  expect(checks.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([])
})
