/**
 * `npm run bench`: what authorization costs, as ratios within one run. Never part of the tests, whose verdicts no
 * clock decides. `--only <row>` (again for more), `--rounds <n>`, `--check` (exit code 1 when a goal is missed).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { rows } from './bench/rows.mjs'
import { measureRow } from './bench/measure.mjs'
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
  },
})

try {
  const chosen = chooseRows()
  const rounds = options.rounds === undefined ? null : Number(options.rounds)
  if (rounds !== null && (!Number.isInteger(rounds) || rounds < 1)) throw new Failure('--rounds takes a number from 1')
  const results = await withDatabase((mongodbUri) => measureAll(chosen, { rounds, mongodbUri }))
  console.log(`\n${tableOf(results)}\n`)
  done(`written to ${relative(root, await write(results))}`)
  if (options.check && results.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

function chooseRows() {
  const unknown = options.only.filter((name) => !rows.some((row) => row.name === name))
  const names = rows.map(({ name }) => name).join(', ')
  if (unknown.length > 0) throw new Failure(`There is no row ${unknown.join(', ')}; there are ${names}`)
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

/** @param {readonly Result[]} results */
async function write(results) {
  const at = new Date().toISOString()
  const machine = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  }
  const folder = join(root, 'bench', 'results')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${at.replaceAll(':', '-')}.json`)
  await writeFile(path, `${JSON.stringify({ at, machine, rows: results }, null, 2)}\n`)
  return path
}
