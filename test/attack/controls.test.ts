/** A refusal says something only where the honest request goes through: these servers refuse that, too. */
import { constants, createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { passed, type Check } from '../../src/attack/check.js'
import { checks } from '../../src/attack/checks.js'
import { defaultOperations } from '../../src/attack/operations.js'
import { runAttack } from '../../src/attack/run.js'
import { resolveTarget } from '../../src/attack/target.js'
import { foreignKey } from '../../src/attack/tokens.js'
import { systemClock } from '../../src/kernel/clock.js'
import { systemRandom } from '../../src/kernel/random.js'
import type { Defect } from './defects.js'
import { startNaiveServer, type NaiveServer } from './naive-server.js'
import { attackOn, outcomesOf } from './run.js'

const servers: NaiveServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function start(...on: readonly Defect[]): Promise<NaiveServer> {
  const server = await startNaiveServer(on)
  servers.push(server)
  return server
}

const all = (checkIds: readonly string[], outcome: string) => Object.fromEntries(checkIds.map((id) => [id, outcome]))

test('a refresh that is not there makes no refresh token dead', async () => {
  const only = ['token-kinds', 'sign-out-replay', 'password-change-sessions']
  const operations = { ...defaultOperations, refresh: 'renew(token: $refreshToken) { accessToken }' }
  expect(outcomesOf(await attackOn((await start()).url, { only, operations }))).toEqual(all(only, 'undecided'))
})

test('a token that never worked proves nothing', async () => {
  const only = ['token-kinds', 'sign-out-replay', 'password-change-sessions']
  const operations = { ...defaultOperations, me: 'users { edges { node { id } } }' }
  expect(outcomesOf(await attackOn((await start()).url, { only, operations }))).toEqual(all(only, 'undecided'))
})

test('what answers nobody is not guarded, but closed', async () => {
  const only = ['guarded-routes', 'entities-foreign', 'entities-injection', 'entities-flood']
  const { url } = await start('closed-to-all')
  expect(outcomesOf(await attackOn(url, { only }))).toEqual(all(only, 'not-applicable'))
})

test('no recursive way that was found is not none that is there', async () => {
  const named = (name: string) => ({ name, kind: 'OBJECT', ofType: null })
  const types = [{ name: 'Query', kind: 'OBJECT', fields: [{ name: 'me', type: named('User'), args: [] }] }]
  const server = createServer((request, response) => {
    request.on('data', (body: Buffer) => {
      const data = { __schema: { queryType: { name: 'Query' }, types } }
      const isKnown = /__schema/.test(body.toString())
      const isSimple = body.toString().includes('"{ __typename }"')
      const refused = { errors: [{ message: 'Not valid.' }] }
      response.end(JSON.stringify(isKnown ? { data } : isSimple ? { data: { __typename: 'Query' } } : refused))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { results } = await attackOn(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    only: ['limit-depth'],
  })
  server.closeAllConnections()
  server.close()
  expect(results.map(({ outcome }) => outcome)).toEqual(['undecided'])
})

test('what is throttled was not refused', async () => {
  const only = [
    'batch-sign-in',
    'limit-tokens',
    'limit-body',
    'get-mutation',
    'simple-requests',
    'host-poisoning',
    'methods',
    'malformed-requests',
  ]
  const { url } = await start('throttles-what-is-odd')
  expect(outcomesOf(await attackOn(url, { only }))).toEqual(all(only, 'undecided'))
})

test('accounts that were given are left as they were, and their passwords are in no URL', async () => {
  const server = await start()
  const [person, second] = ['ada', 'eve'].map((name) => ({
    email: `${name}@example.com`,
    password: `the+pass of ${name}`,
  }))
  if (person === undefined || second === undefined) throw new Error('There are two')
  for (const each of [person, second]) await server.identity.signUp(each, server.origin)
  const before = structuredClone([person, second].map(({ email }) => server.identity.userOf(email)))
  // All but what is timed.
  const only = checks.map(({ id }) => id).filter((id) => id !== 'enumeration-time')
  const outcomes = outcomesOf(await attackOn(server.url, { only, person, second }))
  const spared = ['sign-in-brake', 'mass-assignment', 'cookie-csrf', 'password-change-sessions']
  expect(outcomes).toMatchObject(all(spared, 'not-applicable'))
  expect(outcomes).toMatchObject(all(['get-mutation', 'methods'], 'pass'))
  expect([person, second].map(({ email }) => server.identity.userOf(email))).toEqual(before)
  expect(server.paths.filter((path) => /pass|example\.com/.test(decodeURIComponent(path)))).toEqual([])
})

test('a server that falls is found out once, and nothing after it is tried', async () => {
  const { url } = await start('falls-over-broken-requests')
  const { results } = await attackOn(url, {
    only: ['introspection', 'cors', 'malformed-requests', 'limit-body', 'hsts'],
  })
  const fallen = results.findIndex(({ check }) => check === 'malformed-requests')
  expect(results[fallen]).toMatchObject({ outcome: 'fail', detail: 'The server no longer answers.' })
  expect(results.filter(({ outcome }) => outcome === 'fail')).toHaveLength(1)
  expect(new Set(results.slice(fallen + 1).map(({ detail }) => detail))).toEqual(
    new Set(['Not tried: the server no longer answers.']),
  )
})

test('a fault of one check is no verdict, and the others go on', async () => {
  const [first] = checks
  if (first === undefined) throw new Error('There are checks')
  const faulty: Check = { ...first, id: 'faulty', run: () => Promise.reject(new TypeError('x is undefined')) }
  const sound: Check = { ...first, id: 'sound', run: async () => passed('Fine.') }
  const report = await runAttack({
    target: await resolveTarget((await start()).url, { allowRemote: false, hostIsMine: undefined }),
    checks: [faulty, sound],
    operations: defaultOperations,
    settings: { origin: 'http://localhost', patienceMs: 0, samples: 8, person: null, second: null },
    bounds: { maxRequests: 1, maxMs: 1_000 },
    headers: {},
    clock: systemClock,
    random: systemRandom,
  })
  expect(report.results.map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ['undecided', 'The check broke off: x is undefined'],
    ['pass', 'Fine.'],
  ])
})

test.each([
  ['RS256', {}],
  ['PS256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }],
])('a forgery by %s is signed as the algorithm says', (alg, options) => {
  const { jwk, sign } = foreignKey(alg)
  const [header, claims, signature] = sign({ alg }, { sub: 'x' }).split('.')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const signed = Buffer.from(String(signature), 'base64url')
  expect(verify('sha256', Buffer.from(`${header}.${claims}`), { key, ...options }, signed)).toBe(true)
})
