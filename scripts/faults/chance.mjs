/** @typedef {ReturnType<typeof createChance>} Chance */

/**
 * Chance that repeats: the same seed gives the same numbers (mulberry32). When things happen still depends on the
 * machine, so a seed repeats what is tried, and not every interleaving of it.
 * @param {number} seed
 */
export function createChance(seed) {
  let state = seed >>> 0
  /** From 0 up to and without 1. */
  function next() {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    /** @param {number} count */
    below: (count) => Math.floor(next() * count),
    /** @param {number} least @param {number} most */
    between: (least, most) => least + next() * (most - least),
    /** @param {number} probability */
    happens: (probability) => next() < probability,
    /** @template Item @param {readonly Item[]} items @returns {Item} */
    pick(items) {
      const item = items[Math.floor(next() * items.length)]
      if (item === undefined) throw new RangeError('There is nothing to pick from')
      return item
    },
    /** @template Item @param {readonly (readonly [number, Item])[]} weighted @returns {Item} */
    weighted(weighted) {
      let left = next() * weighted.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, item] of weighted) if ((left -= weight) < 0) return item
      throw new RangeError('There is nothing to pick from')
    },
    /** @template Item @param {readonly Item[]} items */
    shuffled(items) {
      const left = [...items]
      return Array.from(items, () => left.splice(Math.floor(next() * left.length), 1)).flat()
    },
    /** Of its own for somebody else: what one client does must not depend on how often another one asked. @param {string} label */
    fork(label) {
      let hash = seed >>> 0
      for (const letter of label) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0
      return createChance(hash)
    },
  }
}
