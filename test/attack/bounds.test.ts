import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { Undecided } from '../../src/attack/check.js'
import { createClient, NoAnswer } from '../../src/attack/client.js'
import { resolveTarget, type Address, type Permission } from '../../src/attack/target.js'
import { systemClock } from '../../src/kernel/clock.js'
import { startNaiveServer } from './naive-server.js'
import { attackOn } from './run.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const nobody: Permission = { allowRemote: false, hostIsMine: undefined }
const resolvesTo =
  (...addresses: Address[]) =>
  async () =>
    addresses
const here: Address = { address: '127.0.0.1', family: 4 }
const there: Address = { address: '203.0.113.5', family: 4 }

describe('What may be attacked', () => {
  test.each<[string, string, Address[], Permission, RegExp | null]>([
    ['this machine', 'http://localhost:4000', [here, { address: '::1', family: 6 }], nobody, null],
    ['this machine by another name', 'http://id.test/graphql', [here], nobody, null],
    ['another machine', 'http://id.test', [there], nobody, /not this machine/],
    ['a name that is here and there', 'http://id.test', [here, there], nobody, /not this machine/],
    ['a private network', 'http://id.test', [{ address: '192.168.1.2', family: 4 }], nobody, /not this machine/],
    [
      'a mapped address of another machine',
      'http://id.test',
      [{ address: '::ffff:203.0.113.5', family: 6 }],
      nobody,
      /not/,
    ],
    ['another machine, said once', 'http://id.test', [there], { ...nobody, allowRemote: true }, /not this machine/],
    ['another machine, the host alone', 'http://id.test', [there], { ...nobody, hostIsMine: 'id.test' }, /not this/],
    [
      'another machine, a different host',
      'http://id.test',
      [there],
      { allowRemote: true, hostIsMine: 'id.tes' },
      /not/,
    ],
    ['another machine, said twice', 'http://id.test', [there], { allowRemote: true, hostIsMine: 'ID.test' }, null],
    ['a name without an address', 'http://id.test', [], nobody, /no address/],
    ['a file', 'file:///etc/passwd', [here], nobody, /not an http/],
    ['a URL with a password', 'http://ada:secret@localhost', [here], nobody, /password in it/],
  ])('%s', async (_name, url, addresses, permission, refusal) => {
    const target = resolveTarget(url, permission, resolvesTo(...addresses))
    if (refusal === null) expect((await target).addresses).toEqual(addresses)
    else await expect(target).rejects.toThrow(refusal)
  })
})

test('a name leads to where it was resolved, whatever it resolves to now', async () => {
  let asked = 0
  const url = await listen((_request, response) => {
    asked += 1
    response.end('here')
  })
  const named = url.replace('127.0.0.1', 'localhost')
  const sendTo = async (address: Address) => {
    const target = await resolveTarget(named, nobody, resolvesTo(address))
    const client = createClient({ target, bounds: { maxRequests: 1, maxMs: 5_000 }, clock: systemClock })
    const answer = await client.send({ method: 'GET' }).catch((cause: Error) => cause)
    client.close()
    return answer
  }
  expect(await sendTo(here)).toMatchObject({ text: 'here' })
  // Nobody listens there; a second look at the DNS would lead to the server.
  expect(await sendTo({ address: '::1', family: 6 })).toBeInstanceOf(NoAnswer)
  expect(asked).toBe(1)
})

test('an address that is not the one that was resolved gets nothing', async () => {
  let asked = 0
  const url = await listen((_request, response) => {
    asked += 1
    response.end()
  })
  // As if the literal in the URL had been somebody else's word.
  const target = { url: new URL(url), addresses: [there], isLoopback: false }
  const client = createClient({ target, bounds: { maxRequests: 2, maxMs: 5_000 }, clock: systemClock })
  await expect(client.send({ body: 'secret' })).rejects.toThrow(/not the target/)
  expect(asked).toBe(0)
  client.close()
})

test('a redirect is an answer, and leads nowhere', async () => {
  let elsewhere = 0
  const other = await listen((_request, response) => {
    elsewhere += 1
    response.end()
  })
  const url = await listen((_request, response) => response.writeHead(307, { location: other }).end())
  const report = await attackOn(url)
  expect([elsewhere, report.summary.pass]).toEqual([0, 0])
})

test('what the server does not have is not a pass', async () => {
  // A GraphQL server that has nothing of an identity server.
  const url = await listen((_request, response) => {
    const errors = [{ message: 'Cannot query field "signUp" on type "Mutation".' }]
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }))
  })
  const { results } = await attackOn(url)
  const credentials = results.filter(({ area }) => area !== 'HTTP' && area !== 'Answers' && area !== 'GraphQL')
  expect(new Set(credentials.map(({ outcome }) => outcome))).toEqual(new Set(['not-applicable']))
  expect(results.filter(({ outcome }) => outcome === 'pass')).toEqual([])
})

test('requests are bounded, and what was not tried is undecided', async () => {
  const server = await startNaiveServer()
  const { requests, summary } = await attackOn(server.url, { maxRequests: 40 })
  await server.close()
  expect([requests, summary.fail, summary.undecided > 20]).toEqual([40, 0, true])
})

test('nothing is waited for beyond the end', async () => {
  const target = await resolveTarget('http://localhost', nobody, resolvesTo(here))
  const client = createClient({ target, bounds: { maxRequests: 1, maxMs: 60_000 }, clock: systemClock })
  await client.wait(1)
  await expect(client.wait(61_000)).rejects.toThrow(Undecided)
})

test('a server that throttles everything passes nothing', async () => {
  const url = await listen((_request, response) => {
    response
      .writeHead(429, { 'content-type': 'application/json', 'retry-after': '60' })
      .end('{"errors":[{"message":"Too many requests"}]}')
  })
  const { results } = await attackOn(url)
  const judged = results.filter(({ outcome }) => outcome === 'pass')
  expect(judged.map(({ check }) => check)).toEqual([])
})
