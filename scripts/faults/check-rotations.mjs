/**
 * Refresh tokens of one session are one chain: one successor each, everybody is given the newest, and what was given
 * stays.
 *
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {import('./checker.mjs').Violation} Violation
 */

/**
 * @param {readonly Operation[]} operations
 * @param {import('./history.mjs').Holdings} held
 * @returns {Violation[]}
 */
export function checkRotations(operations, held) {
  /** The generation of each token. @type {Map<string, number>} */
  const generations = new Map()
  /** @type {Violation[]} */
  const violations = []
  const seen = new Map()
  for (const { sessionId, generation, digest } of held.rotations) {
    const place = `${sessionId} ${generation}`
    if (seen.has(place) && seen.get(place) !== digest) {
      const own = operations.filter((operation) => operation.sessionId === sessionId)
      const what = `session ${sessionId} has two tokens of generation ${generation}`
      violations.push({ kind: 'fork', what, operations: own.slice(-8) })
    }
    seen.set(place, digest)
    generations.set(digest, generation)
  }
  for (const own of bySession(operations.filter(givesToken))) {
    violations.push(...checkChain(own, generations))
  }
  return [...violations, ...checkPredecessors(operations, held)]
}

/**
 * Only the newest token has a successor: one that somebody was given follows one that somebody had presented by then.
 * Where the token before it was presented by nobody, an older one has rotated for the second time.
 * @param {readonly Operation[]} operations
 * @param {import('./history.mjs').Holdings} held
 * @returns {Violation[]}
 */
function checkPredecessors(operations, { rotations }) {
  const tokens = new Map(rotations.map(({ sessionId, generation, digest }) => [`${sessionId} ${generation}`, digest]))
  const before = new Map(
    rotations.map(({ sessionId, generation, digest }) => [digest, tokens.get(`${sessionId} ${generation - 1}`)]),
  )
  /** When each token was first presented. @type {Map<string, number>} */
  const presentedAt = new Map()
  for (const { kind, outcome, presented, invokedAt } of operations) {
    if (kind !== 'refresh' || outcome === 'not-sent' || presented === null) continue
    presentedAt.set(presented, Math.min(invokedAt, presentedAt.get(presented) ?? Infinity))
  }
  return operations.filter(givesToken).flatMap((operation) => {
    const predecessor = before.get(operation.given ?? '')
    if (predecessor === undefined || (presentedAt.get(predecessor) ?? Infinity) < operation.answeredAt) return []
    const what = `a refresh token of session ${operation.sessionId} that was not the newest has got a successor`
    return [{ kind: /** @type {const} */ ('fork'), what, operations: [operation] }]
  })
}

/**
 * @param {readonly Operation[]} own that gave tokens of one session
 * @param {ReadonlyMap<string, number>} generations
 */
function checkChain(own, generations) {
  /** @type {Violation[]} */
  const violations = []
  for (const operation of own) {
    const generation = generations.get(operation.given ?? '')
    if (generation === undefined) {
      const what = `a refresh token of session ${operation.sessionId} was given, and the database never had it`
      violations.push({ kind: 'lost', what, operations: [operation] })
      continue
    }
    const newer = own.find(
      (other) => other.answeredAt <= operation.invokedAt && (generations.get(other.given ?? '') ?? -1) > generation,
    )
    if (newer !== undefined) {
      const what = `session ${operation.sessionId} gave an older refresh token after a newer one`
      violations.push({ kind: 'fork', what, operations: [newer, operation] })
    }
  }
  return violations
}

/** @param {Operation} operation */
function givesToken({ outcome, given }) {
  return outcome === 'ok' && given !== null
}

/**
 * @param {readonly Operation[]} operations
 * @returns {Iterable<Operation[]>}
 */
function bySession(operations) {
  /** @type {Map<string | null, Operation[]>} */
  const groups = new Map()
  for (const operation of operations) {
    const group = groups.get(operation.sessionId)
    if (group === undefined) groups.set(operation.sessionId, [operation])
    else group.push(operation)
  }
  return groups.values()
}
