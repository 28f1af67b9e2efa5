/** The documents of the population, as the service writes them; `shapes.mjs` compares the two. */
import { digestOf } from '../../../dist/kernel/digest.js'
import { emailIdentifier, normaliseEmail } from '../../../dist/users/email-address.js'
import { ownerIndex, sessionAt, userAt } from './population.mjs'

/**
 * @typedef {import('./population.mjs').Population} Population
 *
 * @typedef {object} Facts what the documents of one database have in common
 * @property {Population} population
 * @property {Date} at when the seeding began
 * @property {Buffer} identifierKey
 * @property {string} passwordHash of the one password that all have: hashing one for each would take days
 */

const [minuteMs, dayMs] = [60_000, 86_400_000]
/** REFRESH_IDLE, REFRESH_ABSOLUTE and twice ACCESS_TTL, at their defaults. */
const [idleMs, absoluteMs, keepEndedMs] = [14 * dayMs, 90 * dayMs, 20 * minuteMs]
/** Sessions were used within this time, users have come within that. */
const [usedWithinMs, joinedWithinMs] = [3 * dayMs, 365 * dayMs]

/** For so long nothing that was seeded ends by itself. */
export const goodForMs = idleMs - usedWithinMs

/** @param {Facts} facts @param {number} index */
export function userDocuments({ population, at, identifierKey, passwordHash }, index) {
  const { id, email, displayName } = userAt(population, index)
  const createdAt = joinedAt(at, index)
  return {
    users: {
      _id: id,
      displayName,
      email,
      emailVerified: false,
      status: 'active',
      roles: ['member'],
      attributes: {},
      createdAt,
      securityVersion: 1,
      enrolledAssurance: 'aal1',
      enrolledFactors: [],
    },
    identifiers: { _id: emailIdentifier(identifierKey, normaliseEmail(email) ?? ''), userId: id },
    credentials: { _id: id, changedAt: createdAt, isShort: false, passwordHash },
  }
}

/** @param {Facts} facts @param {number} index */
export function sessionDocument({ population, at }, index) {
  const { id, familySecret, tokenSecret, further } = sessionAt(population, index)
  const owner = ownerIndex(population, index)
  const { spentTokens } = population
  // One that has spent tokens was used for that many lives of an access token, one after the other.
  const lastSeenAt = new Date(at.getTime() - minuteMs - share(index, 0.7548776662466927) * usedWithinMs)
  const createdAt = new Date(lastSeenAt.getTime() - spentTokens * 10 * minuteMs)
  const idleExpiresAt = new Date(lastSeenAt.getTime() + idleMs)
  return {
    _id: id,
    userId: userAt(population, owner).id,
    securityVersion: 1,
    device: {
      name: 'Firefox on Linux',
      ipPrefix: `10.${owner & 255}.${(owner >> 8) & 255}.0/24`,
      id: id.replace('ses_', 'dev_'),
      isKnown: true,
    },
    delivery: 'body',
    assurance: 'aal1',
    authenticatedAt: createdAt,
    authenticatorId: null,
    createdAt,
    lastSeenAt,
    endedAt: null,
    endReason: null,
    family: {
      familyDigest: digestOf(familySecret),
      generation: spentTokens,
      currentDigest: digestOf(tokenSecret),
      rotatedAt: lastSeenAt,
      ring: Array.from({ length: spentTokens }, (_, spent) => spentToken(further, createdAt, spent)),
      idleExpiresAt,
      absoluteExpiresAt: new Date(createdAt.getTime() + absoluteMs),
      jkt: null,
    },
    pendingEvents: [],
    purgeAt: new Date(idleExpiresAt.getTime() + keepEndedMs),
  }
}

/**
 * The grace is over, so nobody opens this seal any more: it is as long as a real one, and noise.
 * @param {(bytes: number) => Buffer} further
 * @param {Date} createdAt
 * @param {number} spent
 */
function spentToken(further, createdAt, spent) {
  return {
    digest: further(32).toString('base64url'),
    keyId: 'data_1',
    sealed: further(71).toString('base64url'),
    graceUntil: new Date(createdAt.getTime() + (spent + 1) * 10 * minuteMs + minuteMs / 2),
  }
}

/** @param {Date} at @param {number} index */
function joinedAt(at, index) {
  return new Date(at.getTime() - usedWithinMs - dayMs - share(index, 0.5698402909980532) * joinedWithinMs)
}

/** Somewhere from 0 to 1, evenly for all numbers. @param {number} index @param {number} step irrational */
function share(index, step) {
  return (index * step) % 1
}
