import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createLoad } from '../../scripts/bench/load.mjs'
import { askAtRate } from '../../scripts/bench/open-loop.mjs'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A server that answers what a function makes of the body. */
async function serve(answer: (body: string, response: ServerResponse) => string | null) {
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const text = answer(body, response)
      if (text !== null) response.end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, headers: {}, body: '{}' }
}

const tokenBody = (token: string) => JSON.stringify({ token })
const chain = '"token":"([^"]+)"'

describe('Load of the bench', () => {
  test('asks as often as it was told', async () => {
    let asked = 0
    const load = createLoad(await serve(() => `{"asked":${(asked += 1) > 0}}`))
    await load.firstAnswer()
    await load.ask(20)
    expect(asked).toBe(21)
  })

  test('sends its variants in turn, and goes on where it ended', async () => {
    const seen: string[] = []
    const target = await serve((body) => {
      seen.push(body)
      return '{"data":1}'
    })
    const variants = ['1', '2', '3'].map((body) => ({ body }))
    const load = createLoad({ ...target, variants, marker: 'data' })
    for (let round = 0; round < 3; round += 1) await load.ask(1)
    expect(seen).toEqual(['1', '2', '3'])
  })

  test('spends each answer of a chain on the next request of the same connection', async () => {
    const spent = new Set<string>()
    let issued = 0
    const target = await serve((body) => {
      const { token } = JSON.parse(body) as { token: string }
      if (spent.has(token)) return '{"errors":[{"message":"spent twice"}]}'
      spent.add(token)
      return tokenBody(`issued ${(issued += 1)}`)
    })
    const variants = ['first', 'second'].map((token) => ({ body: tokenBody(token) }))
    const load = createLoad({ ...target, variants, chain })
    await load.firstAnswer()
    await load.ask(2)
    await load.ask(2)
    expect([...spent]).toHaveLength(5)
  })

  test.each<[string, () => string]>([
    ['a token that comes back unchanged', () => tokenBody('first')],
    ['no token', () => '{}'],
  ])('is worth nothing where a chain gets %s', async (_what, answer) => {
    const load = createLoad({ ...(await serve(answer)), variants: [{ body: tokenBody('first') }], chain })
    await expect(load.ask(1)).rejects.toThrow('1 other answers of 1')
  })

  test.each<[string, string, { marker?: string }, string]>([
    ['a refusal of GraphQL', '{"errors":[{"message":"no"}]}', {}, 'refused: no'],
    ['nobody, with status 200', 'null', { marker: '"email"' }, 'other answer: null'],
  ])('does not begin with %s', async (_what, answer, more, message) => {
    const load = createLoad({ ...(await serve(() => answer)), ...more })
    await expect(load.firstAnswer()).rejects.toThrow(message)
  })

  test('is worth nothing where a later answer is another', async () => {
    let asked = 0
    const load = createLoad(await serve(() => `{"asked":${(asked += 1)}}`))
    await load.firstAnswer()
    await expect(load.ask(1)).rejects.toThrow('1 other answers of 1')
  })
})

test('The open loop waits for no answer before it asks again', async () => {
  // All but the first are held back until as many have come: whoever waits for one never sends the last.
  const held: ServerResponse[] = []
  let asked = 0
  const target = await serve((_body, response) => {
    asked += 1
    if (asked === 1) return 'same'
    held.push(response)
    if (held.length === 10) for (const each of held) each.end('same')
    return null
  })
  expect(await askAtRate({ target, perSecond: 100, forMs: 100 })).toHaveLength(10)
})
