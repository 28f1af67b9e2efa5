/**
 * What is measured, in the order in which it is shown. A further row is a file in `rows/`, named after the row, and a
 * line here.
 */
import entities from './rows/entities.mjs'
import list from './rows/list.mjs'
import meEdge from './rows/me-edge.mjs'
import me from './rows/me.mjs'
import session from './rows/session.mjs'
import viewerCan from './rows/viewer-can.mjs'
import viewerPermissions from './rows/viewer-permissions.mjs'

/**
 * @typedef {object} Row
 * @property {string} name of its file, for `--only`
 * @property {string} title
 * @property {Goal | null} goal null: for information
 * @property {number} requests in one round
 * @property {Open | null} baseline what it is compared with; null: with nothing
 * @property {Open} measured
 *
 * Of ratios baseline / measured: of CPU time per request, because that is what repeats on a machine that is shared.
 * @typedef {{ kind: 'ratio', atLeast: number } | { kind: 'reads', exactly: number }} Goal
 *
 * Runs in a process of its own, which nothing else is measured in.
 * @typedef {(world: World) => Promise<Side>} Open
 *
 * @typedef {object} World
 * @property {string} mongodbUri of a database that nobody else uses
 *
 * @typedef {object} Side
 * @property {(() => Promise<string>) | HttpTarget} ask one request and its answer as JSON, or where to send it
 * @property {() => Reads} [reads] from the database, so far
 * @property {() => Promise<void>} [close]
 *
 * @typedef {{ reads: number, getMores: number }} Reads
 *
 * @typedef {object} HttpTarget
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {string} body
 */

/** @type {readonly Row[]} */
export const rows = [list, me, meEdge, entities, session, viewerPermissions, viewerCan]
