import { deferred } from './deferred.mjs'
import { startTcpProxy } from './tcp-proxy.mjs'
import { answeredId, bodyOf, commandOf, createSplitter, requestId } from './wire.mjs'

/**
 * Every link between the members of a replica set, and between servers and members, as a proxy that can cut it and
 * sees what passes. Each member is known to all others by the port of its proxy. Who connects is said by the first
 * message: a mongod with test commands names its own port (`hostInfo`, as for MongoDB's own mongobridge), and a
 * server connects from an address of its own (server-preload.mjs).
 *
 * @typedef {import('./tcp-proxy.mjs').Connection} Connection
 *
 * @typedef {`member ${number}` | `server ${number}` | 'tool'} End
 *
 * A moment between two steps of the service, by what passes between it and the database:
 * - sign-out-asked: a session is about to be ended by its client, who must not have been told that it has
 * - rotation-answered: a refresh token has been spent, and nobody knows yet
 * - end-answered: a session has been ended, and nobody knows yet
 * - commit-answered: a transaction has been committed, and nobody knows yet
 * - verdict-read: a refresh that rotated nothing is about to read why
 * @typedef {'sign-out-asked' | 'rotation-answered' | 'end-answered' | 'commit-answered' | 'verdict-read'} Point
 *
 * The message of that moment does not go on until it is released, and never when it is lost with its connection.
 * @typedef {{ server: number, member: number, release: () => void, lose: () => void }} Held
 *
 * @typedef {Awaited<ReturnType<typeof startLinks>>} Links
 */

/** @param {number} server */
export function addressOfServer(server) {
  return process.platform === 'linux' ? `127.0.0.${10 + server}` : '127.0.0.1'
}

/** @param {readonly number[]} memberPorts */
export async function startLinks(memberPorts) {
  /** @type {Set<string>} */
  const cuts = new Set()
  /** @type {Set<Connection>} */
  const stalled = new Set()
  /** @type {ReturnType<typeof deferred<void>>} */
  let healed = deferred()
  /** @type {{ point: Point, resolve: (held: Held) => void, isOver: () => boolean }[]} */
  let armed = []
  /** @type {Set<number>} */
  const deaf = new Set()
  /** @type {ReturnType<typeof deferred<void>>} */
  let hearing = deferred()

  const proxies = await Promise.all(memberPorts.map((port, to) => startTcpProxy(port, (each) => tap(each, to))))

  /**
   * @param {Connection} connection
   * @param {number} to
   * @returns {import('./tcp-proxy.mjs').Pass}
   */
  function tap(connection, to) {
    const split = { up: createSplitter(), down: createSplitter() }
    /** @type {End | null} */
    let from = null
    /** Requests whose answers are waited for. @type {Map<number, Point | 'stream'>} */
    const pending = new Map()

    return async (chunk, direction) => {
      const messages = split[direction](chunk)
      for (const message of messages) {
        from ??= endOf(message, connection.from, memberPorts)
        if (cuts.has(`${from} > ${to}`)) {
          stalled.add(connection)
          await healed.promise
          return null
        }
        if (from.startsWith('server ')) await inspect(message, direction, { from, to, pending, connection })
      }
      return messages.length === 1 ? (messages[0] ?? null) : Buffer.concat(messages)
    }
  }

  /**
   * @param {Buffer} message
   * @param {import('./tcp-proxy.mjs').Direction} direction
   * @param {{ from: End, to: number, pending: Map<number, Point | 'stream'>, connection: Connection }} link
   */
  async function inspect(message, direction, { from, to, pending, connection }) {
    const where = { server: Number(from.slice('server '.length)), member: to, connection }
    if (direction === 'up') {
      const point = pointOf(message, armed.length > 0)
      if (point === 'verdict-read') return holdAt(point, where)
      if (point !== null) pending.set(requestId(message), point)
      if (point === 'end-answered' && isSignOut(message)) await holdAt('sign-out-asked', where)
      return
    }
    const point = pending.get(answeredId(message))
    if (point === undefined) return
    pending.delete(answeredId(message))
    if (point === 'stream') {
      while (deaf.has(where.server)) await hearing.promise
    } else if (isDone(point, message)) await holdAt(point, where)
  }

  /**
   * @param {Point} point
   * @param {{ server: number, member: number, connection: Connection }} where
   */
  async function holdAt(point, { server, member, connection }) {
    armed = armed.filter(({ isOver }) => !isOver())
    const waiting = armed.find((each) => each.point === point)
    if (waiting === undefined) return
    armed.splice(armed.indexOf(waiting), 1)
    /** @type {ReturnType<typeof deferred<void>>} */
    const released = deferred()
    const lose = () => {
      connection.reset()
      released.resolve()
    }
    waiting.resolve({ server, member, release: released.resolve, lose })
    await released.promise
  }

  return {
    ports: proxies.map(({ port }) => port),
    /** Nothing passes any more, and nobody is told: connections stay open. @param {End} from @param {number} to */
    cut: (from, to) => void cuts.add(`${from} > ${to}`),
    /** No member hears from this one, nor it from any; servers reach all of them. @param {number} member */
    isolate(member) {
      for (const other of memberPorts.keys()) {
        if (other === member) continue
        cuts.add(`member ${member} > ${other}`)
        cuts.add(`member ${other} > ${member}`)
      }
    },
    heal() {
      cuts.clear()
      for (const connection of stalled) connection.reset()
      stalled.clear()
      healed.resolve()
      healed = deferred()
    },
    /** This server gets no more of the change stream, and nobody tells it so. @param {number} server */
    deafen: (server) => void deaf.add(server),
    undeafen() {
      deaf.clear()
      hearing.resolve()
      hearing = deferred()
    },
    /**
     * Holds the next message of that moment; null when there is none in that time.
     * @param {Point} point
     * @param {number} withinMs
     * @returns {Promise<Held | null>}
     */
    hold(point, withinMs) {
      return new Promise((resolve) => {
        let over = false
        const timer = setTimeout(() => {
          over = true
          resolve(null)
        }, withinMs)
        armed.push({
          point,
          isOver: () => over,
          resolve(held) {
            clearTimeout(timer)
            resolve(held)
          },
        })
      })
    },
    close: () => Promise.all(proxies.map((proxy) => proxy.close())),
  }
}

/**
 * @param {Buffer} message
 * @param {string} address
 * @param {readonly number[]} memberPorts
 * @returns {End}
 */
function endOf(message, address, memberPorts) {
  const hostInfo = bodyOf(message)?.['hostInfo']
  if (typeof hostInfo === 'string') {
    const member = memberPorts.indexOf(Number(hostInfo.slice(hostInfo.lastIndexOf(':') + 1)))
    if (member >= 0) return `member ${member}`
  }
  const last = Number(address.slice(address.lastIndexOf('.') + 1))
  if (last >= 10) return `server ${last - 10}`
  return process.platform === 'linux' ? 'tool' : 'server 0'
}

/**
 * @param {Buffer} message
 * @param {boolean} isArmed
 * @returns {Point | 'stream' | null}
 */
function pointOf(message, isArmed) {
  const command = commandOf(message)
  if (command === null) return null
  // The stream is opened on the whole database: no collection is named.
  if (command.name === 'getMore' || (command.name === 'aggregate' && command.collection === null)) return 'stream'
  if (!isArmed) return null
  if (command.name === 'commitTransaction') return 'commit-answered'
  if (command.collection !== 'sessions') return null
  if (command.name === 'find') {
    return bodyOf(message)?.['readConcern']?.level === 'linearizable' ? 'verdict-read' : null
  }
  if (command.name !== 'findAndModify') return null
  const update = bodyOf(message)?.['update']
  if (update?.$inc?.['family.generation'] !== undefined) return 'rotation-answered'
  return update?.$set?.endedAt === undefined ? null : 'end-answered'
}

/** Of what ends a session: whether its own client asked for that. @param {Buffer} message */
function isSignOut(message) {
  return bodyOf(message)?.['update']?.$set?.endReason === 'signed-out'
}

/**
 * @param {Point} point
 * @param {Buffer} message
 */
function isDone(point, message) {
  const answer = bodyOf(message)
  if (answer?.['ok'] !== 1 || answer['writeConcernError'] !== undefined) return false
  return point === 'commit-answered' || answer['value'] !== null
}
