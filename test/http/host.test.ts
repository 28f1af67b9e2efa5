import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { namesOneHost } from '../../src/http/host.js'
import { startEdge, type Edge } from './edge.js'
import { exchange } from './raw.js'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge.stop())
beforeEach(() => {
  edge.ran.length = 0
  edge.logged.length = 0
})

const body = '{"query":"{ hello }"}'
/** The same query behind these lines. */
const asking = (version: string, lines: readonly string[]): string =>
  [
    `POST /graphql HTTP/${version}`,
    ...lines,
    'content-type: application/json',
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n')

describe('A request that does not name one host is refused, and its connection ends (RFC 9112 §3.2):', () => {
  test.each([
    ['two hosts', ['Host: a.example', 'Host: hunter2.example']],
    ['the same one twice, in another spelling', ['Host: a.example', 'HOST: a.example']],
    ['three hosts, the last of them empty', ['Host: a.example', 'Host: hunter2', 'Host:']],
    ['no host', []],
    ['a host that is none', ['Host: [::hunter2']],
    ['a host with somebody in front', ['Host: hunter2@a.example']],
    ['a host with a path', ['Host: a.example/hunter2']],
    ['two hosts in one line', ['Host: a.example hunter2.example']],
  ])('%s', async (_name, lines) => {
    const answer = await exchange(edge.port, asking('1.1', lines).repeat(2))
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toMatch(/\r\nx-request-id: [\w-]{16}\r\n/)
    expect(answer).toMatch(/\r\nconnection: close\r\n/)
    expect(answer).toMatch(/\r\n\r\n\{"errors":\[\{"message":"[^"]*","extensions":\{"reason":"MALFORMED_REQUEST"/)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(answer + JSON.stringify(edge.logged)).not.toContain('hunter2')
    expect(edge.ran).toEqual([])
    // It is a request like others, so whoever asks can be told what became of it.
    expect(edge.logged).toEqual([expect.objectContaining({ status: 400, path: '/graphql', msg: 'request' })])
  })

  test('on a path that is none', async () => {
    const answer = await exchange(edge.port, 'GET /nothing HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })
})

test.each([
  ['one host', '1.1', ['Host: a.example', 'connection: close']],
  ['an empty one', '1.1', ['Host:', 'connection: close']],
  ['none in HTTP/1.0, which knows none', '1.0', []],
])('A request with %s is answered', async (_name, version, lines) => {
  const answer = await exchange(edge.port, asking(version, lines))
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(answer).toContain('"hello":"world"')
  expect(edge.ran).toEqual(['hello'])
})

test.each([
  ['id.example.com', true],
  ['id.example.com:4000', true],
  ['under_score:', true],
  ['127.0.0.1:80', true],
  ['[::1]:4000', true],
  ['', true],
  ['::1', false],
  ['[]', false],
  ['a:b', false],
  ['a:1:2', false],
  ['https://a', false],
  ['ä.example', false],
  ['a,b?', false],
])('%j names a host: %s', (host, expected) => {
  expect(namesOneHost({ httpVersion: '1.1', rawHeaders: ['Host', host] })).toBe(expected)
})
