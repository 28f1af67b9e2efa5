import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startEdge, type Asking, type Edge } from './edge.js'

const app = 'https://app.example'
let edge: Edge
beforeAll(async () => {
  edge = await startEdge({ allowedOrigins: [app, 'https://other.example'] })
})
afterAll(() => edge.stop())
beforeEach(() => {
  edge.ran.length = 0
})

const access = '__Host-portcullis-access'
const refresh = '__Host-portcullis-refresh'
const page = { origin: app, 'x-portcullis-csrf': '1' }
const who = (headers: Asking['headers'] = {}) => edge.query('{ caller }', { headers })

describe('the caller', () => {
  test.each([
    ['anonymous', {}, 'anonymous'],
    ['a person by bearer', { authorization: 'Bearer ada' }, 'person'],
    ['a person by bearer who has to be looked up', { authorization: 'bearer slow-ada' }, 'person'],
    ['a machine by bearer', { authorization: 'Bearer robot' }, 'machine'],
    ['a person by cookie', { cookie: `${access}=ada; ${refresh}=r`, ...page }, 'person'],
    [
      'a person by bearer, whatever the refresh cookie is',
      { authorization: 'Bearer ada', cookie: `${refresh}=r` },
      'person',
    ],
    ['anonymous with cookies of others', { cookie: 'theme=dark' }, 'anonymous'],
  ] as const)('is %s', async (_name, headers, kind) => {
    expect(await who(headers)).toMatchObject({ status: 200, body: { data: { caller: kind } } })
  })
})

describe('a presented token that is no good', () => {
  test.each([
    ['unknown', { authorization: 'Bearer nobody' }, 'TOKEN_INVALID'],
    ['expired', { authorization: 'Bearer expired' }, 'TOKEN_EXPIRED'],
    ['malformed', { authorization: 'Bearer a b' }, 'TOKEN_INVALID'],
    ['empty', { authorization: '' }, 'TOKEN_INVALID'],
    ['of another scheme', { authorization: 'Basic YWRhOmFkYQ==' }, 'TOKEN_INVALID'],
    ['sent twice', { authorization: ['Bearer ada', 'Bearer ada'] }, 'TOKEN_INVALID'],
    ['in an odd cookie', { cookie: `${access}=a%20b`, ...page }, 'TOKEN_INVALID'],
    ['in an empty cookie', { cookie: `${access}=`, ...page }, 'TOKEN_INVALID'],
    ['a refresh cookie alone', { cookie: `${refresh}=r`, ...page }, 'TOKEN_EXPIRED'],
  ])('%s is 401 and never anonymous', async (_name, headers, reason) => {
    const answer = await who(headers)
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
    expect(answer.body).toEqual({
      errors: [
        { message: expect.stringMatching(/^The access token /), extensions: { code: 'UNAUTHENTICATED', reason } },
      ],
    })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(edge.ran).toEqual([])
  })

  test('does not matter to operations that bring their own proof', async () => {
    const headers = { authorization: 'Bearer expired' }
    expect((await edge.query('mutation { refresh }', { headers })).body).toEqual({
      data: { refresh: 'anonymous null' },
    })
    expect((await edge.query('mutation { signIn }', { headers })).body).toEqual({ data: { signIn: 'person' } })
  })

  test.each([
    ['a field without own proof beside them', 'mutation { refresh change }'],
    ['a query', 'query { hello }'],
    ['their type name', 'mutation { refresh __typename }'],
  ])('matters to %s', async (_name, query) => {
    expect(await edge.query(query, { headers: { authorization: 'Bearer expired' } })).toMatchObject({ status: 401 })
    expect(edge.ran).toEqual([])
  })

  test.each(['down', 'broken'])('without a verdict (%s) is 503, not an opening', async (token) => {
    const answer = await who({ authorization: `Bearer ${token}` })
    expect(answer).toMatchObject({ status: 503, body: { errors: [{ extensions: { code: 'UNAVAILABLE' } }] } })
    expect(answer.headers['www-authenticate']).toBeUndefined()
    expect(edge.ran).toEqual([])
  })

  test('fails the request in the other media type, too', async () => {
    const headers = { authorization: 'Bearer expired', accept: 'application/graphql-response+json' }
    const answer = await who(headers)
    expect(answer.status).toBe(401)
    expect(answer.headers['content-type']).toBe('application/graphql-response+json; charset=utf-8')
  })
})

describe('credentials that contradict each other or come from the wrong page', () => {
  const ambiguous = {
    status: 400,
    body: { errors: [{ extensions: { code: 'BAD_USER_INPUT', reason: 'AMBIGUOUS_CREDENTIALS' } }] },
  }
  const rejected = { status: 403, body: { errors: [{ extensions: { code: 'FORBIDDEN', reason: 'ORIGIN_REJECTED' } }] } }
  test.each([
    ['an access cookie and a header', { authorization: 'Bearer ada', cookie: `${access}=ada`, ...page }, ambiguous],
    ['two access cookies', { cookie: `${access}=ada; ${access}=robot`, ...page }, ambiguous],
    ['two refresh cookies', { cookie: `${access}=ada; ${refresh}=r; ${refresh}=s`, ...page }, ambiguous],
    ['cookies without the header', { cookie: `${access}=ada`, origin: app }, rejected],
    ['cookies without an origin', { cookie: `${access}=ada`, 'x-portcullis-csrf': '1' }, rejected],
    ['cookies from a foreign page', { cookie: `${access}=ada`, ...page, origin: 'https://evil.example' }, rejected],
    [
      'a refresh cookie from a foreign page',
      { cookie: `${refresh}=r`, ...page, origin: 'https://evil.example' },
      rejected,
    ],
  ])('%s are refused, also by operations with their own proof', async (_name, headers, expected) => {
    expect(await who(headers)).toMatchObject(expected)
    expect(await edge.query('mutation { refresh }', { headers })).toMatchObject(expected)
    expect(edge.ran).toEqual([])
  })

  test('a GET with cookies needs no header of ours, and no foreign page', async () => {
    const get = (headers: Asking['headers']) =>
      edge.ask({
        method: 'GET',
        path: '/graphql?query=%7Bcaller%7D',
        headers: { 'apollo-require-preflight': '1', cookie: `${access}=ada`, ...headers },
      })
    expect(await get({})).toMatchObject({ body: { data: { caller: 'person' } } })
    expect(await get({ origin: 'https://evil.example' })).toMatchObject(rejected)
  })
})

describe('cookies', () => {
  const signIn = (headers: Asking['headers']) => edge.query('mutation { signIn(delivery: "COOKIE") }', { headers })

  test('are set for this host alone, out of reach of scripts, and live equally long', async () => {
    const attributes = 'Max-Age=90; Path=/; HttpOnly; Secure; SameSite=Lax'
    expect((await signIn(page)).headers['set-cookie']).toEqual([
      `${access}=a.b.c; ${attributes}`,
      `${refresh}=r.s.t; ${attributes}`,
    ])
  })

  test.each([
    ['without our header', { origin: app }],
    ['without an origin', { 'x-portcullis-csrf': '1' }],
    ['from a foreign page', { ...page, origin: 'https://evil.example' }],
  ])('are not set %s', async (_name, headers) => {
    const answer = await signIn(headers)
    expect(answer.body?.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'ORIGIN_REJECTED' })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('never carry anything but a token', async () => {
    const answer = await edge.query('mutation { signIn(delivery: "ODD") }')
    expect(answer.body?.errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR')
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('are cleared by sign-out', async () => {
    const cookies = (await edge.query('mutation { signOut }')).headers['set-cookie'] ?? []
    expect(cookies).toHaveLength(2)
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-portcullis-(access|refresh)=; Max-Age=0; Path=\/; /)
  })

  test('reach the operations that refresh', async () => {
    const headers = { cookie: `${refresh}=r.s.t`, ...page }
    expect((await edge.query('mutation { refresh }', { headers })).body).toEqual({
      data: { refresh: 'anonymous r.s.t' },
    })
  })
})

test('a mutation takes the caller anew and drops the verdicts; whoever signed in stays the caller', async () => {
  const headers = { authorization: 'Bearer slow-ada' }
  expect((await edge.query('mutation { change }', { headers })).body).toEqual({ data: { change: 'person 0' } })
})

test('nobody is signed in by an operation whose door line does not say so', async () => {
  const answer = await edge.query('mutation { change(text: "SWITCH") }')
  expect(answer.body?.errors?.[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR')
})

describe('CORS', () => {
  const preflight = (origin: string) =>
    edge.ask({
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-portcullis-csrf',
      },
    })

  test('lets allowed pages send what they need, with cookies', async () => {
    const { status, headers } = await preflight(app)
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST',
      'access-control-max-age': '600',
      vary: 'Origin',
    })
    expect(headers['access-control-allow-headers']?.split(', ')).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'x-portcullis-csrf', 'apollo-require-preflight']),
    )
  })

  test('lets allowed pages read what they need', async () => {
    const { headers } = await who({ origin: app })
    expect(headers['access-control-allow-origin']).toBe(app)
    expect(headers['access-control-expose-headers']).toBe('x-request-id, retry-after, www-authenticate')
  })

  test.each(['https://evil.example', 'null', 'https://app.example.evil', 'http://app.example'])(
    'gives %s nothing',
    async (origin) => {
      expect((await preflight(origin)).headers['access-control-allow-origin']).toBeUndefined()
      expect((await who({ origin })).headers['access-control-allow-origin']).toBeUndefined()
    },
  )
})
