/**
 * Compares what clients were told with what the database holds at the end, and with each other. Pure: no clock, no
 * database. What is in doubt (unavailable, lost) may have happened at any time after it was asked for, or never; a
 * violation is what no order of the doubtful explains.
 */
import { isInDoubt } from './history.mjs'
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
 * - dropped: accepted by an instance that was stopping, and never answered
 * - broken: an answer that is none
 * - unexpected: a refusal that nothing explains
 * @typedef {'lost' | 'fork' | 'wrong-sign-out' | 'opened' | 'dropped' | 'broken' | 'unexpected'} ViolationKind
 * @typedef {{ kind: ViolationKind, what: string, operations: readonly Operation[] }} Violation
 *
 * @typedef {object} Rules
 * @property {number} graceMs how long a spent refresh token yields its successor
 * @property {number} boundMs how long another instance may take to know of an end
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
    ...checkRotations(operations, held, ends),
    ...checkRegisters(operations, held, rules),
    ...checkEnds(operations, held, ends),
    ...operations.flatMap((operation) => [
      ...checkRefusal(operation, ends),
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
 * @returns {Violation[]}
 */
function checkEnds(operations, held, ends) {
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
    // One that has ended is purged after a while.
    const session = { id: operation.sessionId ?? '', userId: operation.userId ?? '' }
    if (ends.possibleEnd(session, Infinity) !== null) continue
    violations.push({ kind: 'lost', what: `session ${session.id} is not there`, operations: [operation] })
  }
  for (const session of held.sessions) {
    const end = ends.certainEnd(session, Infinity, null)
    const isOver =
      session.endReason !== null || session.securityVersion < (users.get(session.userId)?.securityVersion ?? 0)
    if (end !== null && !isOver) {
      violations.push({ kind: 'lost', what: `session ${session.id} has been ended, and lives`, operations: [end] })
    }
    if (['refresh-reused', 'answer-lost'].includes(session.endReason ?? '') && !ends.wasLate(session.id)) {
      const own = operations.filter(({ sessionId }) => sessionId === session.id)
      const what = `session ${session.id} has ended as ${session.endReason}, and its client did nothing wrong`
      violations.push({ kind: 'wrong-sign-out', what, operations: own.slice(-8) })
    }
  }
  return violations
}

/**
 * A refusal must be explained by what somebody did.
 * @param {Operation} operation
 * @param {import('./ends.mjs').Ends} ends
 * @returns {Violation[]}
 */
function checkRefusal(operation, ends) {
  const { kind, outcome, code, reason, answeredAt } = operation
  const sessionId = operation.askedBy ?? operation.sessionId
  if (outcome !== 'refused' || kind === 'stranger') return []
  if (code === 'CONFLICT') return []
  if (code !== 'UNAUTHENTICATED') {
    return [{ kind: 'unexpected', what: `${kind} was refused with ${code} ${reason ?? ''}`, operations: [operation] }]
  }
  if (kind === 'sign-in' || kind === 'sign-up') {
    // A wrong password and a suspension are one answer; what the client knows of both decides.
    if (operation.password !== 'right' || ends.maybeSuspended(operation)) return []
    return [{ kind: 'lost', what: 'the password that was acknowledged is refused', operations: [operation] }]
  }
  if (reason === 'TOKEN_EXPIRED' || reason === 'CREDENTIALS_REJECTED') return []
  const session = { id: sessionId ?? '', userId: ends.ownerOf(sessionId) ?? operation.userId ?? '' }
  if (ends.possibleEnd(session, answeredAt) !== null || ends.wasLate(session.id)) return []
  const what = `session ${sessionId} is over, and nothing has ended it (${kind}: ${reason})`
  return [{ kind: 'wrong-sign-out', what, operations: [operation] }]
}

/**
 * @param {Operation} operation
 * @param {readonly Operation[]} operations
 * @param {import('./ends.mjs').Ends} ends
 * @returns {Violation[]}
 */
function checkOpening(operation, operations, ends) {
  const { kind, outcome, sessionId, userId, invokedAt, server } = operation
  if (outcome !== 'ok') return []
  if (kind === 'stranger') {
    return [{ kind: 'opened', what: 'somebody who has no token was given data', operations: [operation] }]
  }
  if (kind === 'me' || kind === 'refresh') {
    // A refresh asks the database; what a process remembers of a caller may be a moment old.
    const end = ends.certainEnd({ id: sessionId ?? '', userId: userId ?? '' }, invokedAt, kind === 'me' ? server : null)
    if (end === null) return []
    return [
      {
        kind: 'opened',
        what: `session ${sessionId} has ended, and ${kind} was answered`,
        operations: [end, operation],
      },
    ]
  }
  if (kind !== 'sign-in') return []
  if (operation.password === 'replaced') {
    return [{ kind: 'opened', what: 'a password that had been replaced signs in', operations: [operation] }]
  }
  const suspension = operations.find(
    (each) =>
      each.kind === 'suspend' &&
      each.outcome === 'ok' &&
      each.userId === userId &&
      each.answeredAt <= invokedAt &&
      !operations.some(
        (other) =>
          other.kind === 'reinstate' &&
          other.userId === userId &&
          (other.outcome === 'ok' || isInDoubt(other)) &&
          other.invokedAt < operation.answeredAt &&
          (isInDoubt(other) || other.answeredAt > each.invokedAt),
      ),
  )
  if (suspension === undefined) return []
  return [{ kind: 'opened', what: `user ${userId} is suspended, and signs in`, operations: [suspension, operation] }]
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
 * @param {Operation} operation
 * @param {readonly Drain[]} drains
 * @returns {Violation[]}
 */
function checkDrain(operation, drains) {
  if (operation.outcome !== 'lost') return []
  const drain = drains.find(
    ({ server, answersUntil }) => server === operation.server && operation.invokedAt <= answersUntil,
  )
  if (drain === undefined) return []
  const what = `${operation.kind} was not answered by an instance that was stopping`
  return [{ kind: 'dropped', what, operations: [operation] }]
}
