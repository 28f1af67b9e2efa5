import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { startEdge, type Edge } from './edge.js'

const https = { 'x-forwarded-proto': 'https' }

describe('in production', () => {
  let edge: Edge
  beforeAll(async () => {
    edge = await startEdge({ mode: 'production', trustProxy: ['127.0.0.1'], allowedOrigins: ['https://app.example'] })
  })
  afterAll(() => edge.stop())

  test.each([
    ['without a word from the proxy', {}],
    ['over http', { 'x-forwarded-proto': 'http' }],
    ['over http at the last hop', { 'x-forwarded-proto': 'https, http' }],
  ])('a request %s is refused', async (_name, headers) => {
    const answer = await edge.query('{ hello }', { headers })
    expect(answer).toMatchObject({
      status: 426,
      body: { errors: [{ extensions: { code: 'BAD_REQUEST', reason: 'TLS_REQUIRED' } }] },
    })
    expect(edge.ran).toEqual([])
  })

  test('nobody but the trusted proxy can say that it was https', async () => {
    const direct = await startEdge({ mode: 'production', trustProxy: ['10.0.0.1'] })
    expect(await direct.query('{ hello }', { headers: https })).toMatchObject({ status: 426 })
    await direct.stop()
  })

  test('a request over https is answered, with headers that close everything else', async () => {
    const { status, headers } = await edge.query('{ hello }', { headers: https })
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(headers['x-powered-by']).toBeUndefined()
  })

  test.each([
    ['introspection', '{ __schema { types { name } } }'],
    ['introspection of a type', '{ __type(name: "User") { name } }'],
    ['introspection in a fragment', '{ ...F } fragment F on Query { __schema { queryType { name } } }'],
  ])('%s is closed', async (_name, query) => {
    const answer = await edge.query(query, { headers: https })
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    })
    expect(answer.body?.data).toBeUndefined()
  })

  test('nothing is suggested', async () => {
    for (const query of [
      '{ helo }',
      '{ echo(tex: "a") }',
      'mutation { signIn(input: { emai: "a@b" }) }',
      '{ echo(flavour: SWET) }',
    ]) {
      expect((await edge.query(query, { headers: https })).text).not.toContain('Did you mean')
    }
  })

  test('a browser gets no page', async () => {
    const answer = await edge.ask({ method: 'GET', headers: { ...https, accept: 'text/html' } })
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  })

  test('probes need no TLS', async () => {
    expect(await edge.ask({ method: 'GET', path: '/health/live' })).toMatchObject({ status: 200 })
  })
})

describe('outside production', () => {
  let edge: Edge
  beforeAll(async () => {
    edge = await startEdge({ mode: 'development' })
  })
  afterAll(() => edge.stop())

  test('a browser gets Apollo Sandbox, and may load it', async () => {
    const answer = await edge.ask({ method: 'GET', headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } })
    expect(answer.text).toContain('EmbeddedSandbox')
    const policy = String(answer.headers['content-security-policy'])
    for (const [source] of answer.text.matchAll(/(?<=<script[^>]* src=")https:\/\/[^/"]+/g)) {
      expect(`${policy} ${source}`).toMatch(
        /script-src [^;]*https:\/\/\*\.cdn\.apollographql\.com[^;]*;.* https:\/\/[a-z-]+\.cdn\.apollographql\.com$/,
      )
    }
    expect(policy).not.toContain('upgrade-insecure-requests')
    expect(answer.headers['strict-transport-security']).toBeUndefined()
  })

  test('a router gets the SDL as it was written, and entities', async () => {
    const { body } = await edge.query(
      '{ _service { sdl } _entities(representations: [{ __typename: "Node", id: "7" }]) { ... on Node { id } } }',
    )
    expect(body).toMatchObject({ data: { _entities: [{ id: '7' }] } })
    expect(JSON.stringify(body?.data?.['_service'])).toContain('type Node\\n  @key(fields: \\"id\\")')
  })

  test('introspection answers', async () => {
    expect(await edge.query('{ __schema { queryType { name } } }')).toMatchObject({
      body: { data: { __schema: { queryType: { name: 'Query' } } } },
    })
  })
})

describe('health and keys', () => {
  let edge: Edge
  afterEach(() => edge.stop())
  const get = (path: string) => edge.ask({ method: 'GET', path })

  test('an instance that is not ready says why, and lives', async () => {
    edge = await startEdge(
      {},
      { readiness: async () => ({ ready: false, checks: { database: 'no primary', keys: 'ok' } }) },
    )
    expect(await get('/health/live')).toMatchObject({ status: 200 })
    expect(await get('/health/ready')).toMatchObject({
      status: 503,
      text: '{"ready":false,"checks":{"database":"no primary","keys":"ok"}}',
    })
  })

  test('a check that throws is a no, without its cause', async () => {
    edge = await startEdge({}, { readiness: () => Promise.reject(new Error('mongodb://u:hunter2@db')) })
    const answer = await get('/health/ready')
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('hunter2')
  })

  test('the public keys are there, to be kept for ten minutes', async () => {
    edge = await startEdge()
    expect(await get('/.well-known/jwks.json')).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'public, max-age=600' },
      text: '{"keys":[{"kty":"EC","kid":"1"}]}',
    })
  })

  test('a drain fails readiness first, answers what still comes and keeps no connection', async () => {
    edge = await startEdge()
    expect((await get('/health/ready')).status).toBe(200)
    edge.beginDrain()
    expect(await get('/health/ready')).toMatchObject({
      status: 503,
      text: '{"ready":false,"checks":{"drain":"shutting down"}}',
    })
    const keptAlive = { connection: 'keep-alive' }
    expect(await edge.query('{ hello }', { headers: keptAlive })).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    })
  })

  test('a request that had begun to arrive before the stop is answered', async () => {
    edge = await startEdge()
    const arriving = connect(edge.port, '127.0.0.1')
    let answer = ''
    arriving.on('data', (chunk) => (answer += chunk.toString()))
    const ended = new Promise((resolve) => arriving.once('end', resolve))
    await new Promise((written) => arriving.write('GET /health/live HTTP/1.1\r\n', written))
    // Until the server has read that far, the connection is an idle one.
    await pause(100)
    edge.beginDrain()
    const stopped = edge.stop()
    arriving.write('Host: a\r\n\r\n')
    await ended
    await stopped
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
  })

  test('stopping does not wait for idle connections', async () => {
    edge = await startEdge()
    const idle = connect(edge.port, '127.0.0.1')
    await new Promise((connected) => idle.once('connect', connected))
    idle.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((answered) => idle.once('data', answered))
    const startedAt = performance.now()
    await edge.stop()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    idle.destroy()
  })
})
