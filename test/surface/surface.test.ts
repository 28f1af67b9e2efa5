import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { getIntrospectionQuery } from 'graphql'
import { decodeJwt } from 'jose'
import { cookiesOf, reasonOf, startTestPortcullis, testOrigin, type TestPortcullis } from '../support/portcullis.js'
import { goodPassword, refresh, signInMutation, signUp, type SignedInPerson } from '../support/people.js'

let server: TestPortcullis
let ada: SignedInPerson
let eve: SignedInPerson
beforeAll(async () => {
  server = await startTestPortcullis()
  ada = await signUp(server.ask)
  eve = await signUp(server.ask)
})
afterAll(async () => {
  await server.close()
})

const hashes = () => server.app.hasher.stats.hashed

describe('Credential operations', () => {
  const guess = (index: number) =>
    `a${index}: signIn(input: { email: "someone@example.com", password: "guess number ${index}!" }) { __typename }`

  test.each([
    ['100 aliases', `mutation { ${Array.from({ length: 100 }, (_, index) => guess(index)).join(' ')} }`],
    ['two aliases', `mutation { ${guess(1)} ${guess(2)} }`],
    ['two in a fragment', `mutation { ...F } fragment F on Mutation { ${guess(1)} ${guess(2)} }`],
    ['one beside a fragment', `mutation { ${guess(1)} ...F } fragment F on Mutation { ${guess(2)} }`],
    ['nested inline fragments', `mutation { ... { ... on Mutation { ${guess(1)} ${guess(2)} } } }`],
    [
      'one that is skipped',
      `mutation { ${guess(1)} a2: signIn(input: { email: "a@b.co", password: "x" }) @skip(if: true) { __typename } }`,
    ],
    ['one that is not included', `mutation { ${guess(1)} ... @include(if: false) { ${guess(2)} } }`],
    ['another mutation', `mutation { ${guess(1)} updateProfile(input: {}) { id } }`],
    ['another credential operation', `mutation { ${guess(1)} refreshSession { tokens { accessToken } } }`],
    ['a type name', `mutation { ${guess(1)} __typename }`],
  ])('with %s none runs, and nothing is hashed', async (_name, query) => {
    const before = hashes()
    const answer = await server.ask(query)
    expect(answer.status).toBe(400)
    expect(answer.data).toBeUndefined()
    expect(hashes()).toBe(before)
  })
})

describe('HTTP', () => {
  const body = JSON.stringify({
    query: signInMutation,
    variables: { input: { email: 'x@y.zz', password: goodPassword } },
  })

  test.each<[string, RequestInit, string?]>([
    ['an array batch', { method: 'POST', headers: { 'content-type': 'application/json' }, body: `[${body},${body}]` }],
    [
      'a mutation over GET',
      { method: 'GET' },
      `?query=${encodeURIComponent(signInMutation)}&variables=${encodeURIComponent('{"input":{"email":"x@y.zz","password":"x"}}')}`,
    ],
    ['text/plain', { method: 'POST', headers: { 'content-type': 'text/plain' }, body }],
    [
      'a form',
      { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `query=${body}` },
    ],
    ['multipart', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }],
    ['graphql text', { method: 'POST', headers: { 'content-type': 'application/graphql' }, body: '{ me { id } }' }],
    ['no content type', { method: 'POST', body: new Uint8Array(Buffer.from(body)) }],
    ['HEAD', { method: 'HEAD' }, '?query={__typename}'],
    ['PUT', { method: 'PUT', headers: { 'content-type': 'application/json' }, body }],
    ['malformed JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query": "s3cret' }],
    ['a body that is no object', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '"s3cret"' }],
    ['an empty body', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '' }],
    [
      'deep JSON',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"query":"{__typename}","variables":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      },
    ],
    [
      'a compressed body',
      { method: 'POST', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body },
    ],
    ['another charset', { method: 'POST', headers: { 'content-type': 'application/json; charset=utf-7' }, body }],
    [
      'a body that is not UTF-8',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: new Uint8Array(Buffer.from(body.replace('x@y.zz', '\u00e9'), 'latin1')),
      },
    ],
    ['another path', { method: 'POST', headers: { 'content-type': 'application/json' }, body }, '/s3cret'],
  ])('%s is a 4xx without a resolver call, and nothing is echoed', async (_name, init, suffix = '') => {
    const before = hashes()
    const response = await fetch(`${server.url}/graphql${suffix}`, init)
    const text = await response.text()
    expect([Math.floor(response.status / 100), text.includes('s3cret')]).toEqual([4, false])
    if (init.method !== 'HEAD') expect(JSON.parse(text).errors[0].extensions.code).toMatch(/^[A-Z_]+$/)
    expect(hashes()).toBe(before)
  })

  test.each([
    ['a variable of the wrong type', 'query ($id: ID!) { user(id: $id) { id } }', { id: { s3cret: 1 } }],
    ['a missing variable', 'query ($id: ID!) { user(id: $id) { id } }', {}],
    ['a literal of the wrong type', '{ user(id: { s3cret: 1 }) { id } }', {}],
    [
      'an unknown enum value',
      'mutation { signIn(input: { email: "a@b.co", password: "x", delivery: S3CRET }) { __typename } }',
      {},
    ],
    [
      'an address that is none',
      'mutation ($i: SignInInput!) { signIn(input: $i) { __typename } }',
      { i: { email: 's3cret', password: 's3cret' } },
    ],
    ['an unknown field', '{ me { s3cret } }', {}],
    ['a syntax error', '{ me { s3cret ', {}],
  ])('%s is a coded refusal that repeats no value', async (_name, query, variables) => {
    const answer = await server.ask(query, { variables })
    expect(answer.errors[0]?.extensions.code).toMatch(
      /^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED|GRAPHQL_PARSE_FAILED)$/,
    )
    if (!query.includes('s3cret')) expect(answer.text).not.toMatch(/s3cret/i)
    expect(answer.text).not.toMatch(/stacktrace|node_modules|\.ts:/)
  })

  test.each([
    ['host', { host: 'evil.test' }],
    [
      'x-forwarded-host',
      { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' },
    ],
  ])('a forged %s reaches no token, cookie or link', async (_name, headers) => {
    const answer = await server.ask(signInMutation, {
      variables: { input: { email: ada.email, password: ada.password } },
      headers,
    })
    expect(decodeJwt(answer.data.signIn.tokens.accessToken).iss).toBe('http://portcullis.test')
    expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('evil.test')
  })
})

test.each([
  ['in many places', `{ me { ${'... { sessions { edges { node { id device { name } } } } } '.repeat(60)} } }`],
  [
    'through fragments',
    `{ me { ...A } } fragment A on User { ${'...B '.repeat(20)} } fragment B on User { ${'id '.repeat(20)} }`,
  ],
  ['of introspection', `{ __schema { ${'... { types { name } } '.repeat(160)} } }`],
])('more than 300 fields %s are refused before they are compared', async (_name, query) => {
  const answer = await server.ask(query, { token: ada.accessToken })
  expect([answer.status, answer.errors[0]?.message, reasonOf(answer)]).toEqual([
    400,
    'An operation may have 300 fields.',
    'LIMIT_EXCEEDED',
  ])
})

test('a field that is asked for over and over in one place is refused before it is compared', async () => {
  const answer = await server.ask(`{ me { ${'sessions { totalCount } '.repeat(11)} } }`, { token: ada.accessToken })
  expect([answer.status, answer.errors[0]?.message]).toEqual([400, 'A field may be asked for 10 times in one place.'])
})

test('the introspection of common tools is within the limits', async () => {
  const answer = await server.ask(
    getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
    }),
  )
  expect(answer.errors).toEqual([])
})

describe('Cookies', () => {
  const cookieSignIn = (headers: Record<string, string>) =>
    server.ask(signInMutation, {
      variables: { input: { email: ada.email, password: ada.password, delivery: 'COOKIE' } },
      headers,
    })

  test.each<[string, Record<string, string>]>([
    ['no Origin', { 'x-portcullis-csrf': '1' }],
    ['a foreign Origin', { origin: 'http://evil.test', 'x-portcullis-csrf': '1' }],
    ['the null Origin', { origin: 'null', 'x-portcullis-csrf': '1' }],
    ['no CSRF header', { origin: testOrigin }],
  ])('are not handed out with %s', async (_name, headers) => {
    const answer = await cookieSignIn(headers)
    expect([reasonOf(answer), answer.headers.getSetCookie()]).toEqual(['ORIGIN_REJECTED', []])
  })

  test('of a name with a no-break space, which a sibling domain could set, are not ours', async () => {
    const { status, body } = await rawRequest(`\u00a0__Host-portcullis-access=${ada.accessToken}`)
    expect([status, body]).toEqual([200, expect.stringContaining('SIGN_IN_REQUIRED')])
  })

  test('sign a browser in, and are refused from elsewhere, beside a bearer token, or incomplete', async () => {
    const signedIn = await cookieSignIn({ origin: testOrigin, 'x-portcullis-csrf': '1' })
    for (const cookie of signedIn.headers.getSetCookie()) {
      expect(cookie).toMatch(/^__Host-portcullis-(access|refresh|device)=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
      expect(cookie).not.toMatch(/domain/i)
    }
    const cookies = cookiesOf(signedIn)
    expect((await server.ask('{ me { id } }', { cookies })).data.me.id).toBe(ada.userId)
    const foreign = await server.ask('{ me { id } }', {
      cookies,
      browser: false,
      headers: { origin: 'http://evil.test', 'x-portcullis-csrf': '1' },
    })
    expect([foreign.status, reasonOf(foreign)]).toEqual([403, 'ORIGIN_REJECTED'])
    const both = await server.ask('{ me { id } }', { cookies, token: ada.accessToken })
    expect([both.status, reasonOf(both)]).toEqual([400, 'AMBIGUOUS_CREDENTIALS'])
    const { '__Host-portcullis-refresh': refreshCookie = '' } = cookies
    const refreshOnly = { '__Host-portcullis-refresh': refreshCookie }
    const expired = await server.ask('{ me { id } }', { cookies: refreshOnly })
    expect([expired.status, reasonOf(expired), expired.headers.getSetCookie()]).toEqual([401, 'TOKEN_EXPIRED', []])
    const signedOut = await server.ask('mutation { signOut }', { cookies: refreshOnly })
    expect([signedOut.data.signOut, Object.values(cookiesOf(signedOut))]).toEqual([true, ['', '']])
    expect((await server.ask('{ me { id } }', { cookies })).status).toBe(401)
  })
})

describe('Other people’s things', () => {
  const absent = { user: `usr_${'0'.repeat(26)}`, session: `ses_${'0'.repeat(26)}` }
  const operations: [string, string, 'user' | 'session'][] = [
    ['user', 'query ($id: ID!) { user(id: $id) { id email } }', 'user'],
    ['session', 'query ($id: ID!) { session(id: $id) { id device { name } } }', 'session'],
    ['revokeSession', 'mutation ($id: ID!) { revokeSession(id: $id) { id } }', 'session'],
  ]

  test.each(operations)('%s answers foreign, absent and impossible ids alike', async (_name, query, kind) => {
    const foreign = kind === 'user' ? ada.userId : ada.sessionId
    const ids = [foreign, absent[kind], 'nonsense', '', `${foreign} `, kind === 'user' ? ada.sessionId : ada.userId]
    const answers = await Promise.all(ids.map((id) => server.ask(query, { token: eve.accessToken, variables: { id } })))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(reasonOf(answers[0] as never)).toBe('NOT_FOUND')
    expect((await refresh(server.ask, ada.refreshToken)).errors).toEqual([])
  })

  test.each(operations)('%s is UNAUTHENTICATED for nobody, whether it exists or not', async (_name, query, kind) => {
    const ids = [kind === 'user' ? ada.userId : ada.sessionId, absent[kind]]
    const answers = await Promise.all(ids.map((id) => server.ask(query, { variables: { id } })))
    expect(answers.map(({ errors }) => errors[0]?.extensions.code)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])
    expect(answers[0]?.text).toBe(answers[1]?.text)
  })

  test('support reads anybody, and may end nobody’s session; an admin may', async () => {
    const staff = await signUp(server.ask)
    const setRole = (role: string) =>
      server.app.database.connection
        .collection('users')
        .updateOne({ _id: staff.userId as never }, { $set: { roles: [role] } })
    const victim = await signUp(server.ask)
    const revoke = () =>
      server.ask('mutation ($id: ID!) { revokeSession(id: $id) { id endReason user: __typename } }', {
        token: staff.accessToken,
        variables: { id: victim.sessionId },
      })
    await setRole('support')
    let answer = await server.ask('query ($id: ID!) { user(id: $id) { email sessions { totalCount } } }', {
      token: staff.accessToken,
      variables: { id: victim.userId },
    })
    expect(answer.data.user).toEqual({ email: victim.email, sessions: { totalCount: 1 } })
    expect(reasonOf(await revoke())).toBe('NOT_FOUND')
    await setRole('admin')
    // The change comes through the stream.
    for (let attempt = 0; attempt < 100 && (answer = await revoke()).errors.length > 0; attempt += 1);
    expect(answer.data.revokeSession).toMatchObject({ id: victim.sessionId, endReason: 'REVOKED' })
    expect((await server.ask('{ me { id } }', { token: victim.accessToken })).status).toBe(401)
  })

  const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id email roles } } }'
  const representations = (id: unknown) => ({ variables: { r: [{ __typename: 'User', id }] } })

  test('_entities gives the owner their own, and foreign and absent are null alike', async () => {
    const own = await server.ask(entities, { token: ada.accessToken, ...representations(ada.userId) })
    expect(own.data._entities).toEqual([{ id: ada.userId, email: ada.email, roles: ['member'] }])
    const foreign = await server.ask(entities, { token: eve.accessToken, ...representations(ada.userId) })
    const nobody = await server.ask(entities, { token: eve.accessToken, ...representations(absent.user) })
    const anonymous = await server.ask(entities, representations(ada.userId))
    expect([foreign.data, nobody.data, anonymous.data]).toEqual([
      { _entities: [null] },
      { _entities: [null] },
      { _entities: [null] },
    ])
    expect([foreign.text, anonymous.text]).toEqual([nobody.text, nobody.text])
  })

  test('without a router, outside production, the schema is there for tools, and traces are for nobody', async () => {
    const answer = await server.ask('{ _service { sdl } }', { headers: { 'apollo-federation-include-trace': 'ftv1' } })
    expect(answer.data._service.sdl).toContain('type User')
    expect(JSON.parse(answer.text).extensions).toBeUndefined()
  })

  test('_entities gives at most 1,000, all aliases of a request together', async () => {
    const r = Array.from({ length: 600 }, () => ({ __typename: 'User', id: ada.userId }))
    const answer = await server.ask(
      'query ($r: [_Any!]!) { a: _entities(representations: $r) { __typename } b: _entities(representations: $r) { __typename } }',
      { token: ada.accessToken, variables: { r } },
    )
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
  })

  test.each([
    ['an unknown type', { __typename: 'Secret', id: 'x' }],
    ['no type', { id: 'x' }],
    ['a prototype', { __typename: '__proto__', id: 'x' }],
    ['a constructor', { __typename: 'constructor', id: 'x' }],
    ['the query type', { __typename: 'Query' }],
    ['a string', 'User'],
    ['a list', [{ __typename: 'User', id: 'x' }]],
    ['null', { __typename: 'User', id: null }],
    ['no key', { __typename: 'User' }],
    ['an operator', { __typename: 'User', id: { $ne: null } }],
    ['a regular expression', { __typename: 'User', id: { $regex: '.*' } }],
    ['an array for an id', { __typename: 'User', id: ['usr_x'] }],
    ['true for an id', { __typename: 'User', id: true }],
    ['a fraction for an id', { __typename: 'User', id: 1.5 }],
    ['an empty id', { __typename: 'User', id: '' }],
    ['an id of 257 characters', { __typename: 'User', id: 'u'.repeat(257) }],
    ['2,000 items', null],
  ])('_entities with %s is refused as bad input', async (_name, representation) => {
    const many = Array.from({ length: 2_000 }, () => ({ __typename: 'User', id: ada.userId }))
    const variables = { r: representation === null ? many : [representation] }
    const answer = await server.ask(entities, { token: eve.accessToken, variables })
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
    expect(answer.text).not.toMatch(/\$ne|\$regex|Secret|usr_/)
  })

  test('_entities with a prototype written into the document is refused as bad input', async () => {
    const written = (object: string) => `{ _entities(representations: [${object}]) { __typename } }`
    for (const object of [
      `{ __typename: "User", id: "${ada.userId}", __proto__: { admin: true } }`,
      `{ __typename: "User", id: "${ada.userId}", constructor: { prototype: { admin: true } } }`,
      `{ __proto__: { __typename: "User", id: "${ada.userId}" } }`,
    ]) {
      const answer = await server.ask(written(object), { token: ada.accessToken })
      expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
    }
  })

  test('_entities with a number for an id, which a gateway may send, finds nobody', async () => {
    const answer = await server.ask(entities, { token: eve.accessToken, ...representations(7) })
    expect([answer.errors, answer.data]).toEqual([[], { _entities: [null] }])
  })
})

/** As `fetch` would not send it: with a byte in a cookie's name that no browser lets a page write. */
async function rawRequest(cookie: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(server.url)
  const body = JSON.stringify({ query: '{ me { id } }' })
  const head = [
    'POST /graphql HTTP/1.1',
    'host: localhost',
    'connection: close',
    'content-type: application/json',
    `content-length: ${body.length}`,
    `origin: ${testOrigin}`,
    'x-portcullis-csrf: 1',
    `cookie: ${cookie}`,
  ]
  const socket = connect(Number(port), hostname)
  socket.end(Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'))
  const answer = Buffer.concat(await socket.toArray()).toString()
  return { status: Number(answer.slice(9, 12)), body: answer }
}
