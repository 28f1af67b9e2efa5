/**
 * `npm run bench:growth`: whether sign-in and refresh stay as fast when there are many people. Two databases on one
 * mongod, a small and a large one, each with a server of its own, asked in turn. The large one takes minutes to fill
 * and is kept; a seeding that was cut short goes on where it was.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { takeLock } from '../lock-file.mjs'
import { MongodUnavailable, startReplicaSet } from '../mongod.mjs'
import { root } from '../setup/folders.mjs'
import { done, fail, Failure, working } from '../setup/say.mjs'
import { createProgress } from './growth/progress.mjs'
import { conclude, tableOf, sizeLines } from './growth/report.mjs'
import { clients, compare, round } from './growth/rounds.mjs'
import { documentCount, seed } from './growth/seed.mjs'
import { openSide } from './growth/side.mjs'
import { bytesPerPerson, sizesOf } from './growth/sizes.mjs'
import { writeResults } from './results.mjs'
import { dropDatabase } from './throw-away.mjs'

/** @typedef {import('./growth/population.mjs').Population} Population */

const folder = join(root, '.data', 'growth')
const usage = `npm run bench:growth -- [options]
  --users <n>              of the large database (1000000)
  --sessions-per-user <n>  (5)
  --rounds <n>             (10)
  --cache-gb <n>           WiredTiger cache of the mongod that it brings (4)
  --seed-only              fills the large database and stops
  --fresh                  drops the large database first
  --clean                  removes it afterwards; otherwise it is kept for the next run
  --check                  exit code 1 when a goal is missed`
/** The small side has a session for each refresh, so this times the rounds is at most its sessions. */
const [smallUsers, requestsPerRound, warmUpRequests] = [1_000, 400, 600]
/** The service keeps so many spent tokens of a session, and who uses it for an hour has them. */
const spentTokens = 8

try {
  const options = readOptions()
  await withDatabase(options, (server) => run(server, options))
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

/** @typedef {ReturnType<typeof readOptions>} Options */
function readOptions() {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '1000000' },
      'sessions-per-user': { type: 'string', default: '5' },
      rounds: { type: 'string', default: '10' },
      'cache-gb': { type: 'string', default: '4' },
      'seed-only': { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      clean: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) throw new Failure(usage)
  /** @param {'users' | 'sessions-per-user' | 'rounds' | 'cache-gb'} name */
  const whole = (name) => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < 1) throw new Failure(`--${name} takes a number from 1\n${usage}`)
    return value
  }
  const { 'seed-only': seedOnly, fresh, clean, check } = values
  const sessionsPerUser = whole('sessions-per-user')
  const [large, small] = [whole('users'), smallUsers].map((users) => populationOf(users, sessionsPerUser))
  if (large === undefined || small === undefined) throw new Error('There are two populations')
  const rounds = whole('rounds')
  const needed = rounds * requestsPerRound + warmUpRequests
  if (small.users * sessionsPerUser < needed) throw new Failure(`${rounds} rounds need ${needed} sessions: take fewer`)
  return { small, large, rounds, cacheGB: whole('cache-gb'), seedOnly, fresh, clean, check }
}

/** @param {number} users @param {number} sessionsPerUser @returns {Population} */
function populationOf(users, sessionsPerUser) {
  return { seed: 'portcullis', users, sessionsPerUser, spentTokens }
}

/**
 * @param {Options} options
 * @param {(server: string) => Promise<void>} work
 */
async function withDatabase({ cacheGB, clean, large }, work) {
  const { MONGODB_URI } = process.env
  if (MONGODB_URI) {
    await work(MONGODB_URI)
    if (clean) await dropDatabase(databaseAt(MONGODB_URI, large))
    return
  }
  await mkdir(folder, { recursive: true })
  const lock = takeLock(`${folder}.lock`)
  if (lock.holder !== null) throw new Failure(`Process ${lock.holder} is measuring growth already`)
  try {
    const replicaSet = await startReplicaSet({ dataDir: folder, cacheGB, log: working })
    try {
      await work(replicaSet.uri)
    } finally {
      await replicaSet.stop()
    }
    if (clean) await rm(folder, { recursive: true, force: true })
    else done('the large database is kept in .data/growth; --clean removes it')
  } finally {
    lock.release()
  }
}

/**
 * @param {string} server
 * @param {Options} options
 */
async function run(server, { small, large, rounds, seedOnly, fresh, check }) {
  const uris = { small: databaseAt(server, small, 'small'), large: databaseAt(server, large) }
  if (fresh) await dropDatabase(uris.large)
  const seeding = await seedWithProgress(uris.large, large)
  if (seedOnly) return
  // Its sessions are too few for a second run.
  await dropDatabase(uris.small)
  await seed(uris.small, { population: small })
  try {
    const { comparisons, sizes } = await measure(uris, { small, large, rounds })
    const perPerson = bytesPerPerson(sizes)
    const conclusion = conclude(comparisons)
    console.log(`\n${tableOf(conclusion, { small, large })}\n\n${sizeLines(sizes, perPerson).join('\n')}\n`)
    await writeResults(
      { small, large, clients, rounds, requestsPerRound, seeding, conclusion, sizes, perPerson },
      'growth',
    )
    if (check && conclusion.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1
  } finally {
    await dropDatabase(uris.small)
  }
}

/** @param {string} uri @param {Population} population */
async function seedWithProgress(uri, population) {
  const progress = createProgress('seeding', documentCount(population))
  const startedAt = performance.now()
  try {
    const { written } = await seed(uri, { population, onWritten: progress.update })
    const seconds = (performance.now() - startedAt) / 1000
    progress.stop()
    const documentsPerSecond = Math.round(written / seconds)
    if (written > 0) done(`${written} documents in ${Math.round(seconds)} s, ${documentsPerSecond} per second`)
    return written > 0 ? { written, seconds, documentsPerSecond } : null
  } finally {
    progress.stop()
  }
}

/**
 * @param {{ small: string, large: string }} uris
 * @param {Pick<Options, 'small' | 'large' | 'rounds'>} how
 */
async function measure(uris, { small, large, rounds }) {
  /** @type {import('./growth/side.mjs').Side[]} */
  const open = []
  try {
    const [smallSide, largeSide] = [
      await openSide(uris.small, small, { connections: clients }),
      await openSide(uris.large, large, { connections: clients }),
    ]
    open.push(smallSide, largeSide)
    const sides = { small: smallSide, large: largeSide }
    for (const side of open) await side.checkShapes()
    const sizes = await sizesOf(largeSide.database)
    working(`warming up: ${warmUpRequests} sign-ins and as many refreshes on each side`)
    await round(sides, warmUpRequests)
    /** @type {import('./growth/rounds.mjs').Samples[]} */
    const samples = []
    for (let index = 0; index < rounds; index++) {
      samples.push(await round(sides, requestsPerRound))
      working(`round ${index + 1} of ${rounds}`)
    }
    return { comparisons: compare(samples), sizes }
  } finally {
    await Promise.all(open.map((side) => side.close()))
  }
}

/**
 * @param {string} server
 * @param {Population} population
 * @param {string} [name]
 */
function databaseAt(server, { users, sessionsPerUser }, name = `${users}x${sessionsPerUser}`) {
  const uri = new URL(server)
  uri.pathname = `/growth_${name}`
  return uri.href
}
