import { integer, noBias, type GeneratorValue } from 'fast-check'

/** Choices that fast-check makes, remembers and shrinks: the first of a list is the simplest. */
export interface Dice {
  /** From 0 to below the limit. */
  below(limit: number): number
  chance(percent: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** Each with this chance. */
  some<Item>(items: readonly Item[], percent: number): Item[]
  /** As many as said. */
  times<Item>(count: number, make: (index: number) => Item): Item[]
}

export function diceOf(generate: GeneratorValue): Dice {
  const below = (limit: number): number => generate((max: number) => noBias(integer({ min: 0, max })), limit - 1)
  // Unlikely things shrink away, because what shrinks goes towards zero.
  const chance = (percent: number): boolean => below(100) >= 100 - percent
  return {
    below,
    chance,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    some: (items, percent) => items.filter(() => chance(percent)),
    times: (count, make) => Array.from({ length: count }, (_, index) => make(index)),
  }
}
