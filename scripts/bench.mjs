/**
 * `npm run bench`: what authorization costs, as ratios within one run. Never part of the tests, whose verdicts no
 * clock decides. `--only <row>` (again for more), `--rounds <n>`, `--check` (exit code 1 when a goal is missed), `--full`
 * (memory: as much as its goal speaks of, which takes an hour).
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { rows } from './bench/rows.mjs'
import { measureRow } from './bench/measure.mjs'
import { measureProcessRow, processRows, processSummaryOf, processTableOf } from './bench/process-rows.mjs'
import { writeResults } from './bench/results.mjs'
import { summaryOf, tableOf } from './bench/table.mjs'
import { MongodUnavailable, startReplicaSet } from './mongod.mjs'
import { done, fail, Failure, working } from './setup/say.mjs'

/** @typedef {import('./bench/measure.mjs').Result} Result */

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    check: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
  },
})

try {
  const chosen = chooseRows()
  const rounds = options.rounds === undefined ? null : Number(options.rounds)
  if (rounds !== null && (!Number.isInteger(rounds) || rounds < 1)) throw new Failure('--rounds takes a number from 1')
  const { results, processes } = await withDatabase(async (mongodbUri) => {
    const results = await measureAll(chosen.rows, { rounds, mongodbUri })
    return { results, processes: await measureProcesses(chosen.processRows, { rounds, mongodbUri }) }
  })
  if (results.length > 0) console.log(`\n${tableOf(results)}`)
  if (processes.length > 0) console.log(`\n${processTableOf(processes)}`)
  console.log('')
  await writeResults({ rows: results, processes })
  const judged = [...results, ...processes.flatMap(({ readings }) => readings)]
  if (options.check && judged.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

function chooseRows() {
  const names = [...rows, ...processRows].map(({ name }) => name)
  const unknown = options.only.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new Failure(`There is no row ${unknown.join(', ')}; there are ${names.join(', ')}`)
  const isChosen = (/** @type {{ name: string }} */ { name }) =>
    options.only.length === 0 || options.only.includes(name)
  return { rows: rows.filter(isChosen), processRows: processRows.filter(isChosen) }
}

/**
 * @template Value
 * @param {(mongodbUri: string) => Promise<Value>} work
 */
async function withDatabase(work) {
  const { MONGODB_URI } = process.env
  if (MONGODB_URI) return work(MONGODB_URI)
  const replicaSet = await startReplicaSet({ log: working })
  try {
    return await work(replicaSet.uri)
  } finally {
    await replicaSet.stop()
  }
}

/**
 * @param {readonly import('./bench/rows.mjs').Row[]} chosen
 * @param {{ rounds: number | null, mongodbUri: string }} how
 */
async function measureAll(chosen, how) {
  /** @type {Result[]} */
  const results = []
  for (const [index, row] of chosen.entries()) {
    working(`${index + 1} of ${chosen.length}, ${row.name}: ${row.title}`)
    const startedAt = performance.now()
    const result = await measureRow(row, how)
    results.push(result)
    done(`${summaryOf(result)} (${Math.round((performance.now() - startedAt) / 1000)} s)`)
  }
  return results
}

/**
 * @param {readonly import('./bench/process-rows.mjs').ProcessRow[]} chosen
 * @param {{ rounds: number | null, mongodbUri: string }} how
 */
async function measureProcesses(chosen, { rounds, mongodbUri }) {
  const run = randomBytes(6).toString('hex')
  const databaseAt = (/** @type {string} */ name) => {
    const uri = new URL(mongodbUri)
    uri.pathname = `/bench_${run}_${name}`
    return uri.href
  }
  /** @type {import('./bench/process-rows.mjs').ProcessResult[]} */
  const results = []
  for (const row of chosen) {
    working(`${row.name}: ${row.title}`)
    const result = await measureProcessRow(row, { databaseAt, rounds, full: options.full })
    results.push(result)
    done(processSummaryOf(result))
  }
  return results
}
