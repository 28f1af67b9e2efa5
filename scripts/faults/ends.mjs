import { isInDoubt } from './history.mjs'

/**
 * Which sessions have certainly ended when, and which may have.
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {{ id: string, userId: string }} SessionName
 * @typedef {ReturnType<typeof createEnds>} Ends
 */

const endsOne = new Set(['sign-out', 'revoke'])
const endsAll = new Set(['change-password', 'suspend', 'revoke-user'])

/**
 * @param {readonly Operation[]} operations
 * @param {import('./checker.mjs').Rules} rules
 */
export function createEnds(operations, { graceMs, boundMs }) {
  /** @type {Map<string, Operation>} */
  const starts = new Map()
  /** @type {Map<string, Operation[]>} by session, and by user */
  const ends = new Map()
  for (const operation of operations) {
    if (isStart(operation) && operation.sessionId !== null) starts.set(operation.sessionId, operation)
    if (operation.outcome !== 'ok' && !isInDoubt(operation)) continue
    const key = endsOne.has(operation.kind)
      ? operation.sessionId
      : endsAll.has(operation.kind)
        ? operation.userId
        : null
    if (key === null) continue
    const known = ends.get(key)
    if (known === undefined) ends.set(key, [operation])
    else known.push(operation)
  }
  const late = sessionsOfLateAnswers(operations, graceMs)

  /** @param {SessionName} session */
  const endsOf = ({ id, userId }) => [
    ...(ends.get(id) ?? []),
    ...(ends.get(userId) ?? []).filter(({ keptSessionId }) => keptSessionId !== id),
  ]

  return {
    isStart,
    /** @param {string | null} sessionId */
    ownerOf: (sessionId) => starts.get(sessionId ?? '')?.userId ?? null,
    /**
     * What was acknowledged to have ended it before that time.
     * @param {SessionName} session
     * @param {number} at
     * @param {string | null} server that remembers callers; null where the database is asked
     */
    certainEnd(session, at, server) {
      const start = starts.get(session.id)
      return (
        endsOf(session).find((end) => {
          const bound = server === null || server === end.server ? 0 : boundMs
          if (end.outcome !== 'ok' || end.answeredAt + bound > at) return false
          // A sign-in that was under way may count as one after it.
          return endsOne.has(end.kind) || (start !== undefined && start.answeredAt <= end.invokedAt)
        }) ?? null
      )
    },
    /**
     * Anything that may have ended it by then.
     * @param {SessionName} session
     * @param {number} at
     */
    possibleEnd(session, at) {
      const start = starts.get(session.id)
      return (
        endsOf(session).find((end) => {
          if (end.invokedAt >= at) return false
          return endsOne.has(end.kind) || isInDoubt(end) || start === undefined || start.invokedAt < end.answeredAt
        }) ?? null
      )
    },
    /** Whether a refresh token of it was presented again when its grace may have been over. @param {string} sessionId */
    wasLate: (sessionId) => late.has(sessionId),
    /** @param {Operation} operation */
    maybeSuspended: ({ userId, answeredAt }) =>
      (ends.get(userId ?? '') ?? []).some(({ kind, invokedAt }) => kind === 'suspend' && invokedAt < answeredAt),
  }
}

/** @param {Operation} operation */
function isStart({ kind, outcome }) {
  return outcome === 'ok' && (kind === 'sign-up' || kind === 'sign-in')
}

/**
 * An answer that is lost for longer than the grace ends the session; that is said, and no fault.
 * @param {readonly Operation[]} operations
 * @param {number} graceMs
 */
function sessionsOfLateAnswers(operations, graceMs) {
  /** @type {Map<string, number>} */
  const firstPresented = new Map()
  /** @type {Set<string>} */
  const late = new Set()
  for (const { kind, outcome, presented, sessionId, invokedAt, answeredAt } of operations) {
    if (kind !== 'refresh' || presented === null || sessionId === null || outcome === 'not-sent') continue
    const first = Math.min(firstPresented.get(presented) ?? Infinity, invokedAt)
    firstPresented.set(presented, first)
    if (answeredAt - first >= graceMs * 0.9) late.add(sessionId)
  }
  return late
}
