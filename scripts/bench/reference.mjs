/** What was measured once, to be compared with: the arithmetic of `--check`, and nothing else. */
import { ratioOf } from './verdict.mjs'

/**
 * @typedef {Pick<import('./measure.mjs').Result, 'name' | 'goal' | 'ratios' | 'verdict' | 'refusal'> & Partial<Pick<import('./measure.mjs').Result, 'measured'>>} Comparable
 *
 * @typedef {object} Reference
 * @property {string} at
 * @property {string} node
 * @property {string} machine its class: on another one ratios only nearly repeat
 * @property {Record<string, ReferenceRow>} rows by name
 *
 * @typedef {object} ReferenceRow
 * @property {number | null} ratio null: the row has none
 * @property {'met' | 'missed' | null} verdict
 */

/** By so great a share a ratio may fall before it counts: less is the machine. */
const tolerance = 0.1

/**
 * @param {readonly Comparable[]} results
 * @param {{ at: string, node: string, machine: string }} where
 * @returns {Reference}
 */
export function referenceOf(results, where) {
  return { ...where, rows: Object.fromEntries(results.map((result) => [result.name, rowOf(result)])) }
}

/**
 * What is worse than it was. Known misses are none of it, nor what a row without a ratio says about its goal where it
 * never met it.
 * @param {Reference} reference
 * @param {readonly Comparable[]} results
 * @param {readonly string[]} expected the rows that had to be there
 * @returns {string[]} empty: nothing is
 */
export function declinesOf(reference, results, expected) {
  const measured = new Map(results.map((result) => [result.name, result]))
  return expected.flatMap((name) => {
    const before = reference.rows[name]
    const result = measured.get(name)
    if (before === undefined) return [`${name}: not in the reference (--update-reference)`]
    if (result === undefined) return [`${name}: absent`]
    if (result.refusal !== null) return [`${name}: ${result.refusal}`]
    return declineOf(before, rowOf(result)).map((decline) => `${name}: ${decline}`)
  })
}

/**
 * @param {ReferenceRow} before
 * @param {ReferenceRow} now
 */
function declineOf(before, now) {
  const declines = []
  if (before.ratio !== null && now.ratio === null) declines.push('no ratio any more')
  if (before.ratio !== null && now.ratio !== null && now.ratio < before.ratio * (1 - tolerance)) {
    const percent = Math.round((1 - now.ratio / before.ratio) * 100)
    declines.push(`${now.ratio.toFixed(3)} where it was ${before.ratio.toFixed(3)}, ${percent} % less`)
  }
  // What has no ratio cannot fall; it can only stop to meet its goal.
  if (before.ratio === null && before.verdict === 'met' && now.verdict !== 'met')
    declines.push('its goal is missed now')
  return declines
}

/** @param {Comparable} result @returns {ReferenceRow} */
function rowOf({ goal, ratios, verdict, measured = null }) {
  // Beside a count of reads, a ratio is for information; and one of other work than was meant is none.
  const isMeant = goal?.kind !== 'ratio' || goal.reads === undefined || goal.reads === measured?.readsPerRequest?.reads
  const hasRatio = ratios !== null && goal?.kind !== 'reads' && isMeant
  return { ratio: hasRatio ? Math.round(ratioOf(goal, ratios).median * 1000) / 1000 : null, verdict }
}
