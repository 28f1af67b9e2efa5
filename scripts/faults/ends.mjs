import { isInDoubt, settledAt } from './history.mjs'

/**
 * Which sessions have certainly ended when, and which may have.
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {{ id: string, userId: string }} SessionName
 * @typedef {ReturnType<typeof createEnds>} Ends
 */

const endsOne = new Set(['sign-out', 'revoke'])
const endsAll = new Set(['change-password', 'suspend', 'revoke-user'])
/** A primary that was cut off believes to be one for so long, and what a refusal has read may be its. */
const staleReadMs = 10_000
/** Refusals that say nothing of the session. */
const ofTheRequest = new Set(['TOKEN_EXPIRED', 'CREDENTIALS_REJECTED'])

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
  const late = lateAnswers(operations, graceMs)
  const lastAlive = lastSignsOfLife(operations, boundMs)
  const reinstatements = operations.filter(({ kind, outcome }) => kind === 'reinstate' && outcome === 'ok')

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
     * Anything that may have ended it by then. What is in doubt has not, when the session lived after it had settled.
     * @param {SessionName} session
     * @param {number} at
     */
    possibleEnd(session, at) {
      const start = starts.get(session.id)
      return (
        endsOf(session).find((end) => {
          if (end.invokedAt >= at) return false
          if (isInDoubt(end) && settledAt(end) <= (lastAlive.get(session.id) ?? -Infinity)) return false
          return endsOne.has(end.kind) || start === undefined || start.invokedAt < settledAt(end)
        }) ?? null
      )
    },
    /** From when on a refresh token of it was presented though its grace may have been over. @param {string} sessionId */
    lateAt: (sessionId) => late.get(sessionId) ?? Infinity,
    /** @param {Operation} operation */
    maybeSuspended: ({ userId, invokedAt, answeredAt }) =>
      (ends.get(userId ?? '') ?? []).some(
        (end) =>
          end.kind === 'suspend' &&
          end.invokedAt < answeredAt &&
          !reinstatements.some(
            (each) =>
              each.userId === userId && each.invokedAt >= settledAt(end) && each.answeredAt + staleReadMs <= invokedAt,
          ),
      ),
  }
}

/** @param {Operation} operation */
function isStart({ kind, outcome }) {
  return outcome === 'ok' && (kind === 'sign-up' || kind === 'sign-in')
}

/** Whether somebody was told that their session is over. @param {Operation} operation */
export function saysOver({ kind, outcome, code, reason }) {
  if (outcome !== 'refused' || code !== 'UNAUTHENTICATED' || ofTheRequest.has(reason ?? '')) return false
  return kind !== 'sign-in' && kind !== 'sign-up' && kind !== 'stranger'
}

/**
 * An answer that is lost for longer than the grace ends the session; that is said, and no fault. Whatever is presented
 * after a refusal ends nothing any more.
 * @param {readonly Operation[]} operations
 * @param {number} graceMs
 */
function lateAnswers(operations, graceMs) {
  /** @type {Map<string, number>} */
  const firstPresented = new Map()
  /** @type {Map<string, number>} */
  const firstRefused = new Map()
  for (const operation of operations) {
    const { invokedAt, answeredAt, sessionId, askedBy } = operation
    if (isPresentation(operation)) keepLeast(firstPresented, operation.presented ?? '', invokedAt)
    if (saysOver(operation)) keepLeast(firstRefused, askedBy ?? sessionId ?? '', answeredAt)
  }
  /** @type {Map<string, number>} */
  const late = new Map()
  for (const operation of operations.filter(isPresentation)) {
    const { invokedAt, answeredAt, presented } = operation
    const sessionId = operation.sessionId ?? ''
    // The grace begins when the token is spent, which is not before it was presented.
    const mayBeOverAt = (firstPresented.get(presented ?? '') ?? Infinity) + graceMs * 0.9
    if (answeredAt < mayBeOverAt || invokedAt > (firstRefused.get(sessionId) ?? Infinity)) continue
    keepLeast(late, sessionId, Math.max(invokedAt, mayBeOverAt))
  }
  return late
}

/** @param {Operation} operation */
function isPresentation({ kind, outcome, presented, sessionId }) {
  return kind === 'refresh' && outcome !== 'not-sent' && presented !== null && sessionId !== null
}

/** @param {Map<string, number>} times @param {string} key @param {number} time */
function keepLeast(times, key, time) {
  times.set(key, Math.min(times.get(key) ?? Infinity, time))
}

/**
 * Until when each session has certainly lived. A refresh asks the database; what a process remembers of a caller may be
 * a moment old.
 * @param {readonly Operation[]} operations
 * @param {number} boundMs
 */
function lastSignsOfLife(operations, boundMs) {
  /** @type {Map<string, number>} */
  const last = new Map()
  for (const { kind, outcome, sessionId, invokedAt } of operations) {
    if (outcome !== 'ok' || sessionId === null || (kind !== 'refresh' && kind !== 'me')) continue
    const aliveAt = kind === 'me' ? invokedAt - boundMs : invokedAt
    last.set(sessionId, Math.max(last.get(sessionId) ?? -Infinity, aliveAt))
  }
  return last
}
