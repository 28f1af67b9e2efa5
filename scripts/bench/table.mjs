/** The results as people read them. */
import { ratioOf } from './verdict.mjs'

/**
 * @typedef {import('./measure.mjs').Result} Result
 * @typedef {import('./statistics.mjs').Spread} Spread
 */

const titles = ['row', 'goal', 'got', 'min–max', 'CPU/request', 'baseline', 'throughput', 'verdict']

/**
 * At most 100 columns wide. CPU times are medians; ratios are baseline / measured, 1 is as good. `rate` is throughput.
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
export function summaryOf({ name, goal, verdict, refusal, ratios, measured, times }) {
  if (refusal !== null) return shortened(`${name}: ${refusal}`)
  const byRate = goal?.kind === 'ratio' && goal.by === 'throughput'
  const unit = byRate ? 'of the throughput of the baseline' : 'of the baseline by CPU'
  const said = [
    ...(ratios === null ? [] : [`${ratio(ratioOf(goal, ratios).median)} ${unit}`]),
    ...(readsOf(measured) === '' ? [] : [`reads: ${readsOf(measured)}`]),
    ...(measured === null ? [] : [`CPU ${milliseconds(measured.cpuMsPerRequest.median)}`]),
    ...(times === null ? [] : waitingOf(times)),
    ...(goal === null ? [] : [`goal ${goalOf(goal)} ${verdict}`]),
  ]
  return `${name}: ${said.join(', ')}`
}

/** @param {NonNullable<Result['times']>} times */
function waitingOf({ waiting }) {
  return Object.entries(waiting).map(([name, { p50, p99, max }]) => {
    const [half, most, all] = [p50, p99, max].map((value) => value.toFixed(1))
    return `${name} ${half}/${most}/${all} ms`
  })
}

/** @param {Result} result */
function cellsOf({ name, goal, verdict, ratios, baseline, measured, times }) {
  const counted = ratios === null ? null : ratioOf(goal, ratios)
  const spread = goal?.kind === 'cpu' ? (measured?.cpuMsPerRequest ?? null) : times === null ? counted : times.spread
  const byRate = counted !== null && counted === ratios?.throughput
  return [
    name,
    goal === null ? '' : goalOf(goal),
    gotOf(),
    spread === null ? '' : `${short(spread.min)}–${short(spread.max)}`,
    measured === null ? '' : milliseconds(measured.cpuMsPerRequest.median),
    baseline === null ? tenths(times?.baseline) : milliseconds(baseline.cpuMsPerRequest.median),
    ratios === null || byRate ? perSecond(measured?.requestsPerSecond) : ratio(ratios.throughput.median),
    verdict ?? '',
  ]

  function gotOf() {
    if (goal?.kind === 'reads') return readsOf(measured)
    if (goal?.kind === 'cpu') return tenths(measured?.cpuMsPerRequest.median)
    return times === null ? ratio(counted?.median) : tenths(times.got)
  }
}

/** @param {import('./rows.mjs').Goal} goal */
function goalOf(goal) {
  if (goal.kind === 'reads') return `${goal.exactly} read${goal.exactly === 1 ? '' : 's'}`
  if (goal.kind === 'time' || goal.kind === 'cpu') return `≤ ${goal.atMostMs} ms`
  return `≥ ${goal.atLeast}${goal.by === 'throughput' ? ' rate' : ''}`
}

/** @param {number | undefined} value */
function ratio(value) {
  return value?.toFixed(value < 10 ? 3 : 1) ?? ''
}

/** @param {number | null | undefined} ms */
function tenths(ms) {
  return ms === null || ms === undefined ? '' : `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
}

/** @param {number} value */
function short(value) {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
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
