import { isInDoubt, settledAt } from './history.mjs'

/**
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {import('./checker.mjs').Violation} Violation
 */

/** What takes the access token of whoever asks. */
const changes = new Set(['revoke', 'change-password', 'suspend', 'reinstate', 'set-roles', 'revoke-user'])

/**
 * Nothing is given to, or done for, whoever must not have it.
 * @param {Operation} operation
 * @param {readonly Operation[]} operations
 * @param {import('./ends.mjs').Ends} ends
 * @returns {Violation[]}
 */
export function checkOpening(operation, operations, ends) {
  if (operation.outcome !== 'ok') return []
  if (operation.kind === 'stranger') {
    return [{ kind: 'opened', what: 'somebody who has no token was given data', operations: [operation] }]
  }
  return [...checkPerson(operation), ...checkSession(operation, ends), ...checkSignIn(operation, operations)]
}

/**
 * @param {Operation} operation
 * @returns {Violation[]}
 */
function checkPerson(operation) {
  const { kind, userId, seenUserId } = operation
  if (seenUserId === null || userId === null || seenUserId === userId) return []
  const what = `user ${userId} was given what is ${seenUserId}'s (${kind})`
  return [{ kind: 'opened', what, operations: [operation] }]
}

/**
 * @param {Operation} operation
 * @param {import('./ends.mjs').Ends} ends
 * @returns {Violation[]}
 */
function checkSession(operation, ends) {
  const { kind, invokedAt, server } = operation
  const session = sessionThatAsked(operation, ends)
  if (session === null) return []
  // A refresh asks the database; what a process remembers of a caller may be a moment old.
  const end = ends.certainEnd(session, invokedAt, kind === 'refresh' ? null : server)
  if (end === null) return []
  const what = `session ${session.id} has ended, and ${kind} was ${changes.has(kind) ? 'done' : 'answered'}`
  return [{ kind: 'opened', what, operations: [end, operation] }]
}

/**
 * Null where no session is asked for: whoever signs in has none, and a sign-out may come twice.
 * @param {Operation} operation
 * @param {import('./ends.mjs').Ends} ends
 */
function sessionThatAsked({ kind, sessionId, userId, askedBy }, ends) {
  if (kind === 'me' || kind === 'refresh') return { id: sessionId ?? '', userId: userId ?? '' }
  if (askedBy === null || !changes.has(kind)) return null
  return { id: askedBy, userId: ends.ownerOf(askedBy) ?? '' }
}

/**
 * @param {Operation} operation
 * @param {readonly Operation[]} operations
 * @returns {Violation[]}
 */
function checkSignIn(operation, operations) {
  const { kind, userId, invokedAt } = operation
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
      !operations.some((other) => mayHaveReinstated(other, each, operation)),
  )
  if (suspension === undefined) return []
  return [{ kind: 'opened', what: `user ${userId} is suspended, and signs in`, operations: [suspension, operation] }]
}

/**
 * @param {Operation} other
 * @param {Operation} suspension
 * @param {Operation} signIn
 */
function mayHaveReinstated(other, suspension, signIn) {
  return (
    other.kind === 'reinstate' &&
    other.userId === suspension.userId &&
    (other.outcome === 'ok' || isInDoubt(other)) &&
    other.invokedAt < signIn.answeredAt &&
    settledAt(other) > suspension.invokedAt
  )
}
