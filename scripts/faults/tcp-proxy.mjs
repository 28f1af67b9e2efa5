import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { host } from '../mongod/member-commands.mjs'

/**
 * @typedef {'up' | 'down'} Direction up: from whoever connects to the target
 *
 * @typedef {object} Connection
 * @property {string} from the address of whoever connects
 * @property {() => void} reset ends both sides as a crash would, with RST
 * @property {(bytes: Buffer) => Promise<void>} answer writes to whoever connects
 *
 * What goes on: these bytes, later ones if it is a promise, none if it is null.
 * @typedef {(chunk: Buffer, direction: Direction) => Buffer | null | Promise<Buffer | null>} Pass
 *
 * @typedef {Awaited<ReturnType<typeof startTcpProxy>>} TcpProxy
 */

/**
 * Passes bytes between whoever connects and one port, in order, and lets `open` say for each connection what becomes
 * of them.
 * @param {number} targetPort
 * @param {(connection: Connection) => Pass} open
 */
export async function startTcpProxy(targetPort, open) {
  /** @type {Set<Connection>} */
  const connections = new Set()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port: targetPort, host, allowHalfOpen: true, noDelay: true })
    const closed = new AbortController()
    const reset = () => {
      closed.abort()
      for (const socket of [client, upstream]) if (!socket.destroyed) socket.resetAndDestroy()
    }
    /** @type {Connection} */
    const connection = {
      from: client.remoteAddress ?? '',
      reset,
      answer: (bytes) => write(client, bytes, closed.signal),
    }
    connections.add(connection)
    for (const socket of [client, upstream]) {
      socket.on('error', reset)
      socket.once('close', (hadError) => {
        connections.delete(connection)
        if (hadError || !socket.readableEnded) reset()
      })
    }
    const pass = open(connection)
    void pump(client, upstream, (chunk) => pass(chunk, 'up'), closed.signal).catch(reset)
    void pump(upstream, client, (chunk) => pass(chunk, 'down'), closed.signal).catch(reset)
  })
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A TCP proxy listens on a port')
  return {
    port: address.port,
    connections,
    resetAll() {
      for (const connection of connections) connection.reset()
    },
    async close() {
      server.close()
      for (const connection of connections) connection.reset()
    },
  }
}

/**
 * @param {import('node:net').Socket} source
 * @param {import('node:net').Socket} destination
 * @param {(chunk: Buffer) => Buffer | null | Promise<Buffer | null>} pass
 * @param {AbortSignal} closed
 */
async function pump(source, destination, pass, closed) {
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    const passed = await pass(chunk)
    if (closed.aborted) return
    if (passed !== null) await write(destination, passed, closed)
  }
  destination.end()
}

/**
 * @param {import('node:net').Socket} socket
 * @param {Buffer} bytes
 * @param {AbortSignal} closed
 */
async function write(socket, bytes, closed) {
  if (!socket.destroyed && !socket.write(bytes)) await once(socket, 'drain', { signal: closed })
}

/**
 * What a bad network does, as probabilities for each chunk.
 * @typedef {object} Weather
 * @property {number} delays
 * @property {number} longestDelayMs
 * @property {number} cuts the connection breaks, and the bytes are lost
 * @property {number} halves half of the bytes arrive, then the connection breaks
 */

/** @type {Weather} */
export const calm = { delays: 0, longestDelayMs: 0, cuts: 0, halves: 0 }

/**
 * @param {import('./chance.mjs').Chance} chance
 * @param {() => Weather} weather as it is now
 * @param {(fault: 'cut' | 'half') => void} onFault
 * @returns {(connection: Connection) => Pass}
 */
export function inWeather(chance, weather, onFault) {
  return (connection) => async (chunk, direction) => {
    const { delays, longestDelayMs, cuts, halves } = weather()
    if (chance.happens(delays)) await sleep(chance.between(0, longestDelayMs))
    if (chance.happens(cuts)) {
      onFault('cut')
      connection.reset()
      return null
    }
    if (direction === 'down' && chance.happens(halves)) {
      onFault('half')
      await connection.answer(chunk.subarray(0, chunk.length >> 1))
      // An RST overtakes what is still on its way.
      await sleep(5)
      connection.reset()
      return null
    }
    return chunk
  }
}
