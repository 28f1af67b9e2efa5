import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { outboxFolder } from '../outbox-folder.mjs'
import { createAdmin, createStranger } from './admin.mjs'
import { createAsk } from './ask.mjs'
import { askForTheLastTime } from './last-questions.mjs'
import { check } from './checker.mjs'
import { createHistory } from './history.mjs'
import { readHoldings, readTime } from './holdings.mjs'
import { createPerson } from './person.mjs'
import { createServer } from './server.mjs'
import { calm, inWeather, startTcpProxy } from './tcp-proxy.mjs'

/**
 * Where a scenario happens: servers on a database of their own, and people who use them.
 * @typedef {Awaited<ReturnType<typeof setStage>>} Stage
 *
 * @typedef {object} StageOptions
 * @property {import('./cluster.mjs').Cluster} cluster
 * @property {string} dist the built service
 * @property {import('./chance.mjs').Chance} chance
 * @property {(line: string) => void} log
 * @property {number} [persons]
 * @property {number} [longestThoughtMs]
 */

const graceMs = 20_000
const accessTtlMs = 60_000
/** So long an ended session is kept at least. */
const keepEndedMs = 2 * accessTtlMs
export const drainMs = 1_000
/** What the service promises for another instance, in measures.md. */
const boundMs = 1_000

/** Nobody is throttled: everybody comes from one address. */
const generousLimits = JSON.stringify({
  accountFailures: 100_000,
  networkFailures: 1_000_000,
  signUpsPerNetwork: 1_000_000,
  changesPerMinute: 1_000_000,
})

/** What was begun of it is ended when the rest fails. @param {StageOptions} options */
export async function setStage(options) {
  /** @type {(() => unknown)[]} */
  const undo = []
  const leave = async () => {
    for (const end of undo.toReversed()) await end()
  }
  try {
    return { ...(await arrange(options, undo)), leave }
  } catch (cause) {
    await leave()
    throw cause
  }
}

/**
 * @param {StageOptions} options
 * @param {(() => unknown)[]} undo what to do when it is left
 */
async function arrange({ cluster, dist, chance, log, persons = 8, longestThoughtMs = 120 }, undo) {
  const database = `faults_${randomBytes(6).toString('hex')}`
  const env = {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://portcullis.test',
    MONGODB_URI: cluster.uri.replace('/?', `/${database}?`),
    PORTCULLIS_SECRET: randomBytes(32).toString('base64'),
    PORTCULLIS_SEED: 'development',
    SIGN_UP: 'open',
    MAIL_URL: outboxFolder,
    LOG_LEVEL: 'info',
    ACCESS_TTL: `${accessTtlMs}ms`,
    DRAIN_DELAY: `${drainMs}ms`,
    REFRESH_GRACE: `${graceMs}ms`,
    REFRESH_MIN_AGE: '500ms',
    ARGON2_MEMORY: '64KiB',
    ARGON2_PASSES: '1',
    RATE_LIMITS: generousLimits,
  }
  const direct = await cluster.connectDirectly()
  const since = await readTime(direct)
  await direct.close()
  const servers = await Promise.all([0, 1].map((index) => createServer({ index, dist, env })))
  const [first, second] = servers
  if (first === undefined || second === undefined) throw new Error('There are two servers')
  undo.push(() => Promise.all(servers.map((server) => server.end('SIGKILL'))))
  await first.start()
  const admin = await seededAdmin(first)
  await second.start()

  let weather = calm
  const faults = { cut: 0, half: 0 }
  const network = chance.fork('network')
  const proxies = await Promise.all(
    servers.map(({ port }) =>
      startTcpProxy(
        port,
        inWeather(
          network,
          () => weather,
          (fault) => (faults[fault] += 1),
        ),
      ),
    ),
  )
  undo.push(() => Promise.all(proxies.map((proxy) => proxy.close())))
  let isWeather = false
  /** @type {Set<number>} */
  const closedDoors = new Set()
  let isOver = false
  const startedAt = performance.now()
  const now = () => performance.now() - startedAt
  const history = createHistory()
  const { ask, isReady, close: closeAsk } = createAsk()
  undo.push(closeAsk)

  /** @param {import('./chance.mjs').Chance} chance */
  function route(chance) {
    const open = servers.filter(({ index }) => !closedDoors.has(index))
    const server = chance.pick(open.length === 0 ? servers : open)
    return { server, port: isWeather ? (proxies[server.index]?.port ?? 0) : server.port }
  }

  /** @type {import('./client.mjs').Surroundings} */
  const surroundings = { ask, route, history, now, isOver: () => isOver }
  undo.push(() => (isOver = true))
  const people = await Promise.all(
    Array.from({ length: persons }, (_, index) =>
      createPerson(`person${index}`, chance.fork(`person ${index}`), surroundings, { longestThoughtMs }),
    ),
  )
  // Half of them: what becomes of the others has no other explanation than what they did themselves.
  const subjects = people.filter((_, index) => index % 2 === 1).map(({ userId }) => userId)
  const office = { ...admin, subjects, longestThoughtMs: longestThoughtMs * 4 }
  const officer = await createAdmin('admin', chance.fork('admin'), surroundings, office)
  const stranger = createStranger('stranger', chance.fork('stranger'), surroundings, {
    subjects,
    tokens: () => people.flatMap(({ devices }) => devices.map(({ accessToken }) => accessToken)),
    longestThoughtMs,
  })
  const everybody = [...people, officer, stranger]
  /** @type {Promise<void>[]} */
  let lives = []
  undo.push(() => {
    isOver = true
    return Promise.allSettled(lives)
  })
  /** @type {import('./checker.mjs').Drain[]} */
  const drains = []
  /** @type {string[]} */
  const crashes = []

  return {
    cluster,
    servers,
    people,
    officer,
    history,
    drains,
    chance,
    now,
    log,
    surroundings,
    isReady,
    networkFaults: faults,
    begin() {
      lives = everybody.map((each) => each.live())
    },
    /** Whoever routes to it sends it nothing new. @param {number} index @param {boolean} isOpen */
    setDoor: (index, isOpen) => void (isOpen ? closedDoors.delete(index) : closedDoors.add(index)),
    /** @param {import('./tcp-proxy.mjs').Weather | null} next null: no network between clients and servers that could be bad */
    setWeather(next) {
      isWeather = next !== null
      weather = next ?? calm
    },
    /**
     * From now to the first time that the service has changed something again.
     * @param {number} since
     * @param {number} [patienceMs]
     */
    async recovery(since, patienceMs = 40_000) {
      const isChange = (/** @type {import('./history.mjs').Operation} */ { kind, outcome, invokedAt }) =>
        outcome === 'ok' && invokedAt >= since && ['refresh', 'sign-in', 'sign-up'].includes(kind)
      const back = history.operations.find(isChange) ?? (await history.next(isChange, patienceMs))
      return back === null ? null : back.answeredAt - since
    },
    noteCrashes() {
      for (const server of servers) crashes.push(...server.takeCrashes())
    },
    /** Everything is well again; what everybody was told is compared with what there is. */
    async judge() {
      isWeather = false
      closedDoors.clear()
      this.noteCrashes()
      await cluster.settle()
      for (const server of servers) if (!server.isUp) await server.start()
      const unready = await Promise.all(servers.map((server) => whyNotReady(server, isReady)))
      isOver = true
      await Promise.all(lives)
      const unserved = [...unready, ...(await askForTheLastTime(everybody, servers, surroundings, chance))]
      this.noteCrashes()
      const primary = await cluster.connectDirectly()
      try {
        const held = { ...(await readHoldings(primary, database, since)), readAt: now() }
        const { operations } = history
        return {
          operations,
          held,
          crashes,
          unserved: unserved.filter((what) => what !== null),
          violations: check({ operations, held, drains, rules: { graceMs, boundMs, keepEndedMs } }),
        }
      } finally {
        await primary.close()
      }
    },
  }
}

/** @param {import('./server.mjs').Server} server */
async function seededAdmin(server) {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline;) {
    // To the end of the line: of what has not been printed as a whole, half a password would be read.
    const [, email, password] = /admin: (\S+)\s+password: (\S+)\n/.exec(server.printed()) ?? []
    if (email !== undefined && password !== undefined) return { email, password }
    await sleep(10)
  }
  throw new Error(`Server ${server.index} made no administrator:\n${server.printed()}`)
}

/**
 * @param {import('./server.mjs').Server} server
 * @param {(port: number) => Promise<boolean>} isReady
 */
async function whyNotReady(server, isReady) {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(50)) {
    if (await isReady(server.port)) return null
  }
  return `server ${server.index} is up and does not become ready:\n${server.printed()}`
}
