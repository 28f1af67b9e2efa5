/**
 * The arithmetic of the bench, and nothing else.
 *
 * @typedef {{ median: number, min: number, max: number }} Spread
 *
 * What one round of one side took.
 * @typedef {{ requests: number, cpuMs: number, wallMs: number }} Round
 */

/**
 * The middle, and how far the rest is from it. The median, because a round that somebody else disturbed must not count.
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spreadOf(values) {
  const sorted = values.toSorted((left, right) => left - right)
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (lower === undefined || upper === undefined || min === undefined || max === undefined) {
    throw new RangeError('There is no median of nothing')
  }
  return { median: (lower + upper) / 2, min, max }
}

/**
 * The least value that so great a share of all values does not exceed.
 * @param {readonly number[]} values at least one
 * @param {number} share 0.99 for p99
 */
export function percentileOf(values, share) {
  const sorted = values.toSorted((left, right) => left - right)
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
  if (value === undefined) throw new RangeError('There is no percentile of nothing')
  return value
}

/**
 * Each round with the one beside it: whatever slowed the machine down then, slowed both down.
 * @param {readonly Round[]} baseline
 * @param {readonly Round[]} measured
 * @returns {{ cpu: Spread, throughput: Spread }} 1 is as good as the baseline, 0.5 half as good
 */
export function ratiosOf(baseline, measured) {
  if (baseline.length !== measured.length) throw new RangeError('Rounds come in pairs')
  const pairs = baseline.flatMap((before, index) => {
    const after = measured[index]
    return after === undefined ? [] : [{ before, after }]
  })
  return {
    cpu: spreadOf(pairs.map(({ before, after }) => cpuMsPerRequest(before) / cpuMsPerRequest(after))),
    throughput: spreadOf(pairs.map(({ before, after }) => requestsPerSecond(after) / requestsPerSecond(before))),
  }
}

/** @param {Round} round */
export function cpuMsPerRequest({ cpuMs, requests }) {
  return cpuMs / requests
}

/** @param {Round} round */
export function requestsPerSecond({ requests, wallMs }) {
  return (requests * 1000) / wallMs
}

/**
 * Of the line that fits best (least squares): by how much y grows when x grows by one.
 * @param {readonly { x: number, y: number }[]} points at least two of different x
 */
export function slopeOf(points) {
  const mean = (/** @type {readonly number[]} */ values) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))]
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  if (!(spread > 0)) throw new RangeError('There is no slope of one moment')
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread
}
