/**
 * Whether a goal is met, apart from how it was measured.
 * @typedef {import('./rows.mjs').Goal} Goal
 * @typedef {import('./measure.mjs').Result} Result
 * @typedef {import('./measure.mjs').SideResult} SideResult
 */

/**
 * @param {Goal | null} goal
 * @param {{ ratios: Result['ratios'], measured: Pick<SideResult, 'readsPerRequest'> }} facts
 */
export function verdictOf(goal, { ratios, measured }) {
  if (goal === null) return null
  if (goal.kind === 'reads') return measured.readsPerRequest?.reads === goal.exactly ? 'met' : 'missed'
  return ratios !== null && ratios.cpu.median >= goal.atLeast ? 'met' : 'missed'
}
