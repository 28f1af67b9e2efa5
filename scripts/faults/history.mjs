/**
 * What clients did and were told, in milliseconds of one monotonic clock. Tokens are in it as digests only.
 *
 * @typedef {'sign-up' | 'sign-in' | 'refresh' | 'me' | 'sign-out' | 'revoke' | 'change-password' | 'suspend'
 *   | 'reinstate' | 'set-roles' | 'revoke-user' | 'stranger'} Kind
 *
 * @typedef {object} Operation
 * @property {number} n
 * @property {string} client
 * @property {Kind} kind
 * @property {string} server index and incarnation, `0.3`: what one process remembers the next does not
 * @property {number} invokedAt
 * @property {number} answeredAt
 * @property {import('./ask.mjs').Outcome} outcome
 * @property {string | null} code
 * @property {string | null} reason
 * @property {number} status
 * @property {string} text what was answered where it is no answer
 * @property {string | null} userId whom it is about
 * @property {string | null} seenUserId whose data or tokens were given
 * @property {string | null} sessionId which session it is about, or was given
 * @property {string | null} askedBy the session whose access token was shown, where it is not that one
 * @property {string | null} keptSessionId which session goes on though all others of the user end
 * @property {string | null} presented digest of the refresh token that was presented
 * @property {string | null} given digest of the refresh token that was given
 * @property {readonly string[] | null} roles set, or read
 * @property {'right' | 'replaced' | 'in doubt' | null} password what the client knows of the password it used
 *
 * What the database holds at the end.
 * @typedef {object} Holdings
 * @property {number} readAt
 * @property {readonly { id: string, roles: readonly string[], status: string, securityVersion: number }[]} users
 * @property {readonly StoredSession[]} sessions
 * @property {readonly Rotation[]} rotations in the order in which a majority had them, the first token of each too
 *
 * @typedef {object} StoredSession
 * @property {string} id
 * @property {string} userId
 * @property {number} securityVersion
 * @property {string | null} endReason null while nobody has ended it
 *
 * @typedef {{ sessionId: string, generation: number, digest: string }} Rotation
 *
 * @typedef {{ ask: import('./ask.mjs').Ask, server: import('./server.mjs').Server, port: number }} Route
 * @typedef {Partial<Pick<Operation, 'userId' | 'sessionId' | 'askedBy' | 'keptSessionId' | 'presented' | 'roles' | 'password'>>} About
 *
 * @typedef {ReturnType<typeof createHistory>} History
 */

export function createHistory() {
  /** @type {Operation[]} */
  const operations = []
  /** @type {((operation: Operation) => void)[]} */
  let watchers = []
  return {
    operations,
    /** @param {Operation} operation */
    add(operation) {
      operations.push(operation)
      for (const watch of watchers) watch(operation)
    },
    /**
     * The first operation from now on that is one.
     * @param {(operation: Operation) => boolean} isOne
     * @param {number} withinMs
     * @returns {Promise<Operation | null>}
     */
    next(isOne, withinMs) {
      return new Promise((resolve) => {
        const end = (/** @type {Operation | null} */ found) => {
          clearTimeout(timer)
          watchers = watchers.filter((each) => each !== watch)
          resolve(found)
        }
        const watch = (/** @type {Operation} */ operation) => {
          if (isOne(operation)) end(operation)
        }
        const timer = setTimeout(() => end(null), withinMs)
        watchers.push(watch)
      })
    },
  }
}

/** Whether nobody knows if it happened. @param {Operation} operation */
export function isInDoubt({ outcome }) {
  return outcome === 'unavailable' || outcome === 'lost' || outcome === 'broken'
}

/** What nobody answered for has happened after so long, or never will: requests and transactions end long before. */
const doubtMs = 30_000

/** From here on it does not happen any more. @param {Operation} operation */
export function settledAt(operation) {
  return isInDoubt(operation) ? operation.answeredAt + doubtMs : operation.answeredAt
}

/** In one line, for people. @param {Operation} operation */
export function lineOf(operation) {
  const { n, client, kind, server, invokedAt, answeredAt, outcome, code, reason } = operation
  const about = /** @type {const} */ ([
    'userId',
    'seenUserId',
    'sessionId',
    'askedBy',
    'keptSessionId',
    'presented',
    'given',
    'roles',
    'password',
  ])
  const facts = about.flatMap((name) => (operation[name] === null ? [] : [`${name}=${String(operation[name])}`]))
  const said = [outcome, code, reason].filter((part) => part !== null).join(' ')
  const times = `${(invokedAt / 1000).toFixed(3)}–${(answeredAt / 1000).toFixed(3)} s`
  return `#${n} ${times} ${client} at server ${server}: ${kind} → ${said}  ${facts.join(' ')}`.trim()
}
