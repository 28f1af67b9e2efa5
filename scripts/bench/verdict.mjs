/**
 * Whether a goal is met, apart from how it was measured.
 * @typedef {import('./rows.mjs').Goal} Goal
 * @typedef {import('./measure.mjs').Result} Result
 * @typedef {import('./measure.mjs').SideResult} SideResult
 *
 * @typedef {object} Facts
 * @property {Result['ratios']} ratios
 * @property {Pick<SideResult, 'readsPerRequest' | 'cpuMsPerRequest'> | null} measured
 * @property {{ readonly got: number } | null} times
 */

/**
 * @param {Goal | null} goal
 * @param {Facts} facts
 */
export function verdictOf(goal, facts) {
  if (goal === null) return null
  return isMet(goal, facts) ? 'met' : 'missed'
}

/**
 * @param {Goal} goal
 * @param {Facts} facts
 */
function isMet(goal, { ratios, measured, times }) {
  switch (goal.kind) {
    case 'reads':
      return measured?.readsPerRequest?.reads === goal.exactly
    case 'cpu':
      return measured !== null && measured.cpuMsPerRequest.median <= goal.atMostMs
    case 'time':
      return times !== null && times.got <= goal.atMostMs
    case 'ratio':
      if (goal.reads !== undefined && measured?.readsPerRequest?.reads !== goal.reads) return false
      return ratios !== null && ratioOf(goal, ratios).median >= goal.atLeast
  }
}

/**
 * The one of the two that counts.
 * @param {Goal | null} goal
 * @param {NonNullable<Result['ratios']>} ratios
 */
export function ratioOf(goal, ratios) {
  return goal?.kind === 'ratio' && goal.by === 'throughput' ? ratios.throughput : ratios.cpu
}
