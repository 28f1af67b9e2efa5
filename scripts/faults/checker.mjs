/**
 * Compares what clients were told with what the database holds at the end, and with each other. Pure: no clock, no
 * database. What is in doubt (unavailable, lost) may have happened at any time after it was asked for, or never; a
 * violation is what no order of the doubtful explains.
 */
import { checkOpening } from './check-openings.mjs'
import { checkRefusal } from './check-refusals.mjs'
import { checkRegisters } from './check-registers.mjs'
import { checkRotations } from './check-rotations.mjs'
import { createEnds } from './ends.mjs'

/**
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {import('./history.mjs').Holdings} Holdings
 *
 * - lost: acknowledged, and not there
 * - fork: two successors of one refresh token
 * - wrong-sign-out: a session is over though nothing that anybody did has ended it
 * - opened: given to somebody who must not have it
 * - dropped: not answered by an instance that was stopping, and should still have answered
 * - broken: an answer that is none
 * - unexpected: a refusal that nothing explains
 * @typedef {'lost' | 'fork' | 'wrong-sign-out' | 'opened' | 'dropped' | 'broken' | 'unexpected'} ViolationKind
 * @typedef {{ kind: ViolationKind, what: string, operations: readonly Operation[] }} Violation
 *
 * @typedef {object} Rules
 * @property {number} graceMs how long a spent refresh token yields its successor
 * @property {number} boundMs how long another instance may take to know of an end
 * @property {number} keepEndedMs how long an ended session is kept at least
 *
 * It answers what is asked of it until then.
 * @typedef {{ server: string, signalledAt: number, answersUntil: number }} Drain
 *
 * @typedef {{ operations: readonly Operation[], held: Holdings, drains?: readonly Drain[], rules: Rules }} Evidence
 */

/**
 * @param {Evidence} evidence
 * @returns {Violation[]}
 */
export function check(evidence) {
  const { operations, held, drains = [], rules } = evidence
  const ends = createEnds(operations, rules)
  return [
    ...checkRotations(operations, held),
    ...checkRegisters(operations, held, rules),
    ...checkEnds(operations, held, ends, rules),
    ...operations.flatMap((operation) => [
      ...checkRefusal(operation, operations, ends),
      ...checkOpening(operation, operations, ends),
      ...checkAnswer(operation),
      ...checkDrain(operation, drains),
    ]),
  ]
}

/**
 * What was acknowledged as ended or begun is so in the database; nothing has ended as reuse.
 * @param {readonly Operation[]} operations
 * @param {Holdings} held
 * @param {import('./ends.mjs').Ends} ends
 * @param {Rules} rules
 * @returns {Violation[]}
 */
function checkEnds(operations, held, ends, { keepEndedMs }) {
  const purgedBefore = held.readAt - keepEndedMs
  const users = new Map(held.users.map((user) => [user.id, user]))
  const sessions = new Map(held.sessions.map((session) => [session.id, session]))
  /** @type {Violation[]} */
  const violations = []
  for (const operation of operations) {
    if (operation.outcome !== 'ok') continue
    if (operation.kind === 'sign-up' && !users.has(operation.userId ?? '')) {
      violations.push({ kind: 'lost', what: `user ${operation.userId} is not there`, operations: [operation] })
    }
    if (!ends.isStart(operation) || sessions.has(operation.sessionId ?? '')) continue
    // One that has ended is purged, but not at once.
    const session = { id: operation.sessionId ?? '', userId: operation.userId ?? '' }
    if (ends.possibleEnd(session, purgedBefore) !== null || ends.lateAt(session.id) < purgedBefore) continue
    violations.push({ kind: 'lost', what: `session ${session.id} is not there`, operations: [operation] })
  }
  for (const session of held.sessions) {
    const end = ends.certainEnd(session, Infinity, null)
    const isOver =
      session.endReason !== null || session.securityVersion < (users.get(session.userId)?.securityVersion ?? 0)
    if (end !== null && !isOver) {
      violations.push({ kind: 'lost', what: `session ${session.id} has been ended, and lives`, operations: [end] })
    }
    if (['refresh-reused', 'answer-lost'].includes(session.endReason ?? '') && ends.lateAt(session.id) === Infinity) {
      const own = operations.filter(({ sessionId }) => sessionId === session.id)
      const what = `session ${session.id} has ended as ${session.endReason}, and its client did nothing wrong`
      violations.push({ kind: 'wrong-sign-out', what, operations: own.slice(-8) })
    }
  }
  return violations
}

/**
 * @param {Operation} operation
 * @returns {Violation[]}
 */
function checkAnswer(operation) {
  if (operation.outcome !== 'broken') return []
  const what = `${operation.kind} was answered with ${operation.status}: ${operation.text.slice(0, 200)}`
  return [{ kind: 'broken', what, operations: [operation] }]
}

/**
 * Until the end of its drain an instance listens, and answers whatever it took.
 * @param {Operation} operation
 * @param {readonly Drain[]} drains
 * @returns {Violation[]}
 */
function checkDrain(operation, drains) {
  const { kind, outcome, invokedAt, answeredAt } = operation
  if (outcome !== 'lost' && outcome !== 'not-sent') return []
  // Nobody knows when a request that nobody took was sent: maybe only when its client was told so.
  const sentAt = outcome === 'lost' ? invokedAt : answeredAt
  const drain = drains.find(
    ({ server, signalledAt, answersUntil }) =>
      server === operation.server && answeredAt >= signalledAt && sentAt <= answersUntil,
  )
  if (drain === undefined) return []
  const what = `${kind} was not ${outcome === 'lost' ? 'answered' : 'taken'} by an instance that was stopping`
  return [{ kind: 'dropped', what, operations: [operation] }]
}
