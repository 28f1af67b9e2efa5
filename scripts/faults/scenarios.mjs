import { databaseScenarios } from './scenarios/database.mjs'
import { networkScenarios } from './scenarios/network.mjs'
import { serverScenarios } from './scenarios/servers.mjs'

/**
 * @typedef {import('./stage.mjs').Stage} Stage
 *
 * @typedef {object} Run
 * @property {(recoveryMs: number | null, electionMs?: number) => void} recovered one fault is over
 * @property {(name: string, ms: number) => void} timed something that is reported and decides nothing
 * @property {(what: string) => void} violated
 * @property {(point: string) => void} missed the moment did not come, so that there was no fault
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {number} faults how many, in a run that is not limited
 * @property {number} ciFaults how many in the short run
 * @property {Record<string, string>} [settings] of the servers
 * @property {(stage: Stage, run: Run) => Promise<void>} inject one fault, from beginning to end
 */

/** @type {readonly Scenario[]} */
export const scenarios = [...serverScenarios, ...databaseScenarios, ...networkScenarios]
