import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startEdge, type Edge } from './edge.js'
import { exchange } from './raw.js'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge({ allowedOrigins: ['https://app.example'] })
})
afterAll(() => edge.stop())
beforeEach(() => {
  edge.ran.length = 0
  edge.logged.length = 0
})

const coded = (code: string, reason?: string) => ({
  errors: [expect.objectContaining({ extensions: reason === undefined ? { code } : { code, reason } })],
})
const json = { 'content-type': 'application/json' }
const hello = JSON.stringify({ query: '{ hello }' })

test('a query is answered, by POST and by GET, in both media types', async () => {
  const posted = await edge.query('{ hello }')
  expect(posted).toMatchObject({ status: 200, body: { data: { hello: 'world' } } })
  expect(posted.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(posted.headers['cache-control']).toBe('no-store')
  const got = await edge.ask({
    method: 'GET',
    path: '/graphql?query=%7Bhello%7D',
    headers: { accept: 'application/graphql-response+json', 'apollo-require-preflight': '1' },
  })
  expect(got).toMatchObject({ status: 200, body: { data: { hello: 'world' } } })
  expect(got.headers['content-type']).toBe('application/graphql-response+json; charset=utf-8')
})

describe('what is refused before any resolver runs', () => {
  test.each([
    ['malformed JSON', { body: '{"query": "hunter2', headers: json }, 400, 'MALFORMED_REQUEST'],
    ['an empty body', { body: '', headers: json }, 400, 'MALFORMED_REQUEST'],
    [
      '__proto__ in the body',
      { body: '{"query":"{hello}","variables":{"__proto__":{}}}', headers: json },
      400,
      'MALFORMED_REQUEST',
    ],
    ['text/plain', { body: hello, headers: { 'content-type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      { body: 'query={hello}', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'multipart',
      { body: hello, headers: { 'content-type': 'multipart/form-data; boundary=x' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no content type', { body: hello }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'application/graphql',
      { body: '{ hello }', headers: { 'content-type': 'application/graphql' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a content type that is none',
      { body: hello, headers: { 'content-type': ';;hunter2' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['HEAD', { method: 'HEAD' }, 405, undefined],
    ['PUT', { method: 'PUT', body: hello, headers: json }, 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
    ['another path', { path: '/graphql/hunter2', body: hello, headers: json }, 404, undefined],
    ['a path that cannot be decoded', { path: '/%hunter2%', method: 'GET' }, 400, 'MALFORMED_REQUEST'],
    ['a body of 257 KB', { body: { query: `{ hello } #${'x'.repeat(256 * 1024)}` } }, 413, 'BODY_TOO_LARGE'],
  ] as const)('%s', async (_name, asking, status, reason) => {
    const answer = await edge.ask(asking)
    expect(answer.status).toBe(status)
    if (reason !== undefined) expect(answer.body).toEqual(coded('BAD_REQUEST', reason))
    expect(answer.text).not.toContain('hunter2')
    expect(edge.ran).toEqual([])
  })

  test.each([
    ['a batch', { body: [{ query: '{ hello }' }, { query: '{ hello }' }] }, 400, 'BAD_REQUEST'],
    ['an empty batch', { body: [] }, 400, 'BAD_REQUEST'],
    ['a string', { body: '"hunter2"', headers: json }, 400, 'BAD_REQUEST'],
    ['no query', { body: { operationName: 'hunter2' } }, 400, 'BAD_REQUEST'],
    ['a query that is no string', { body: { query: ['hunter2'] } }, 400, 'BAD_REQUEST'],
    ['variables that are no object', { body: { query: '{ hello }', variables: 'hunter2' } }, 400, 'BAD_REQUEST'],
    [
      'a GET that a form or an image could make',
      { method: 'GET', path: '/graphql?query=%7Bhello%7D' },
      400,
      'BAD_REQUEST',
    ],
    ['a syntax error', { body: { query: '{ echo(text: "x" "hunter2") }' } }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unterminated string', { body: { query: '{ echo(text: "hunter2) }' } }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['2,001 tokens', { body: { query: `{ ${'hello '.repeat(1999)} }` } }, 400, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { body: { query: '{ goodbye }' } }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['@defer', { body: { query: '{ ... @defer { hello } }' } }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a subscription', { body: { query: 'subscription { hello }' } }, 400, 'BAD_REQUEST'],
    [
      'an unknown operation',
      { body: { query: 'query A { hello }', operationName: 'hunter2' } },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'an unnamed choice',
      { body: { query: 'query A { hello } query B { hello }' } },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'a persisted query',
      { body: { extensions: { persistedQuery: { version: 1, sha256Hash: 'hunter2' } } } },
      200,
      'PERSISTED_QUERY_NOT_SUPPORTED',
    ],
    [
      'a page for an answer',
      { body: { query: 'mutation { change }' }, headers: { accept: 'text/html' } },
      406,
      'BAD_REQUEST',
    ],
    [
      'another charset for an answer',
      { body: { query: 'mutation { change }' }, headers: { accept: 'application/json;charset=utf-16' } },
      406,
      'BAD_REQUEST',
    ],
  ] as const)('%s', async (_name, asking, status, code) => {
    const answer = await edge.ask(asking)
    expect(answer).toMatchObject({ status, body: { errors: [{ extensions: { code } }] } })
    expect(answer.text).not.toContain('hunter2')
    expect(answer.text).not.toContain('stack')
    expect(edge.ran).toEqual([])
  })

  test('a mutation by GET', async () => {
    const path = `/graphql?query=${encodeURIComponent('mutation { change }')}`
    const answer = await edge.ask({ method: 'GET', path, headers: { 'apollo-require-preflight': '1' } })
    expect(answer).toMatchObject({ status: 405, body: { errors: [{ extensions: { code: 'BAD_REQUEST' } }] } })
    expect(edge.ran).toEqual([])
  })
})

test('a 405 says what would have been allowed', async () => {
  expect((await edge.ask({ method: 'PATCH' })).headers.allow).toBe('GET, POST')
})

test('only the selected operation of a document counts', async () => {
  const query = 'query Hello { hello } mutation Two($input: SignInInput) { a: signIn(input: $input) b: signIn }'
  expect(await edge.query(query, { operationName: 'Hello' })).toMatchObject({ body: { data: { hello: 'world' } } })
  expect(await edge.query(query, { operationName: 'Two' })).toMatchObject({ status: 400 })
  expect(edge.ran).toEqual(['hello'])
})

test.each([
  ['a host', { host: 'evil.example' }],
  ['a host with a bad port', { host: 'a:99999999' }],
  [
    'a forwarded host',
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'a b:c', 'x-forwarded-for': '6.6.6.6' },
  ],
])('%s reaches nothing', async (_name, headers) => {
  const answer = await edge.query('{ facts }', { headers })
  expect(answer).toMatchObject({ status: 200, body: { data: { facts: { ip: '127.0.0.1' } } } })
  expect(answer.text + JSON.stringify(answer.headers)).not.toMatch(/evil|hunter2|6\.6\.6\.6/)
})

test('an absolute request target is answered like a path', async () => {
  const answer = await edge.ask({ path: 'http://[/graphql', body: { query: '{ hello }' } })
  expect(answer.status).toBeLessThan(500)
})

test('an address is believed from a trusted proxy, and only its last hop', async () => {
  const behind = await startEdge({ trustProxy: ['127.0.0.1'] })
  const ipFor = async (forwarded: string) =>
    (await behind.query('{ facts }', { headers: { 'x-forwarded-for': forwarded } })).body?.data?.['facts']
  expect(await ipFor('203.0.113.9')).toMatchObject({ ip: '203.0.113.9' })
  expect(await ipFor('6.6.6.6, 203.0.113.9')).toMatchObject({ ip: '203.0.113.9' })
  expect(await ipFor('hunter2')).toMatchObject({ ip: '127.0.0.1' })
  await behind.stop()
})

test('the request id is ours, and goes out to the client and into the log', async () => {
  const answer = await edge.query('{ hello }', { headers: { 'x-request-id': 'theirs', 'request-id': 'theirs' } })
  const id = answer.headers['x-request-id']
  expect(id).toMatch(/^[A-Za-z0-9_-]{16}$/)
  expect(edge.logged).toEqual([expect.objectContaining({ requestId: id, msg: 'request' })])
})

test('a request is one line in the log, without anything that was in it', async () => {
  await edge.ask({
    path: '/graphql?token=hunter2',
    headers: { authorization: 'Bearer ada', cookie: 'a=hunter2', 'user-agent': 'hunter2' },
    body: { query: '{ echo(text: "hunter2") }' },
  })
  await edge.ask({ path: '/hunter2', method: 'GET' })
  expect(edge.logged).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      requestId: expect.any(String),
      method: 'POST',
      path: '/graphql',
      status: 200,
      ms: expect.any(Number),
      caller: 'person',
      msg: 'request',
    },
    expect.objectContaining({ method: 'GET', path: 'unknown', status: 404, caller: null }),
  ])
})

test('what is no HTTP gets a coded answer, too', async () => {
  const answer = await exchange(edge.port, 'hunter2\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(answer).toContain('"code":"BAD_REQUEST"')
  expect(answer).not.toContain('hunter2')
})

test('headers beyond 16 KB are refused', async () => {
  const answer = await edge.query('{ hello }', { headers: { 'x-long': 'a'.repeat(20_000) } })
  expect(answer).toMatchObject({ status: 431, body: coded('BAD_REQUEST', 'HEADERS_TOO_LARGE') })
})
