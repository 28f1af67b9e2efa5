/**
 * The load: a few clients, each asking the small side and the large one in turn, request by request, so that whatever
 * else the machine and the database do falls on both.
 */
import { inParallel } from '../graphql-client.mjs'
import { percentileOf, spreadOf } from '../statistics.mjs'

/**
 * @typedef {import('./side.mjs').Side} Side
 * @typedef {import('../statistics.mjs').Spread} Spread
 * @typedef {'signIn' | 'refresh'} Operation
 * @typedef {Record<Operation, { small: number[], large: number[] }>} Samples in milliseconds
 *
 * @typedef {object} Comparison of one operation; times are of all rounds together
 * @property {Operation} operation
 * @property {{ p50: number, p95: number }} small
 * @property {{ p50: number, p95: number }} large
 * @property {Spread} ratioOfP50 large / small of each round: 1 is as fast
 * @property {Spread} ratioOfP95
 */

const operations = /** @type {const} */ (['signIn', 'refresh'])
export const clients = 4

/**
 * @param {{ small: Side, large: Side }} sides
 * @param {number} requests of each kind, to each side
 * @returns {Promise<Samples>}
 */
export async function round({ small, large }, requests) {
  await Promise.all([small.take(requests), large.take(requests)])
  /** @type {Samples} */
  const samples = { signIn: { small: [], large: [] }, refresh: { small: [], large: [] } }
  await inParallel(requests, clients, async (index) => {
    const [ofSmall, ofLarge] = [small.next(), large.next()]
    for (const operation of operations) {
      const turns = [
        async () => samples[operation].small.push(await small[operation](ofSmall)),
        async () => samples[operation].large.push(await large[operation](ofLarge)),
      ]
      // Who goes second may profit from the first.
      for (const turn of index % 2 === 0 ? turns : turns.toReversed()) await turn()
    }
  })
  return samples
}

/**
 * @param {readonly Samples[]} rounds
 * @returns {Comparison[]}
 */
export function compare(rounds) {
  return operations.map((operation) => {
    /** @param {'small' | 'large'} side */
    const timesOf = (side) => {
      const times = rounds.flatMap((samples) => samples[operation][side])
      return { p50: percentileOf(times, 0.5), p95: percentileOf(times, 0.95) }
    }
    /** @param {number} share */
    const ratioOf = (share) =>
      spreadOf(
        rounds.map(({ [operation]: { small, large } }) => percentileOf(large, share) / percentileOf(small, share)),
      )
    return {
      operation,
      small: timesOf('small'),
      large: timesOf('large'),
      ratioOfP50: ratioOf(0.5),
      ratioOfP95: ratioOf(0.95),
    }
  })
}
