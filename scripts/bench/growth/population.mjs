/**
 * Who there is: every user and every session is a function of the seed and of its number, so that the load knows each
 * secret without keeping one, and a seeding that was cut short goes on with the same people.
 */
import { createHash } from 'node:crypto'

/**
 * @typedef {object} Population
 * @property {string} seed
 * @property {number} users
 * @property {number} sessionsPerUser
 * @property {number} spentTokens how many spent refresh tokens each session remembers; the service keeps 8 at most
 *
 * @typedef {object} SeededUser
 * @property {string} id
 * @property {string} email
 * @property {string} displayName
 *
 * @typedef {object} SeededSession
 * @property {string} id
 * @property {string} familySecret
 * @property {string} tokenSecret
 * @property {(bytes: number) => Buffer} further more bytes of this session
 */

export const password = 'correct horse battery staple'
const idAlphabet = '0123456789abcdefghjkmnpqrstvwxyz'
/** Of the service (kernel/ids.ts, sessions/refresh-token.ts). */
const [idBytes, secretBytes] = [26, 32]
/** Of each entry of the ring: a digest and a seal. */
const ringBytes = 32 + 71

/** For the keys of the database, so that they can be opened in the next run, too. @param {Population} population */
export function secretOf({ seed }) {
  return bytesOf(seed, 'secret', 32).toString('base64')
}

/**
 * @param {Population} population
 * @param {number} index from 0
 * @returns {SeededUser}
 */
export function userAt({ seed }, index) {
  const id = `usr_${idOf(bytesOf(seed, `user ${index}`, idBytes))}`
  return { id, email: `person.${index}@example.com`, displayName: `Person ${index}` }
}

/**
 * @param {Population} population
 * @param {number} index from 0; the first ones are of the first user
 * @returns {SeededSession}
 */
export function sessionAt({ seed, spentTokens }, index) {
  const bytes = bytesOf(seed, `session ${index}`, idBytes + 2 * secretBytes + spentTokens * ringBytes)
  let at = 0
  const next = (/** @type {number} */ count) => bytes.subarray(at, (at += count))
  return {
    id: `ses_${idOf(next(idBytes))}`,
    familySecret: next(secretBytes).toString('base64url'),
    tokenSecret: next(secretBytes).toString('base64url'),
    further: next,
  }
}

/** @param {Population} population */
export function sessionCount({ users, sessionsPerUser }) {
  return users * sessionsPerUser
}

/** @param {Population} population @param {number} sessionIndex */
export function ownerIndex({ sessionsPerUser }, sessionIndex) {
  return Math.floor(sessionIndex / sessionsPerUser)
}

/**
 * The n-th pick of `count`: steps of the golden ratio reach each number once before any comes again, and any few of
 * them lie evenly over all. So whoever remembers how many were picked never spends a refresh token twice.
 * @param {number} pick
 * @param {number} count
 */
export function spread(pick, count) {
  let step = Math.max(1, Math.round(count / 1.618033988749895))
  while (greatestCommonDivisor(step, count) !== 1) step += 1
  return Number((BigInt(pick) * BigInt(step)) % BigInt(count))
}

/** @param {number} a @param {number} b @returns {number} */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** @param {Buffer} bytes */
function idOf(bytes) {
  let id = ''
  for (const byte of bytes) id += idAlphabet.charAt(byte & 31)
  return id
}

/** @param {string} seed @param {string} what @param {number} length */
function bytesOf(seed, what, length) {
  return createHash('shake256', { outputLength: length }).update(`${seed} ${what}`).digest()
}
