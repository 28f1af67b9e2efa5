/**
 * `npm run bench`: what authorization costs, as ratios within one run. Never part of the tests, whose verdicts no
 * clock decides. `--only <row>` (again for more), `--rounds <n>`, `--check` (exit code 1 when something is worse than
 * in `bench/reference.json`), `--update-reference` (writes that file).
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { measureRow } from './bench/measure.mjs'
import { createProgress } from './bench/progress.mjs'
import { declinesOf, referenceOf } from './bench/reference.mjs'
import { rows } from './bench/rows.mjs'
import { summaryOf, tableOf } from './bench/table.mjs'
import { MongodUnavailable, startReplicaSet } from './mongod.mjs'
import { root } from './setup/folders.mjs'
import { done, fail, Failure, working } from './setup/say.mjs'

/** @typedef {import('./bench/measure.mjs').Result} Result */

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    check: { type: 'boolean', default: false },
    'update-reference': { type: 'boolean', default: false },
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
  const results = await withDatabase((mongodbUri) => measureAll(chosen, { rounds, mongodbUri }))
  console.log(`\n${tableOf(results)}\n`)
  done(`written to ${relative(root, await writeResults(results))}`)
  if (reference !== null) check(reference, results)
  if (options['update-reference']) await updateReference(results)
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

function chooseRows() {
  const unknown = options.only.filter((name) => !rows.some((row) => row.name === name))
  const names = rows.map(({ name }) => name).join(', ')
  if (unknown.length > 0) throw new Failure(`There is no row ${unknown.join(', ')}; there are ${names}`)
  if (options.only.length > 0 && options['update-reference']) throw new Failure('--update-reference takes all rows')
  return options.only.length === 0 ? rows : rows.filter(({ name }) => options.only.includes(name))
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

/** @param {readonly Result[]} results */
async function writeResults(results) {
  const folder = join(root, 'bench', 'results')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${at.replaceAll(':', '-')}.json`)
  await writeFile(path, `${JSON.stringify({ at, node, machine, rows: results }, null, 2)}\n`)
  return path
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
 * @param {readonly Result[]} results
 */
function check(reference, results) {
  if (reference.machine !== machine || reference.node !== node) {
    working(`the reference is of ${reference.machine}, Node ${reference.node}: ratios nearly repeat, no more`)
  }
  // All that were measured once: a row that is gone would otherwise be a row that cannot fail.
  const chosen = options.only.length === 0 ? rows.map(({ name }) => name) : options.only
  const known = options.only.length === 0 ? Object.keys(reference.rows) : []
  const declines = declinesOf(reference, results, [...new Set([...chosen, ...known])])
  for (const decline of declines) fail(decline)
  if (declines.length > 0) process.exitCode = 1
  else done(`nothing is worse than on ${reference.at.slice(0, 10)}`)
}

/** @param {readonly Result[]} results */
async function updateReference(results) {
  const refused = results.filter(({ refusal }) => refusal !== null)
  if (refused.length > 0) throw new Failure(`No reference: ${refused.map(({ name }) => name).join(', ')} was refused`)
  await writeFile(referencePath, `${JSON.stringify(referenceOf(results, { at, node, machine }), null, 2)}\n`)
  done(`the reference is now this run: ${relative(root, referencePath)}`)
}
