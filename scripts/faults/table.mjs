/**
 * The results as people read them.
 * @typedef {import('./run-scenario.mjs').Result} Result
 */

const titles = [
  'scenario',
  'faults',
  'operations',
  'acknowledged',
  'in doubt',
  'violations',
  'recovery',
  'election',
  'times',
]

/** Times are median / largest. @param {readonly Result[]} results */
export function tableOf(results) {
  const lines = [titles, ...results.map(cellsOf)]
  const widths = titles.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** @param {Result} result */
function cellsOf({
  name,
  faults,
  missed,
  operations,
  acknowledged,
  inDoubt,
  violations,
  recoveriesMs,
  electionsMs,
  timedMs,
}) {
  return [
    name,
    missed === 0 ? String(faults) : `${faults} (${missed} missed)`,
    String(operations),
    String(acknowledged),
    String(inDoubt),
    String(violations.length),
    spread(recoveriesMs),
    spread(electionsMs),
    Object.entries(timedMs)
      .map(([what, times]) => `${what} ${spread(times)}, p99 ${seconds(percentile(times, 0.99))}`)
      .join('; '),
  ]
}

/** @param {readonly number[]} times */
function spread(times) {
  return times.length === 0 ? '' : `${seconds(percentile(times, 0.5))} / ${seconds(percentile(times, 1))}`
}

/**
 * The smallest that is not less than that share of all.
 * @param {readonly number[]} times
 * @param {number} share
 */
export function percentile(times, share) {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** @param {number} ms */
function seconds(ms) {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
