/**
 * Whether one side is slower, by robust means: the Hodges-Lehmann estimate of the shift (the median of all pairwise
 * differences) with its distribution-free interval (Moses), which is the test of Mann and Whitney turned around.
 * A pause of the machine moves one difference to the end of the list, and nothing else.
 */
export interface Shift {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

/** 99.9 %: a verdict about a server is not given one time in twenty by chance. */
const z = 3.29

export function shiftBetween(left: readonly number[], right: readonly number[]): Shift {
  const differences = right.flatMap((slow) => left.map((fast) => slow - fast)).sort((one, other) => one - other)
  const [m, n] = [left.length, right.length]
  const spread = z * Math.sqrt((m * n * (m + n + 1)) / 12)
  const rank = Math.max(0, Math.floor((m * n) / 2 - spread))
  return {
    estimate: median(differences),
    low: differences[rank] ?? Number.NEGATIVE_INFINITY,
    high: differences[differences.length - 1 - rank] ?? Number.POSITIVE_INFINITY,
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

export type TimingVerdict = 'apart' | 'alike' | 'unclear'

/** Apart when the whole interval is beyond what a network hides, alike when all of it is within. */
export function judgeShift({ low, high }: Shift, toleranceMs: number): TimingVerdict {
  if (low > toleranceMs || high < -toleranceMs) return 'apart'
  return low >= -toleranceMs && high <= toleranceMs ? 'alike' : 'unclear'
}
