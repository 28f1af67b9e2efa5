/**
 * What one process of the service takes by itself, compared with nothing but a goal: rows that measure on their own, and
 * may have several readings. A further one is a file in `rows/` and a line here.
 */
import memory from './rows/memory.mjs'
import start from './rows/start.mjs'
import { columnsOf } from './columns.mjs'

/**
 * @typedef {import('./statistics.mjs').Spread} Spread
 *
 * @typedef {object} ProcessRow
 * @property {string} name of its file, for `--only`
 * @property {string} title
 * @property {(world: ProcessWorld) => Promise<Reading[]>} measure
 *
 * @typedef {object} ProcessWorld
 * @property {(name: string) => string} databaseAt the address of a database of that name, on the server of this run
 * @property {number | null} rounds null: as many as the row thinks right
 * @property {boolean} full as much as the goal speaks of, however long that takes
 *
 * @typedef {object} Reading
 * @property {string} what
 * @property {'ms' | 'MB' | 'attempts'} unit
 * @property {number | null} atMost null: for information
 * @property {Spread} got
 * @property {string} note
 * @property {Record<string, unknown>} [facts] for the file
 *
 * @typedef {Reading & { verdict: 'met' | 'missed' | null }} Judged
 * @typedef {{ name: string, title: string, readings: Judged[] }} ProcessResult
 */

/** @type {readonly ProcessRow[]} */
export const processRows = [start, memory]

/**
 * @param {ProcessRow} row
 * @param {ProcessWorld} world
 * @returns {Promise<ProcessResult>}
 */
export async function measureProcessRow({ name, title, measure }, world) {
  const readings = await measure(world)
  return { name, title, readings: readings.map((reading) => ({ ...reading, verdict: verdictOf(reading) })) }
}

/** @param {Pick<Reading, 'atMost' | 'got'>} reading */
export function verdictOf({ atMost, got }) {
  if (atMost === null) return null
  return got.median <= atMost ? 'met' : 'missed'
}

/** @param {readonly ProcessResult[]} results */
export function processTableOf(results) {
  const rows = results.flatMap(({ name, readings }) =>
    readings.map(({ what, unit, atMost, got, note, verdict }) => [
      name,
      what,
      atMost === null ? '' : `≤ ${atMost} ${unit}`,
      `${rounded(got.median)} ${unit}`,
      got.min === got.max ? '' : `${rounded(got.min)}–${rounded(got.max)}`,
      verdict ?? '',
      note,
    ]),
  )
  return columnsOf([['row', 'what', 'goal', 'got', 'min–max', 'verdict', ''], ...rows])
}

/** @param {ProcessResult} result */
export function processSummaryOf({ name, readings }) {
  return `${name}: ${readings.map(({ what, got, unit, verdict }) => [what, rounded(got.median), unit, verdict].join(' ').trim()).join(', ')}`
}

/** @param {number} value */
function rounded(value) {
  return String(Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value))
}
