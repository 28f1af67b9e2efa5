import { isInDoubt, settledAt } from './history.mjs'

/**
 * What is set and read as a whole: the roles of a user, and whether it is suspended. A value is possible as long as no
 * acknowledged change has come after the one that set it.
 *
 * @typedef {import('./history.mjs').Operation} Operation
 * @typedef {import('./checker.mjs').Violation} Violation
 *
 * @typedef {{ value: string, operation: Operation | null }} Change null: how it began
 */

/**
 * @param {readonly Operation[]} operations
 * @param {import('./history.mjs').Holdings} held
 * @param {import('./checker.mjs').Rules} rules
 * @returns {Violation[]}
 */
export function checkRegisters(operations, held, { boundMs }) {
  const done = operations.filter((operation) => operation.outcome === 'ok' || isInDoubt(operation))
  /** @type {Violation[]} */
  const violations = []
  for (const user of held.users) {
    const own = done.filter(({ userId }) => userId === user.id)
    const roles = changesOf(own, ({ kind, roles }) => (kind === 'set-roles' ? valueOf(roles) : null), 'member')
    const status = changesOf(
      own,
      ({ kind }) => (kind === 'suspend' ? 'suspended' : kind === 'reinstate' ? 'active' : null),
      'active',
    )
    // Who is not one of the clients' own has a beginning that nobody here knows.
    if (!own.some(({ kind }) => kind === 'sign-up')) continue
    violations.push(
      ...checkValue(`the roles of ${user.id}`, valueOf(user.roles), possible(roles, Infinity, Infinity)),
      ...checkValue(`the status of ${user.id}`, user.status, possible(status, Infinity, Infinity)),
    )
    for (const read of own) {
      if (read.kind !== 'me' || read.outcome !== 'ok' || read.roles === null) continue
      const found = checkValue(
        `the roles of ${user.id}`,
        valueOf(read.roles),
        possible(roles, read.answeredAt, read.invokedAt - boundMs),
      )
      violations.push(
        ...found.map((each) => ({
          ...each,
          kind: /** @type {const} */ ('opened'),
          operations: [...each.operations, read],
        })),
      )
    }
  }
  return violations
}

/** @param {readonly string[] | null} roles */
function valueOf(roles) {
  return roles === null ? '' : [...roles].sort().join('+')
}

/**
 * @param {readonly Operation[]} operations
 * @param {(operation: Operation) => string | null} valueSetBy
 * @param {string} initial
 * @returns {Change[]}
 */
function changesOf(operations, valueSetBy, initial) {
  const changes = operations.flatMap((operation) => {
    const value = valueSetBy(operation)
    return value === null ? [] : [{ value, operation }]
  })
  return [{ value: initial, operation: null }, ...changes]
}

/**
 * @param {readonly Change[]} changes
 * @param {number} until what was asked for later is not there yet
 * @param {number} knownAt what was acknowledged by then is known everywhere
 */
function possible(changes, until, knownAt) {
  return changes.filter(({ operation }) => {
    if (operation !== null && operation.invokedAt >= until) return false
    const since = operation === null ? -Infinity : settledAt(operation)
    return !changes.some(
      ({ operation: later }) => later?.outcome === 'ok' && later.invokedAt > since && later.answeredAt <= knownAt,
    )
  })
}

/**
 * @param {string} what
 * @param {string} value
 * @param {readonly Change[]} possible
 * @returns {Violation[]}
 */
function checkValue(what, value, possible) {
  if (possible.some((change) => change.value === value)) return []
  const expected = [...new Set(possible.map((change) => change.value))].join(' or ')
  const operations = possible.flatMap(({ operation }) => (operation === null ? [] : [operation]))
  return [{ kind: 'lost', what: `${what}: ${value}, and acknowledged was ${expected}`, operations }]
}
