/**
 * `npm run faults`: what clients were told, compared with what there is, while instances and databases are killed, cut
 * off and frozen. `--list`, `--only <scenario>` (again for more), `--seed <n>`, `--faults <n>` for each scenario,
 * `--minutes <n>` in all, `--ci` (the short run of the checks), `--plant <fault>` (a service with that fault built in:
 * the run must find it).
 */
import { parseArgs } from 'node:util'
import { writeResults } from './bench/results.mjs'
import { startCluster } from './faults/cluster.mjs'
import { plantedDist, plants } from './faults/plants.mjs'
import { runScenario } from './faults/run-scenario.mjs'
import { kinds, scenarios } from './faults/scenarios.mjs'
import { tableOf } from './faults/table.mjs'
import { MongodUnavailable } from './mongod.mjs'
import { done, fail, Failure, working } from './setup/say.mjs'

/** @typedef {import('./faults/run-scenario.mjs').Result} Result */

/** After this, the short run begins no fault; it ends within about 100 seconds. */
const ciMs = 60_000
/** A service that never answers again must not stop the checks for ever. */
const ciWatchdogMs = 150_000
const startedAt = performance.now()

const { values: options } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    faults: { type: 'string' },
    minutes: { type: 'string' },
    ci: { type: 'boolean', default: false },
    plant: { type: 'string' },
  },
})

// An end by a signal would leave the servers that were started: they are ended when this process exits.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

try {
  if (options.list) {
    for (const { name, title } of scenarios) console.log(`${name.padEnd(28)} ${title}`)
    for (const { name, title, foundBy } of plants) {
      console.log(`--plant ${name.padEnd(20)} ${title}; found by ${foundBy}`)
    }
  } else await main()
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}
// Connections that were cut and frozen may linger in this process; what they were to has been stopped.
process.exit()

async function main() {
  const chosen = chooseScenarios()
  if (options.ci) watch()
  const seed = wholeNumber('--seed', options.seed) ?? Math.floor(Math.random() * 1e6)
  const { dist, remove } = await plantedDist(options.plant)
  try {
    const results = await runAll(chosen, { seed, dist })
    const found = results.flatMap(({ name, violations }) => violations.map((each) => ({ name, ...each })))
    for (const { name, kind, what, seed, lines } of found) {
      fail(`${name}, seed ${seed}: ${kind}: ${what}${lines.map((line) => `\n    ${line}`).join('')}`)
    }
    console.log(`\n${tableOf(results)}\n`)
    await writeResults({ seed, plant: options.plant ?? null, scenarios: results }, 'faults')
    for (const { name, kinds: tried } of results) {
      const left = name === 'mixed' ? kinds.filter((kind) => tried[kind] === undefined) : []
      if (left.length > 0) working(`not reached in time: ${left.join(', ')}`)
    }
    // A run in which nothing was done to the service proves nothing.
    const idle = results.filter(({ faults }) => faults === 0)
    for (const { name } of idle) fail(`${name}: no fault was injected`)
    if (found.length + idle.length > 0) process.exitCode = 1
  } finally {
    await remove()
  }
}

function watch() {
  const end = () => {
    fail(`The short run has not ended after ${ciWatchdogMs / 1000} s: the service or its database does not come back`)
    process.exit(1)
  }
  setTimeout(end, ciWatchdogMs).unref()
}

function chooseScenarios() {
  const unknown = options.only.filter((name) => !scenarios.some((each) => each.name === name))
  const names = scenarios.map(({ name }) => name)
  if (unknown.length > 0) throw new Failure(`There is no scenario ${unknown.join(', ')}; there are ${names.join(', ')}`)
  const wanted = options.only.length > 0 ? options.only : options.ci ? ['mixed'] : names
  return scenarios.filter(({ name }) => wanted.includes(name))
}

/**
 * @param {readonly import('./faults/scenarios.mjs').Scenario[]} chosen
 * @param {{ seed: number, dist: string }} how
 */
async function runAll(chosen, { seed, dist }) {
  const minutes = wholeNumber('--minutes', options.minutes)
  const limitMs = minutes !== null ? minutes * 60_000 : options.ci ? ciMs : Infinity
  const wanted = wholeNumber('--faults', options.faults)
  const cluster = await startCluster({ log: working })
  /** @type {Result[]} */
  const results = []
  try {
    for (const [index, scenario] of chosen.entries()) {
      working(`${index + 1} of ${chosen.length}, ${scenario.name}: ${scenario.title}`)
      const faults = wanted ?? (options.ci ? scenario.ciFaults : scenario.faults)
      // What one does not use of its share is there for the others.
      const left = startedAt + limitMs - performance.now()
      const untilMs = performance.now() + left / (chosen.length - index)
      const log = options.ci ? () => {} : working
      const result = await runScenario(scenario, { cluster, dist, seed, faults, untilMs, log })
      results.push(result)
      const { operations, violations, seconds } = result
      done(
        `${scenario.name}: ${result.faults} faults, ${operations} operations, ${violations.length} violations (${Math.round(seconds)} s)`,
      )
    }
    return results
  } finally {
    await cluster.stop()
  }
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
function wholeNumber(name, text) {
  if (text === undefined) return null
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Failure(`${name} takes a number from 1`)
  return number
}
