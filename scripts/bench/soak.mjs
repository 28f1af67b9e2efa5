/**
 * `npm run bench:soak`: half an hour of mixed load on the built service. Nobody may get a wrong answer, and what the
 * process holds may not grow. `--minutes <n>`, `--clients <n>`, `--check` (exit code 1 when a goal is missed).
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { MongodUnavailable, withDatabase } from '../mongod.mjs'
import { done, fail, Failure, working } from '../setup/say.mjs'
import { columnsOf } from './columns.mjs'
import { createClient } from './graphql-client.mjs'
import { secretOf } from './growth/population.mjs'
import { seed } from './growth/seed.mjs'
import { productionLike } from './production-like.mjs'
import { writeResults } from './results.mjs'
import { withThrowAway } from './throw-away.mjs'
import { startServer } from './server-process.mjs'
import { createLife } from './soak/life.mjs'
import { percentileOf, slopeOf } from './statistics.mjs'
import { showTokens } from './token-flood.mjs'

/**
 * @typedef {{ atMinutes: number, rssMB: number }} Sample
 * @typedef {{ times: number[], wrong: number }} Step
 */

/** In MB for each ten minutes, over the last two thirds. */
const slopeGoal = 1
const sampleEveryMs = 5_000
/** People look at what they got. */
const thinkMs = 20
/**
 * The cache of callers holds 20,000, so it is filled before anything is measured: while it fills, a bounded cache looks
 * like a leak.
 */
const strangers = { seed: 'soak', users: 21_000, sessionsPerUser: 1, spentTokens: 0 }

try {
  const { minutes, clients, check } = readOptions()
  const isMet = await withDatabase((server) =>
    withThrowAway(server, `soak_${randomBytes(6).toString('hex')}`, (uri) => soak(uri, { minutes, clients })),
  )
  if (check && !isMet) process.exitCode = 1
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      clients: { type: 'string', default: '8' },
      check: { type: 'boolean', default: false },
    },
  })
  const [minutes, clients] = [Number(values.minutes), Number(values.clients)]
  if (!(minutes > 0)) throw new Failure('--minutes takes a number above 0')
  if (!Number.isInteger(clients) || clients < 1) throw new Failure('--clients takes a number from 1')
  return { minutes, clients, check: values.check }
}

/**
 * @param {string} uri
 * @param {{ minutes: number, clients: number }} load
 * @returns {Promise<boolean>} whether all goals are met
 */
async function soak(uri, { minutes, clients }) {
  working(`filling the cache of callers (${strangers.users.toLocaleString('en')} tokens)`)
  await seed(uri, { population: strangers })
  const env = productionLike(uri, { PORTCULLIS_SECRET: secretOf(strangers), TRUST_PROXY: '127.0.0.1' })
  const server = await startServer(env)
  const client = createClient(server.url, { connections: clients })
  try {
    await showTokens(client, { env, population: strangers, first: 0, count: strangers.users, atOnce: clients })
    const before = await server.usage({ collect: true })
    const { steps, samples } = await live(client.ask, server, { minutes, clients })
    const after = await server.usage({ collect: true })
    return await conclude({ minutes, clients, steps, samples, heap: [before.heapUsed, after.heapUsed] })
  } finally {
    client.close()
    await server.stop()
  }
}

/**
 * @param {import('./graphql-client.mjs').Ask} ask
 * @param {import('./server-process.mjs').Server} server
 * @param {{ minutes: number, clients: number }} load
 */
async function live(ask, server, { minutes, clients }) {
  const startedAt = performance.now()
  const minutesSoFar = () => (performance.now() - startedAt) / 60_000
  /** @type {Map<string, Step>} */
  const steps = new Map()
  /** @type {import('./soak/life.mjs').Note} */
  const note = (name, { ms, status, errors }, isRight) => {
    const step = steps.get(name) ?? { times: [], wrong: 0 }
    steps.set(name, step)
    step.times.push(ms)
    if (isRight) return
    step.wrong += 1
    if (step.wrong <= 3) working(`${name}: ${status} ${JSON.stringify(errors[0])}`)
  }
  const unhurried = async (/** @type {Parameters<typeof ask>} */ ...asked) => {
    await sleep(thinkMs)
    return ask(...asked)
  }
  const lives = Array.from({ length: clients }, async (_, client) => {
    const liveOneDay = createLife(unhurried, client, note)
    while (minutesSoFar() < minutes) {
      // What could not be gone on with has been noted; the next day is another one.
      await liveOneDay().catch((cause) => note('a day', { ms: 0, status: 0, data: null, errors: [cause] }, false))
    }
  })
  const samples = await sampleUntil(minutes, minutesSoFar, server)
  await Promise.all(lives)
  return { steps, samples }
}

/**
 * @param {number} minutes
 * @param {() => number} minutesSoFar
 * @param {import('./server-process.mjs').Server} server
 */
async function sampleUntil(minutes, minutesSoFar, server) {
  /** @type {Sample[]} */
  const samples = []
  while (minutesSoFar() < minutes) {
    const { rss } = await server.usage()
    const sample = { atMinutes: minutesSoFar(), rssMB: rss / 1e6 }
    if (Math.floor(sample.atMinutes) > Math.floor(samples.at(-1)?.atMinutes ?? 0)) {
      working(`${Math.floor(sample.atMinutes)} of ${minutes} minutes: ${Math.round(sample.rssMB)} MB`)
    }
    samples.push(sample)
    await sleep(sampleEveryMs)
  }
  return samples
}

/** @param {{ minutes: number, clients: number, steps: Map<string, Step>, samples: Sample[], heap: number[] }} run */
async function conclude({ minutes, clients, steps, samples, heap }) {
  const settled = samples.filter(({ atMinutes }) => atMinutes >= minutes / 3)
  if (settled.length < 3) throw new Failure('Too short to tell a slope')
  const slope = slopeOf(settled.map(({ atMinutes, rssMB }) => ({ x: atMinutes / 10, y: rssMB })))
  const operations = [...steps].map(([name, { times, wrong }]) => {
    return { name, requests: times.length, wrong, p50: percentileOf(times, 0.5), p95: percentileOf(times, 0.95) }
  })
  const wrong = operations.reduce((sum, operation) => sum + operation.wrong, 0)
  const requests = operations.reduce((sum, operation) => sum + operation.requests, 0)
  const verdicts = { errors: wrong === 0, slope: slope < slopeGoal }
  const rss = settled.map(({ rssMB }) => rssMB)

  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`
  const rows = operations.map((each) => [
    each.name,
    String(each.requests),
    String(each.wrong),
    ms(each.p50),
    ms(each.p95),
  ])
  console.log(`\n${columnsOf([['', 'requests', 'wrong', 'p50', 'p95'], ...rows])}\n`)
  const said = (/** @type {boolean} */ isMet) => (isMet ? 'met' : 'missed')
  console.log(`wrong answers: ${wrong} of ${requests}, goal 0: ${said(verdicts.errors)}`)
  console.log(
    `RSS: ${slope.toFixed(2)} MB for each ten minutes over the last two thirds, goal < ${slopeGoal}: ${said(verdicts.slope)}`,
  )
  const [before = 0, after = 0] = heap.map((bytes) => Math.round(bytes / 1e6))
  console.log(
    `RSS ${Math.round(Math.min(...rss))}–${Math.round(Math.max(...rss))} MB, heap in use ${before} MB before and ${after} MB after\n`,
  )
  await writeResults({ minutes, clients, operations, slopeMBPerTenMinutes: slope, verdicts, heap, samples }, 'soak')
  done(`${Math.round(requests / minutes / 60)} requests a second`)
  return verdicts.errors && verdicts.slope
}
