import { working } from '../setup/say.mjs'
import { createChance } from './chance.mjs'
import { isInDoubt, lineOf } from './history.mjs'
import { setStage } from './stage.mjs'

/**
 * @typedef {import('./scenarios.mjs').Scenario} Scenario
 *
 * @typedef {object} Result
 * @property {string} name
 * @property {string} title
 * @property {readonly number[]} seeds one for each round, which repeats by itself
 * @property {number} faults that were injected
 * @property {Readonly<Record<string, number>>} kinds of a mix
 * @property {number} missed moments that did not come
 * @property {number} operations
 * @property {number} acknowledged
 * @property {number} refused
 * @property {number} inDoubt
 * @property {readonly Found[]} violations
 * @property {readonly number[]} recoveriesMs
 * @property {readonly number[]} electionsMs
 * @property {Readonly<Record<string, readonly number[]>>} timedMs
 * @property {number} seconds
 *
 * @typedef {{ kind: string, what: string, seed: number, lines: readonly string[] }} Found
 *
 * @typedef {object} How
 * @property {import('./cluster.mjs').Cluster} cluster
 * @property {string} dist
 * @property {number} seed
 * @property {number} faults
 * @property {number} untilMs of the monotonic clock; later no fault is begun
 * @property {(line: string) => void} log
 */

/** A history is judged as a whole, and that takes the longer the longer it is. */
const faultsPerRound = 20
const mostLines = 12

/**
 * @param {Scenario} scenario
 * @param {How} how
 * @returns {Promise<Result>}
 */
export async function runScenario(scenario, how) {
  const { name, title } = scenario
  const startedAt = performance.now()
  const total = emptyResult(name, title)
  for (let round = 0; total.faults + total.missed < how.faults; round += 1) {
    if (round > 0 && performance.now() > how.untilMs) break
    const seed = how.seed + round
    total.seeds.push(seed)
    const isWell = await runRound(scenario, how, { seed, faults: how.faults - total.faults - total.missed }, total)
    if (!isWell) break
  }
  return { ...total, seconds: (performance.now() - startedAt) / 1000 }
}

/** @param {string} name @param {string} title */
function emptyResult(name, title) {
  return {
    name,
    title,
    seeds: /** @type {number[]} */ ([]),
    faults: 0,
    kinds: /** @type {Record<string, number>} */ ({}),
    missed: 0,
    operations: 0,
    acknowledged: 0,
    refused: 0,
    inDoubt: 0,
    violations: /** @type {Found[]} */ ([]),
    recoveriesMs: /** @type {number[]} */ ([]),
    electionsMs: /** @type {number[]} */ ([]),
    timedMs: /** @type {Record<string, number[]>} */ ({}),
    seconds: 0,
  }
}

/**
 * False when a fault could not be brought to its end: there is no use in another round.
 * @param {Scenario} scenario
 * @param {How} how
 * @param {{ seed: number, faults: number }} round
 * @param {ReturnType<typeof emptyResult>} total
 */
async function runRound(scenario, { cluster, dist, log, untilMs }, { seed, faults }, total) {
  const chance = createChance(seed).fork(scenario.name)
  /** @param {string} kind @param {string} what @param {readonly string[]} lines */
  const found = (kind, what, lines = []) => {
    // One fault shows in many answers; the first tells most.
    if (total.violations.some((each) => each.seed === seed && each.what === what)) return
    total.violations.push({ kind, what, seed, lines })
    working(`${scenario.name}: ${kind}: ${what}`)
  }
  await cluster.settle()
  const stage = await setStage({ cluster, dist, chance, log })
  const run = runOn(total, (what) => found('promise', what))
  let isWell = true
  try {
    stage.begin()
    for (let fault = 0; fault < Math.min(faults, faultsPerRound); fault += 1) {
      if (fault > 0 && performance.now() > untilMs) break
      isWell = await scenario.inject(stage, run).then(
        () => true,
        (cause) => {
          // Mostly that an instance or the database did not come back.
          found('promise', cause.message, String(cause.stack).split('\n').slice(1, 4))
          return false
        },
      )
      if (!isWell) break
      stage.noteCrashes()
      const { operations } = stage.history
      log(`${scenario.name}: ${total.faults} faults, ${operations.length} operations in this round`)
    }
    const { operations, crashes, unserved, violations } = await stage.judge()
    for (const crash of crashes) found('crash', crash)
    for (const what of unserved) found('promise', what)
    for (const { kind, what, operations } of violations) found(kind, what, operations.slice(-mostLines).map(lineOf))
    total.operations += operations.length
    total.acknowledged += operations.filter(({ outcome }) => outcome === 'ok').length
    total.refused += operations.filter(({ outcome }) => outcome === 'refused').length
    total.inDoubt += operations.filter(isInDoubt).length
    for (const { kind, outcome, invokedAt, answeredAt } of operations) {
      if (kind === 'me' && outcome === 'unavailable') run.timed('me unavailable after', answeredAt - invokedAt)
    }
    return isWell
  } finally {
    await stage.leave()
  }
}

/**
 * @param {ReturnType<typeof emptyResult>} total
 * @param {(what: string) => void} violated
 * @returns {import('./scenarios.mjs').Run}
 */
function runOn(total, violated) {
  return {
    violated,
    recovered(recoveryMs, electionMs) {
      total.faults += 1
      if (recoveryMs === null) violated(`fault ${total.faults}: the service did not come back`)
      else if (recoveryMs !== undefined) total.recoveriesMs.push(recoveryMs)
      if (electionMs !== undefined) total.electionsMs.push(electionMs)
    },
    kind: (name) => void (total.kinds[name] = (total.kinds[name] ?? 0) + 1),
    missed: () => void (total.missed += 1),
    timed(name, ms) {
      const times = (total.timedMs[name] ??= [])
      times.push(ms)
    },
  }
}
