/**
 * The results as people read them.
 * @typedef {import('./measure.mjs').Result} Result
 * @typedef {import('./statistics.mjs').Spread} Spread
 */

const titles = ['row', 'goal', 'got', 'min–max', 'CPU/request', 'baseline', 'throughput', 'verdict']

/**
 * At most 100 columns wide. CPU times are medians; ratios are baseline / measured, 1 is as good.
 * @param {readonly Result[]} results
 */
export function tableOf(results) {
  const lines = [titles, ...results.map(cellsOf)]
  const widths = titles.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  const printed = lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const refusals = results.flatMap(({ name, refusal }) => (refusal === null ? [] : shortened(`${name}: ${refusal}`)))
  const [header = '', ...rest] = printed
  return [header, '-'.repeat(Math.max(...printed.map((line) => line.length))), ...rest, ...refusals].join('\n')
}

/** @param {Result} result */
export function summaryOf({ name, goal, verdict, refusal, ratios, measured }) {
  if (refusal !== null) return shortened(`${name}: ${refusal}`)
  const ratio = ratios === null ? [] : [`${ratios.cpu.median.toFixed(3)} of the baseline by CPU`]
  const reads = readsOf(measured) === '' ? [] : [`reads: ${readsOf(measured)}`]
  const cpu = measured === null ? [] : [`CPU ${milliseconds(measured.cpuMsPerRequest.median)}`]
  const goals = goal === null ? [] : [`goal ${goalOf(goal)} ${verdict}`]
  return `${name}: ${[...ratio, ...reads, ...cpu, ...goals].join(', ')}`
}

/** @param {Result} result */
function cellsOf({ name, goal, verdict, ratios, baseline, measured }) {
  const isCount = goal?.kind === 'reads'
  return [
    name,
    goal === null ? '' : goalOf(goal),
    isCount ? readsOf(measured) : (ratios?.cpu.median.toFixed(3) ?? ''),
    ratios === null ? '' : `${ratios.cpu.min.toFixed(2)}–${ratios.cpu.max.toFixed(2)}`,
    measured === null ? '' : milliseconds(measured.cpuMsPerRequest.median),
    baseline === null ? '' : milliseconds(baseline.cpuMsPerRequest.median),
    ratios === null ? perSecond(measured?.requestsPerSecond) : ratios.throughput.median.toFixed(3),
    verdict ?? '',
  ]
}

/** @param {import('./rows.mjs').Goal} goal */
function goalOf(goal) {
  return goal.kind === 'ratio' ? `≥ ${goal.atLeast}` : `${goal.exactly} read${goal.exactly === 1 ? '' : 's'}`
}

/** @param {Result['measured']} measured */
function readsOf(measured) {
  const counted = measured?.readsPerRequest
  if (!counted) return ''
  const more = counted.getMores === 0 ? '' : ` + ${rounded(counted.getMores)} more`
  return `${rounded(counted.reads)}${more}`
}

/** @param {number} value */
function rounded(value) {
  return String(Math.round(value * 100) / 100)
}

/** @param {Spread | undefined} spread */
function perSecond(spread) {
  return spread === undefined ? '' : `${Math.round(spread.median)}/s`
}

/** @param {number} value */
function milliseconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} µs` : `${value.toFixed(2)} ms`
}

/** @param {string} text */
function shortened(text) {
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`
}
