/**
 * What is measured, in the order in which it is shown. A further row is a file in `rows/`, named after the row, and a
 * line here.
 */
import decoy from './rows/decoy.mjs'
import entities from './rows/entities.mjs'
import listApollo from './rows/list-apollo.mjs'
import listMercurius from './rows/list-mercurius.mjs'
import list from './rows/list.mjs'
import meApollo from './rows/me-apollo.mjs'
import meDatabase from './rows/me-database.mjs'
import meEdge from './rows/me-edge.mjs'
import meMercurius from './rows/me-mercurius.mjs'
import me from './rows/me.mjs'
import passkey from './rows/passkey.mjs'
import recoveryCodeUsed from './rows/recovery-code-used.mjs'
import recoveryCode from './rows/recovery-code.mjs'
import refresh from './rows/refresh.mjs'
import session from './rows/session.mjs'
import signInCpu from './rows/sign-in-cpu.mjs'
import signIn from './rows/sign-in.mjs'
import storm from './rows/storm.mjs'
import totpUsed from './rows/totp-used.mjs'
import totp from './rows/totp.mjs'
import viewerCan from './rows/viewer-can.mjs'
import viewerPermissions from './rows/viewer-permissions.mjs'

/**
 * @typedef {ComparedRow | TimedRow} Row
 *
 * What a request takes, on one side or on two.
 * @typedef {object} ComparedRow
 * @property {string} name of its file, for `--only`
 * @property {string} title
 * @property {RatioGoal | ReadsGoal | CpuGoal | null} goal null: for information
 * @property {number} requests in one round
 * @property {Open | null} baseline what it is compared with; null: with nothing
 * @property {Open} measured
 *
 * How long somebody waits, in milliseconds. The row asks by itself; its one side only says where.
 * @typedef {object} TimedRow
 * @property {string} name
 * @property {string} title
 * @property {TimeGoal} goal
 * @property {number} rounds
 * @property {Open} measured
 * @property {(targets: Targets, round: number) => Promise<Samples>} time one round
 * @property {(samples: Samples) => Conclusion} conclude of one round, and of all of them together
 *
 * @typedef {RatioGoal | ReadsGoal | CpuGoal | TimeGoal} Goal
 *
 * Of ratios baseline / measured. By CPU time per request where nothing else is said, because that is what repeats on
 * a machine that is shared; `reads` is how many there must be for each request, or the ratio is one of something else.
 * @typedef {{ kind: 'ratio', atLeast: number, by?: 'cpu' | 'throughput', reads?: number }} RatioGoal
 * @typedef {{ kind: 'reads', exactly: number }} ReadsGoal
 * @typedef {{ kind: 'cpu', atMostMs: number }} CpuGoal of our process, for one request
 * @typedef {{ kind: 'time', atMostMs: number }} TimeGoal
 *
 * Runs in a process of its own, which nothing else is measured in.
 * @typedef {(world: World) => Promise<Side>} Open
 *
 * @typedef {object} World
 * @property {string} mongodbUri of a database that nobody else uses
 *
 * @typedef {object} Side
 * @property {Ask | HttpTarget | Targets} ask one request and its answer as JSON, or where to send it
 * @property {number} [atOnce] how many requests are under way at a time where `ask` is a function; 1
 * @property {() => Reads} [reads] from the database, so far
 * @property {() => Promise<void>} [close]
 *
 * @typedef {(worker: number) => Promise<string>} Ask `worker`: which of the `atOnce`
 * @typedef {Record<string, HttpTarget>} Targets of a row that asks by itself
 * @typedef {{ reads: number, getMores: number }} Reads
 * @typedef {Record<string, number[]>} Samples in milliseconds
 * @typedef {{ got: number, baseline: number | null }} Conclusion in milliseconds
 *
 * @typedef {object} HttpTarget
 * @property {string} url
 * @property {'GET' | 'POST'} [method] POST
 * @property {Record<string, string>} headers
 * @property {string} [body]
 * @property {readonly Variant[]} [variants] what changes from one request to the next, in turn
 * @property {string} [marker] stands in every answer; without it all answers are the same
 * @property {string} [chain] a pattern whose group is, in an answer, what the next request has in place of its own: each
 *   connection goes on from its own last answer, beginning with a variant of its own
 *
 * @typedef {{ headers?: Record<string, string>, body?: string }} Variant
 */

/** @type {readonly Row[]} */
export const rows = [
  list,
  listApollo,
  listMercurius,
  me,
  meEdge,
  meApollo,
  meMercurius,
  meDatabase,
  viewerPermissions,
  viewerCan,
  entities,
  session,
  signIn,
  signInCpu,
  refresh,
  storm,
  decoy,
  totp,
  totpUsed,
  recoveryCode,
  recoveryCodeUsed,
  passkey,
]
