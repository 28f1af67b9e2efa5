/** Measures one row: its two sides in turn, so that what else the machine does falls on both. */
import { WrongAnswer } from './load.mjs'
import { startSide } from './side.mjs'
import { cpuMsPerRequest, ratiosOf, requestsPerSecond, spreadOf } from './statistics.mjs'
import { measureTimes } from './timed.mjs'
import { verdictOf } from './verdict.mjs'

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {import('./rows.mjs').ComparedRow} ComparedRow
 * @typedef {import('./rows.mjs').Goal} Goal
 * @typedef {import('./rows.mjs').Reads} Reads
 * @typedef {import('./statistics.mjs').Spread} Spread
 * @typedef {import('./timed.mjs').Times} Times
 * @typedef {import('./statistics.mjs').Round & { spentMs: number, reads: Reads | null }} Round
 *
 * @typedef {object} SideResult
 * @property {Spread} cpuMsPerRequest
 * @property {Spread} requestsPerSecond
 * @property {Reads | null} readsPerRequest
 * @property {number} idleCpuMsPerSecond what it takes when nobody asks (beats, change stream); in no other number here
 * @property {readonly Round[]} rounds
 *
 * @typedef {object} Result
 * @property {string} name
 * @property {string} title
 * @property {Goal | null} goal
 * @property {'met' | 'missed' | null} verdict null: there is no goal
 * @property {string | null} refusal what was answered instead, where nothing could be measured
 * @property {{ cpu: Spread, throughput: Spread } | null} ratios
 * @property {SideResult | null} baseline
 * @property {SideResult | null} measured
 * @property {Times | null} times
 *
 * @typedef {object} How
 * @property {number | null} rounds null: as many as there is time for
 * @property {string} mongodbUri
 * @property {(step: string) => void} onStep
 */

/** Short rounds, and many: what disturbs one of them disturbs the one beside it, or is outvoted by the others. */
const mostRounds = 60
const fewestRounds = 5
/** The first ones run code that is still being compiled. */
const warmUpRounds = 20
/** Of one row, however slow the machine is: then there are fewer rounds. */
const budgetMs = { warmUp: 6_000, all: 20_000 }
const idleMs = 5_000

/**
 * @param {Row} row
 * @param {How} how
 * @returns {Promise<Result>}
 */
export async function measureRow(row, how) {
  const { name, title, goal } = row
  const nothing = { ratios: null, baseline: null, measured: null, times: null }
  try {
    const facts = 'time' in row ? { ...nothing, times: await measureTimes(row, how) } : await compare(row, how)
    return { name, title, goal, verdict: verdictOf(goal, facts), refusal: null, ...facts }
  } catch (cause) {
    if (!(cause instanceof WrongAnswer)) throw cause
    return { name, title, goal, verdict: goal === null ? null : 'missed', refusal: cause.message, ...nothing }
  }
}

/**
 * @param {ComparedRow} row
 * @param {How} how
 */
async function compare(row, how) {
  const { baseline, measured } = await measureSides(row, how)
  const ratios = baseline === null ? null : ratiosOf(baseline.rounds, measured.rounds)
  return { ratios, baseline, measured, times: null }
}

/**
 * @param {ComparedRow} row
 * @param {How} how
 */
async function measureSides(row, { rounds, mongodbUri, onStep }) {
  /** @type {Awaited<ReturnType<typeof startSide>>[]} */
  const sides = []
  try {
    onStep('starts')
    if (row.baseline !== null) sides.push(await startSide(row.name, 'baseline', mongodbUri))
    sides.push(await startSide(row.name, 'measured', mongodbUri))
    const results = await interleave(sides, { requests: row.requests, wanted: rounds, onStep })
    const last = results.at(-1)
    if (last === undefined) throw new Error('A row has at least one side')
    return { baseline: row.baseline === null ? null : (results[0] ?? null), measured: last }
  } finally {
    await Promise.all(sides.map((side) => side.stop()))
  }
}

/**
 * @param {readonly Awaited<ReturnType<typeof startSide>>[]} sides
 * @param {{ requests: number, wanted: number | null, onStep: How['onStep'] }} how
 */
async function interleave(sides, { requests, wanted, onStep }) {
  // Before there is anything that works off what it was asked for; as long as the upkeep's longest interval.
  onStep('does nothing')
  const idle = await Promise.all(sides.map((side) => side.idle(idleMs)))
  const startedAt = performance.now()
  const isOver = (/** @type {number} */ limitMs) => performance.now() - startedAt > limitMs
  for (let round = 0; round < warmUpRounds && !isOver(budgetMs.warmUp); round++) {
    onStep(`warms up, round ${round + 1}`)
    for (const side of sides) await side.round(requests)
  }
  const most = wanted ?? mostRounds
  const fewest = wanted ?? fewestRounds
  const measured = idle.map((idleCpuMsPerSecond) => ({ idleCpuMsPerSecond, rounds: /** @type {Round[]} */ ([]) }))
  for (let round = 0; round < most && (round < fewest || !isOver(budgetMs.all)); round++) {
    onStep(`round ${round + 1}`)
    for (const [index, side] of sides.entries()) measured[index]?.rounds.push(await side.round(requests))
  }
  return measured.map(resultOf)
}

/**
 * What a side takes when nobody asks is taken off: on a busy machine, where rounds last longer, it would be a growing
 * part of what a request seems to take.
 * @param {{ idleCpuMsPerSecond: number, rounds: readonly Round[] }} measured
 * @returns {SideResult}
 */
function resultOf({ idleCpuMsPerSecond, rounds: whole }) {
  const rounds = whole.map((round) => ({ ...round, cpuMs: round.cpuMs - (idleCpuMsPerSecond * round.spentMs) / 1000 }))
  return {
    idleCpuMsPerSecond,
    cpuMsPerRequest: spreadOf(rounds.map(cpuMsPerRequest)),
    requestsPerSecond: spreadOf(rounds.map(requestsPerSecond)),
    readsPerRequest: readsPerRequest(rounds),
    rounds,
  }
}

/**
 * The median here too: a round may have a read in it that no request made.
 * @param {readonly Round[]} rounds
 */
function readsPerRequest(rounds) {
  const counted = rounds.flatMap(({ requests, reads }) => (reads === null ? [] : [{ requests, reads }]))
  if (counted.length === 0) return null
  /** @param {keyof Reads} kind */
  const perRequest = (kind) => spreadOf(counted.map(({ requests, reads }) => reads[kind] / requests)).median
  return { reads: perRequest('reads'), getMores: perRequest('getMores') }
}
