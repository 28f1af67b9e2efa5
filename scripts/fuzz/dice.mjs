/**
 * Choices of one request. They follow from the seed and the number of the request alone, so that any one of a million
 * can be made again without the others.
 *
 * @typedef {object} Dice
 * @property {(limit: number) => number} below from 0 to below the limit
 * @property {(percent: number) => boolean} chance
 * @property {<Item>(items: readonly Item[]) => Item} pick
 * @property {<Item>(items: readonly Item[], percent: number) => Item[]} some each with this chance
 * @property {<Item>(count: number, make: (index: number) => Item) => Item[]} times
 */

/**
 * @param {number} seed
 * @param {number} number
 * @returns {Dice}
 */
export function diceFor(seed, number) {
  const next = splitMix(seed, number)
  const below = (/** @type {number} */ limit) => Math.floor((next() / 2 ** 32) * limit)
  const chance = (/** @type {number} */ percent) => below(100) < percent
  return {
    below,
    chance,
    pick: (items) => itemAt(items, below(items.length)),
    some: (items, percent) => items.filter(() => chance(percent)),
    times: (count, make) => Array.from({ length: count }, (_, index) => make(index)),
  }
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {number} index
 */
export function itemAt(items, index) {
  for (const item of items.slice(index, index + 1)) return item
  throw new RangeError('There is nothing to choose from')
}

/**
 * SplitMix32: the state is one number, and neighbouring seeds have nothing in common.
 * @param {number} seed
 * @param {number} number
 */
function splitMix(seed, number) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
