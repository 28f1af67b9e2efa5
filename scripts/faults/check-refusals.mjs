import { saysOver } from './ends.mjs'
import { isInDoubt } from './history.mjs'

/**
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {import('./checker.mjs').Violation} Violation
 */

/** What is done on an account as it was read, and may be another one by then. */
const meetsOthers = new Set(['change-password', 'suspend', 'reinstate', 'set-roles', 'revoke-user'])

/**
 * A refusal must be explained by what somebody did.
 * @param {Operation} operation
 * @param {readonly Operation[]} operations
 * @param {import('./ends.mjs').Ends} ends
 * @returns {Violation[]}
 */
export function checkRefusal(operation, operations, ends) {
  const { kind, outcome, code, reason, answeredAt } = operation
  if (outcome !== 'refused' || kind === 'stranger') return []
  if (code === 'CONFLICT' && canConflict(operation, operations)) return []
  if (code !== 'UNAUTHENTICATED') {
    return [{ kind: 'unexpected', what: `${kind} was refused with ${code} ${reason ?? ''}`, operations: [operation] }]
  }
  if (kind === 'sign-in' || kind === 'sign-up') {
    // A wrong password and a suspension are one answer; what the client knows of both decides.
    if (operation.password !== 'right' || ends.maybeSuspended(operation)) return []
    return [{ kind: 'lost', what: 'the password that was acknowledged is refused', operations: [operation] }]
  }
  if (!saysOver(operation)) return []
  const sessionId = operation.askedBy ?? operation.sessionId
  const session = { id: sessionId ?? '', userId: ends.ownerOf(sessionId) ?? operation.userId ?? '' }
  if (ends.possibleEnd(session, answeredAt) !== null || ends.lateAt(session.id) <= answeredAt) return []
  const what = `session ${sessionId} is over, and nothing has ended it (${kind}: ${reason})`
  return [{ kind: 'wrong-sign-out', what, operations: [operation] }]
}

/**
 * An address is taken when its own sign-up was not answered; nobody else has it.
 * @param {Operation} operation
 * @param {readonly Operation[]} operations
 */
function canConflict({ kind, reason, client, invokedAt }, operations) {
  if (kind !== 'sign-up') return reason === 'CHANGED_MEANWHILE' && meetsOthers.has(kind)
  const isEarlierTry = (/** @type {Operation} */ each) =>
    each.kind === kind && each.client === client && isInDoubt(each) && each.invokedAt < invokedAt
  return reason === 'EMAIL_TAKEN' && operations.some(isEarlierTry)
}
