import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let server: TestPortcullis
beforeAll(async () => {
  server = await startTestPortcullis({ RATE_LIMITS: JSON.stringify({ changesPerMinute: 5, signUpsPerNetwork: 1_000 }) })
})
afterAll(() => server.close())

const rename = 'mutation { updateProfile(input: { displayName: "Ada" }) { id } }'

test('A caller changes things at a pace, whatever it changes and however it asks', async () => {
  const ada = await signUp(server.ask)
  const token = ada.accessToken
  const many = `mutation { ${[1, 2, 3].map((n) => `a${n}: updateProfile(input: {}) { id }`).join(' ')} }`
  expect(reasonOf(await server.ask(many, { token }))).toBeNull()
  const rest = await Promise.all(Array.from({ length: 10 }, () => server.ask(rename, { token })))
  expect(rest.filter((answer) => reasonOf(answer) === null)).toHaveLength(2)
  const refused = rest.find((answer) => reasonOf(answer) !== null)
  expect(refused === undefined ? null : reasonOf(refused)).toBe('RATE_LIMITED')
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  const revoke = `mutation { revokeSession(id: "${ada.sessionId}") { endedAt } }`
  expect(reasonOf(await server.ask(revoke, { token }))).toBe('RATE_LIMITED')
  // Reading, and leaving, is not changing.
  expect(reasonOf(await server.ask('{ me { id } }', { token }))).toBeNull()
  expect((await server.ask('mutation { signOut }', { token })).data).toEqual({ signOut: true })
})

test('Ending sessions over and over is changing, too', async () => {
  const ada = await signUp(server.ask)
  const many = `mutation { ${[1, 2, 3, 4, 5, 6].map((n) => `a${n}: signOutEverywhere`).join(' ')} }`
  expect(reasonOf(await server.ask(many, { token: ada.accessToken }))).toBe('RATE_LIMITED')
})

test('A request is answered so many lists, however it asks for them', async () => {
  const ada = await signUp(server.ask)
  const representations = Array.from({ length: 201 }, () => ({ __typename: 'User', id: ada.userId }))
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { sessions { totalCount } } } }'
  const { data, errors } = await server.ask(query, { token: ada.accessToken, variables: { r: representations } })
  // On a busy machine the database may leave some of 200 at once unanswered; those were not refused.
  const refused = errors.filter(({ extensions }) => extensions['reason'] === 'LIMIT_EXCEEDED')
  const busy = errors.filter(({ extensions }) => extensions['code'] === 'UNAVAILABLE')
  const answered = data._entities.filter((user: { sessions: unknown }) => user.sessions !== null)
  expect([refused.length, answered.length + busy.length]).toEqual([1, 200])
})

test('One caller’s changes are not another’s, and nobody’s are counted who may not ask', async () => {
  const [eve, bob] = [await signUp(server.ask), await signUp(server.ask)]
  for (let n = 0; n < 10; n += 1) await server.ask(rename, { token: eve.accessToken })
  for (let n = 0; n < 10; n += 1) expect(reasonOf(await server.ask(rename))).toBe('SIGN_IN_REQUIRED')
  expect(reasonOf(await server.ask(rename, { token: bob.accessToken }))).toBeNull()
})
