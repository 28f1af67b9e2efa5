import { randomBytes } from 'node:crypto'
import { afterAll, expect, jest, test } from '@jest/globals'
import type { Check } from '../../src/attack/check.js'
import { checks } from '../../src/attack/checks.js'
import type { Result } from '../../src/attack/run.js'
import { newEmail } from '../support/people.js'
import { startTestPortcullis, testOrigin, type TestPortcullis } from '../support/portcullis.js'
import { behindProxy, startProduction } from '../support/production.js'
import { attackOn, type AttackOptions } from './run.js'

// Some hundred requests, one after the other.
jest.setTimeout(240_000)

const servers: TestPortcullis[] = []
afterAll(async () => {
  for (const server of servers) await server.close()
})

/** The account brakes as it does by default; the network is ours alone, and attacks itself over and over. */
const accountLimits = JSON.stringify({
  networkFailures: 100_000,
  signUpsPerNetwork: 100_000,
  changesPerMinute: 100_000,
})

async function start(settings: Record<string, string>): Promise<TestPortcullis> {
  const server = await startTestPortcullis({ RATE_LIMITS: accountLimits, ...settings })
  servers.push(server)
  return server
}

/** What did not pass, once everything that can be decided is. A database under load is no verdict: it is tried again. */
async function heldAgainst(url: string, options: AttackOptions): Promise<Record<string, string>> {
  const outcomes = new Map<string, Result>()
  let left = options.only
  for (let round = 0; round < 4 && left?.length !== 0; round += 1) {
    const { results } = await attackOn(url, { ...options, ...(left === undefined ? {} : { only: left }) })
    for (const result of results) outcomes.set(result.check, result)
    left = results.filter(({ outcome }) => outcome === 'undecided').map(({ check }) => check)
    left = left.filter((check) => check !== 'enumeration-time')
  }
  // Timing never decides: that an unknown address costs a hash is counted elsewhere. A failure would still be one.
  if (outcomes.get('enumeration-time')?.outcome === 'undecided') outcomes.delete('enumeration-time')
  const others = [...outcomes.values()].filter(({ outcome }) => outcome !== 'pass')
  return Object.fromEntries(others.map(({ check, outcome, detail }) => [check, outcome === 'fail' ? detail : outcome]))
}

test('Portcullis stands every attack in development; what is open there is said', async () => {
  const { url } = await start({})
  expect(await heldAgainst(`${url}/graphql`, { origin: testOrigin })).toEqual({
    'enumeration-sign-up': 'warn',
    'token-expired': 'not-applicable',
    introspection: 'warn',
    'service-sdl': 'warn',
    suggestions: 'warn',
    hsts: 'not-applicable',
  })
})

test('Portcullis stands what production is about, by accounts that were given', async () => {
  const origin = 'https://app.example.com'
  const production = await startProduction()
  servers.push(production)
  const { url, app } = production
  const [person, second] = [1, 2].map(() => ({ email: newEmail(), password: randomBytes(18).toString('base64url') }))
  if (person === undefined || second === undefined) throw new Error('There are two')
  await app.accounts.provision([person, second].map((each) => ({ ...each, displayName: undefined, roles: ['member'] })))
  const headers = behindProxy
  // Tokens and sessions are the same as in development, where a hash is cheap.
  const isOfProduction = ({ id, area }: Check) =>
    ['Objects', 'GraphQL', 'HTTP', 'Answers'].includes(area) || /^(enumeration-[cs]|sign-up-race)/.test(id)
  const only = checks.filter(isOfProduction).map(({ id }) => id)
  // `_entities` is for the router, and nothing that changes a profile is tried on a given account.
  expect(await heldAgainst(`${url}/graphql`, { only, origin, person, second, headers })).toEqual({
    'cookie-csrf': 'not-applicable',
    'entities-foreign': 'not-applicable',
    'entities-injection': 'not-applicable',
    'entities-flood': 'not-applicable',
    'mass-assignment': 'not-applicable',
    'enumeration-sign-up': 'not-applicable',
    'sign-up-race': 'not-applicable',
  })
})
