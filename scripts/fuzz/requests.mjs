import { brokenHttp, pipelined, slow, stalled } from './broken.mjs'
import { diceFor } from './dice.mjs'
import { credential, header, hugeBody, rawBody, target } from './edges.mjs'
import { crowd, entities, introspection, mutatedDocument, mutatedVariables, validDocument } from './operations.mjs'
import { opening } from './openings.mjs'
import { canaryOf, keptMark, mark } from './values.mjs'

/**
 * @typedef {import('./operations.mjs').Making} Making
 * @typedef {import('./wire.mjs').Exchange} Exchange
 * @typedef {import('./world.mjs').World} World
 */

/** How many of ten thousand are of each kind. @type {readonly (readonly [number, (making: Making) => Exchange])[]} */
const kinds = [
  [1_500, mutatedDocument],
  [100, opening],
  [1_700, mutatedVariables],
  [800, validDocument],
  [1_200, entities],
  [1_500, rawBody],
  [1_300, credential],
  [900, header],
  [500, target],
  [297, brokenHttp],
  [80, crowd],
  [80, pipelined],
  [20, introspection],
  [10, hugeBody],
  [10, slow],
  [3, stalled],
]

/** What asks for something to be kept. */
const keeping = /displayName|attributes|setUserAttributes|suspendUser|reason|signUp/

/**
 * Request number so-and-so of a seed: always the same, but for the tokens and ids of those who are there now.
 * @param {number} seed
 * @param {number} number
 * @param {World} world
 * @returns {Exchange}
 */
export function requestFor(seed, number, world) {
  const dice = diceFor(seed, number)
  let share = dice.below(10_000)
  const make = kinds.find(([weight]) => (share -= weight) < 0)?.[1] ?? mutatedDocument
  const exchange = make({ dice, canary: canaryOf(number), world })
  return { ...exchange, parts: exchange.parts.map(withKeptMark) }
}

/** @param {Buffer} part */
function withKeptMark(part) {
  const text = part.toString('latin1')
  return keeping.test(text) ? Buffer.from(text.replaceAll(mark, keptMark), 'latin1') : part
}
