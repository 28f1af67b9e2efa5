import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { mongo } from 'mongoose'
import { createChance } from '../../scripts/faults/chance.mjs'
import { calm, inWeather, startTcpProxy } from '../../scripts/faults/tcp-proxy.mjs'
import { answeredId, bodyOf, commandOf, createSplitter, requestId } from '../../scripts/faults/wire.mjs'

/** OP_MSG: header, flags, one section of kind 0. */
function message(body: object, { id = 7, answers = 0 } = {}): Buffer {
  const bson = Buffer.from(mongo.BSON.serialize(body))
  const head = Buffer.alloc(21)
  for (const [index, value] of [21 + bson.length, id, answers, 2013].entries()) head.writeInt32LE(value, index * 4)
  return Buffer.concat([head, bson])
}

describe('What passes between a server and MongoDB', () => {
  const first = message({ findAndModify: 'sessions', update: { $inc: { 'family.generation': 1 } } })
  const second = message({ ok: 1, value: null }, { id: 8, answers: 7 })

  test.each([1, 5, 16, 100, 10_000])('is cut into the same messages when it comes in pieces of %d bytes', (size) => {
    const split = createSplitter()
    const bytes = Buffer.concat([first, second])
    const messages: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size) messages.push(...split(bytes.subarray(at, at + size)))
    expect(messages).toEqual([first, second])
  })

  test('says which command it is, for which collection, and what it answers', () => {
    expect(commandOf(first)).toEqual({ name: 'findAndModify', collection: 'sessions' })
    expect(commandOf(message({ aggregate: 1, pipeline: [] }))).toEqual({ name: 'aggregate', collection: null })
    expect([requestId(first), answeredId(second)]).toEqual([7, 7])
    expect(bodyOf(second)).toEqual({ ok: 1, value: null })
  })
})

describe('A bad network', () => {
  async function withProxy(weather: typeof calm, ask: (socket: Socket) => Promise<void>): Promise<void> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(Buffer.alloc(1_000, 'a')))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = await startTcpProxy(
      port,
      inWeather(
        createChance(1),
        () => weather,
        () => undefined,
      ),
    )
    try {
      await ask(connect(proxy.port, '127.0.0.1'))
    } finally {
      await proxy.close()
      server.close()
    }
  }

  /** Whether all of it came, and whether the connection ended as it should. */
  async function answerOf(socket: Socket): Promise<{ whole: boolean; broken: boolean }> {
    let bytes = 0
    let broken = false
    socket.on('data', (chunk) => (bytes += chunk.length)).on('error', () => (broken = true))
    socket.write('?')
    await new Promise((resolve) => socket.once('close', resolve))
    return { whole: bytes === 1_000, broken }
  }

  test.each([
    ['nothing changes when it is calm', calm, { whole: true, broken: false }],
    ['an answer comes late and whole', { ...calm, delays: 1, longestDelayMs: 20 }, { whole: true, broken: false }],
    // Read together with the half, an RST is to libuv the end of the stream.
    ['half of an answer comes, and no more', { ...calm, halves: 1 }, { whole: false, broken: expect.any(Boolean) }],
    ['nothing comes, and the connection breaks', { ...calm, cuts: 1 }, { whole: false, broken: true }],
  ])('%s', async (_what, weather, expected) => {
    await withProxy(weather, async (socket) => expect(await answerOf(socket)).toEqual(expected))
  })
})
