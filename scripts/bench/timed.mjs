/** Measures how long somebody waits: the row asks by itself, round after round. */
import { startSide } from './side.mjs'
import { percentileOf, spreadOf } from './statistics.mjs'

/**
 * @typedef {import('./rows.mjs').TimedRow} TimedRow
 * @typedef {import('./rows.mjs').Samples} Samples
 *
 * In milliseconds, of all rounds together.
 * @typedef {{ p50: number, p99: number, max: number, samples: number }} Waiting
 *
 * @typedef {object} Times in milliseconds
 * @property {number} got of all rounds together
 * @property {import('./statistics.mjs').Spread} spread from round to round
 * @property {number | null} baseline
 * @property {Record<string, Waiting>} waiting
 */

/**
 * @param {TimedRow} row
 * @param {import('./measure.mjs').How} how
 * @returns {Promise<Times>}
 */
export async function measureTimes(row, { rounds, mongodbUri, onStep }) {
  onStep('starts')
  const side = await startSide(row.name, 'measured', mongodbUri)
  try {
    /** @type {Samples[]} */
    const measured = []
    for (let round = 0; round < (rounds ?? row.rounds); round++) {
      onStep(`round ${round + 1} of ${rounds ?? row.rounds}`)
      measured.push(await row.time(side.targets, round))
    }
    return timesOf(measured, row.conclude)
  } finally {
    await side.stop()
  }
}

/**
 * @param {readonly Samples[]} rounds
 * @param {TimedRow['conclude']} conclude
 * @returns {Times}
 */
export function timesOf(rounds, conclude) {
  /** @type {Samples} */
  const all = {}
  for (const [name, samples] of rounds.flatMap((round) => Object.entries(round))) {
    all[name] = [...(all[name] ?? []), ...samples]
  }
  const waiting = Object.entries(all).map(([name, samples]) => [name, waitingOf(samples)])
  return {
    ...conclude(all),
    spread: spreadOf(rounds.map((round) => conclude(round).got)),
    waiting: Object.fromEntries(waiting),
  }
}

/** @param {readonly number[]} samples @returns {Waiting} */
function waitingOf(samples) {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentileOf(samples, share))
  return { p50: p50 ?? NaN, p99: p99 ?? NaN, max: max ?? NaN, samples: samples.length }
}
