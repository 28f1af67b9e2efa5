import { databaseScenarios } from './scenarios/database.mjs'
import { networkScenarios } from './scenarios/network.mjs'
import { serverScenarios } from './scenarios/servers.mjs'

/**
 * @typedef {import('./stage.mjs').Stage} Stage
 *
 * @typedef {object} Run
 * @property {(recoveryMs?: number | null, electionMs?: number) => void} recovered one fault is over; null: the service
 *   has not come back, nothing: that is judged elsewhere
 * @property {(name: string, ms: number) => void} timed something that is reported and decides nothing
 * @property {(what: string) => void} violated
 * @property {(kind: string) => void} kind of a mix, which fault it was
 * @property {(point: string) => void} missed the moment did not come, so that there was no fault
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {number} faults how many, in a run that is not limited
 * @property {number} ciFaults how many in the short run
 * @property {(stage: Stage, run: Run) => Promise<void>} inject one fault, from beginning to end
 */

const single = [...serverScenarios, ...databaseScenarios, ...networkScenarios]

/** What is still to come on each stage, in an order of its own. @type {WeakMap<Stage, Scenario[]>} */
const orders = new WeakMap()

/** One stage for all: what one fault leaves behind is there when the next one comes. @type {Scenario} */
const mixed = {
  name: 'mixed',
  title: 'every kind of fault, one after the other, on the same instances',
  faults: 52,
  ciFaults: single.length,
  async inject(stage, run) {
    const left = orders.get(stage) ?? []
    if (left.length === 0) left.push(...stage.chance.shuffled(single))
    orders.set(stage, left)
    const next = left.pop()
    if (next === undefined) throw new Error('There is always another kind of fault')
    stage.log(`mixed: ${next.name}`)
    await next.inject(stage, {
      ...run,
      recovered(...times) {
        run.kind(next.name)
        run.recovered(...times)
      },
    })
  },
}

/** @type {readonly Scenario[]} */
export const scenarios = [...single, mixed]

/** What the short run should have tried. */
export const kinds = single.map(({ name }) => name)
