/**
 * `npm run bench`: what authorization costs, as ratios within one run. Never part of the tests, whose verdicts no
 * clock decides. `--only <row>` (again for more), `--rounds <n>`, `--check` (exit code 1 when something is worse than
 * in `bench/reference.json`), `--update-reference` (writes what was measured into it), `--full` (memory: as much as its goal speaks of,
 * which takes an hour).
 */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { measureRow } from './bench/measure.mjs'
import { measureProcessRow, processRows, processSummaryOf, processTableOf } from './bench/process-rows.mjs'
import { createProgress } from './bench/progress.mjs'
import { declinesOf, referenceOf } from './bench/reference.mjs'
import { writeResults } from './bench/results.mjs'
import { rows } from './bench/rows.mjs'
import { summaryOf, tableOf } from './bench/table.mjs'
import { MongodUnavailable, withDatabase } from './mongod.mjs'
import { root } from './setup/folders.mjs'
import { done, fail, Failure, working } from './setup/say.mjs'

/** @typedef {import('./bench/measure.mjs').Result} Result */

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    check: { type: 'boolean', default: false },
    'update-reference': { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
  },
})
const referencePath = join(root, 'bench', 'reference.json')
const at = new Date().toISOString()
const node = process.versions.node
const machine = `${process.platform} ${process.arch}, ${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}`

try {
  const chosen = chooseRows()
  const rounds = options.rounds === undefined ? null : Number(options.rounds)
  if (rounds !== null && (!Number.isInteger(rounds) || rounds < 1)) throw new Failure('--rounds takes a number from 1')
  // Before ten minutes are spent on something to compare with nothing.
  const reference = options.check ? await readReference() : null
  const { results, processes } = await withDatabase(async (mongodbUri) => ({
    results: await measureAll(chosen.rows, { rounds, mongodbUri }),
    processes: await measureProcesses(chosen.processRows, { rounds, mongodbUri }),
  }))
  if (results.length > 0) console.log(`\n${tableOf(results)}`)
  if (processes.length > 0) console.log(`\n${processTableOf(processes)}`)
  console.log('')
  await writeResults({ rows: results, processes })
  const comparable = [...results, ...processes.flatMap(comparableReadings)]
  if (reference !== null) check(reference, comparable)
  if (options['update-reference']) await updateReference(comparable)
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

function chooseRows() {
  const names = [...rows, ...processRows].map(({ name }) => name)
  const unknown = options.only.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new Failure(`There is no row ${unknown.join(', ')}; there are ${names.join(', ')}`)
  if (options.full && (options.check || options['update-reference'])) {
    throw new Failure('--full measures other amounts than the reference has')
  }
  return { rows: rows.filter(isChosen), processRows: processRows.filter(isChosen) }
}

/** @param {{ name: string }} row */
function isChosen({ name }) {
  return options.only.length === 0 || options.only.includes(name)
}

/**
 * @param {readonly import('./bench/rows.mjs').Row[]} chosen
 * @param {{ rounds: number | null, mongodbUri: string }} how
 */
async function measureAll(chosen, how) {
  const progress = createProgress(process.stdout)
  /** @type {Result[]} */
  const results = []
  try {
    for (const [index, row] of chosen.entries()) {
      const startedAt = performance.now()
      progress.clear()
      working(`${index + 1} of ${chosen.length}, ${row.name}: ${row.title}`)
      progress.show(`${index + 1} of ${chosen.length}, ${row.name}`)
      const result = await measureRow(row, { ...how, onStep: (step) => progress.step(step) })
      results.push(result)
      progress.clear()
      done(`${summaryOf(result)} (${Math.round((performance.now() - startedAt) / 1000)} s)`)
    }
  } finally {
    progress.stop()
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

/**
 * A reading has a goal and nothing that it is a ratio of.
 * @param {import('./bench/process-rows.mjs').ProcessResult} result
 * @returns {import('./bench/reference.mjs').Comparable[]}
 */
function comparableReadings({ name, readings }) {
  return readings.map(({ what, verdict }) => {
    return { name: `${name}: ${what}`, goal: null, ratios: null, verdict, refusal: null }
  })
}

/** @returns {Promise<import('./bench/reference.mjs').Reference>} */
async function readReference() {
  try {
    return JSON.parse(await readFile(referencePath, 'utf8'))
  } catch {
    throw new Failure('bench/reference.json is missing or damaged: restore it from git, or use --update-reference')
  }
}

/**
 * @param {import('./bench/reference.mjs').Reference} reference
 * @param {readonly import('./bench/reference.mjs').Comparable[]} results
 */
function check(reference, results) {
  if (reference.machine !== machine || reference.node !== node) {
    working(`the reference is of ${reference.machine}, Node ${reference.node}: ratios nearly repeat, no more`)
  }
  // All that were measured once: a row that is gone would otherwise be a row that cannot fail.
  const known = Object.keys(reference.rows).filter((name) => isChosen({ name: name.split(':')[0] ?? name }))
  const declines = declinesOf(reference, results, [...new Set([...results.map(({ name }) => name), ...known])])
  for (const decline of declines) fail(decline)
  if (declines.length > 0) process.exitCode = 1
  else done(`nothing is worse than on ${reference.at.slice(0, 10)}`)
}

/** @param {readonly import('./bench/reference.mjs').Comparable[]} results */
async function updateReference(results) {
  const refused = results.filter(({ refusal }) => refusal !== null)
  if (refused.length > 0) throw new Failure(`No reference: ${refused.map(({ name }) => name).join(', ')} was refused`)
  const measured = referenceOf(results, { at, node, machine })
  // What was not measured this time stays as it was; without --only, what is not a row any more goes.
  const kept = options.only.length === 0 ? {} : (await readReference()).rows
  const reference = { ...measured, rows: { ...kept, ...measured.rows } }
  await writeFile(referencePath, `${JSON.stringify(reference, null, 2)}\n`)
  done(`the reference is now this run: ${relative(root, referencePath)}`)
}
