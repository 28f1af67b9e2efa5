import { itemAt } from './dice.mjs'
import { password } from './values.mjs'

/**
 * @typedef {import('./dice.mjs').Dice} Dice
 * @typedef {import('./documents.mjs').Values} Values
 *
 * What an argument can name that is really there.
 * @typedef {{ readonly ids: readonly string[], readonly emails: readonly string[], readonly refreshToken: string }} Known
 */

/**
 * Values that belong where they stand, mostly; where they do not, a text of the caller's that must not come back.
 * @param {Dice} dice
 * @param {Known} known
 * @param {() => string} text
 * @returns {Values}
 */
export function plausibleValues(dice, { ids, emails, refreshToken }, text) {
  const or = (/** @type {readonly unknown[]} */ good) => (dice.chance(70) ? dice.pick(good) : text())
  /** @type {Record<string, () => unknown>} */
  const byPlace = {
    'SignUpInput.email': () => `${text()}.new@example.com`,
    'Query.users.after': () => or([cursorOf(itemAt(ids, 0)), null]),
    'Query.auditEvents.after': () => or([cursorOf(`evt_${'0'.repeat(26)}`)]),
    'User.sessions.after': () => or([cursorOf(`ses_${'0'.repeat(26)}`)]),
    'AuditFilter.names': () => or(['session.started', 'user.suspended']),
    'Viewer.can.permission': () => or(['session:revoke', 'user:read', 'x:y']),
    'Query.explainPolicy.role': () => or(['member', 'admin', null]),
    'Query.explainPolicy.operation': () => or(['{ me { email } }', 'mutation { signOut }', '{ me { ...F } }', '{']),
    'Mutation.setUserRoles.roles': () => or(['member', 'support', 'admin']),
    'UserFilter.role': () => or(['member', 'admin']),
    'ChangePasswordInput.currentPassword': () => or([password]),
    'RefreshInput.refreshToken': () => or([refreshToken, null]),
    'Mutation.setUserAttributes.attributes': () => or([{ department: text() }, {}, { a: [text()] }, [], null]),
    'Query._entities.representations': () => representation(dice, { ids }, text),
  }
  /** @type {Record<string, () => unknown>} */
  const byType = {
    ID: () => or(ids),
    Int: () => dice.pick([1, 20, 100, 0, -1, 101, 2 ** 31 - 1]),
    Boolean: () => dice.chance(50),
    DateTime: () => or(['2030-01-01T08:30:00Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z']),
    EmailAddress: () => or([...emails, `${text()}@example.com`]),
    JSON: () => ({ x: text() }),
  }
  return (place, type) => (byPlace[place] ?? byType[type] ?? text)()
}

/** @param {string} id */
export function cursorOf(id) {
  return Buffer.from(`1900000000000 ${id}`).toString('base64url')
}

/**
 * @param {Dice} dice
 * @param {Pick<Known, 'ids'>} known
 * @param {() => string} text
 */
export function representation(dice, { ids }, text) {
  const good = { __typename: 'User', id: dice.pick(ids) }
  return dice.pick([
    () => good,
    () => good,
    () => ({ ...good, id: text() }),
    () => ({ ...good, id: { $ne: null } }),
    () => ({ ...good, id: [good.id] }),
    () => ({ ...good, id: { $regex: text() } }),
    () => ({ __typename: text(), id: good.id }),
    () => ({ __typename: dice.pick(['Session', 'Query', '__proto__', 'constructor', 'Node']), id: good.id }),
    () => ({ ...good, [text()]: text() }),
    () => JSON.parse(`{"__typename":"User","id":"${good.id}","__proto__":{"id":${JSON.stringify(text())}}}`),
    () => ({ id: good.id }),
    () => text(),
    () => [good],
    () => null,
  ])()
}
