import { getIntrospectionQuery } from 'graphql'
import { diceFor } from './dice.mjs'
import { generateDocument, mutateDocument, namesOf } from './documents.mjs'
import { plausibleValues, representation } from './plausible.mjs'
import { readSchema } from './schema.mjs'
import { hostileJson, hostileText } from './values.mjs'
import { graphqlBody, post, whole } from './wire.mjs'

/**
 * Requests that are right as HTTP, and hostile in what they ask.
 *
 * @typedef {import('./dice.mjs').Dice} Dice
 * @typedef {import('./wire.mjs').Exchange} Exchange
 * @typedef {import('./world.mjs').World} World
 *
 * @typedef {{ dice: Dice, canary: string, world: World }} Making
 */

const schema = readSchema()
const names = namesOf(schema)

/** @param {Making} making */
function makeOperation({ dice, canary, world }) {
  const text = () => hostileText(dice, canary)
  // Mostly without the oddities: a request that every scalar refuses gets no further.
  const plain = () => (dice.chance(80) ? `${canary} ${dice.below(100)}` : text())
  return generateDocument(dice, schema, plausibleValues(dice, world.known(), plain))
}

/** What ends sessions or takes rights. Asked for by those who can be spared: with everybody signed out, all that comes after is a 401. */
const destructive = /signOut|revoke|changePassword|deleteAccount|suspend|setUser|refreshSession/

/**
 * Who asks, with which headers.
 * @param {Making} making
 * @param {string} body
 */
export function asked({ dice, world }, body) {
  const who = dice.pick(/** @type {const} */ (['nobody', 'member', 'member', 'member', 'admin']))
  if (who === 'nobody') return { headers: [], maySeeOthers: false }
  const spare = who === 'admin' ? 'spareAdmin' : 'spareMember'
  const { accessToken } = world.actor(destructive.test(body) ? spare : who)
  const authorization = /** @type {const} */ (['authorization', `Bearer ${accessToken}`])
  return { headers: [authorization], maySeeOthers: who === 'admin' }
}

/**
 * @param {string} kind
 * @param {Making} making
 * @param {string} body
 * @returns {Exchange}
 */
function operation(kind, making, body) {
  const { headers, maySeeOthers } = asked(making, body)
  return whole(kind, post(body, headers), { maySeeOthers })
}

/** @param {Making} making */
export function validDocument(making) {
  const { query, variables } = makeOperation(making)
  return operation('valid document', making, graphqlBody(query, JSON.stringify(variables)))
}

/** @param {Making} making */
export function mutatedDocument(making) {
  const { dice, canary } = making
  const { query, variables } = makeOperation(making)
  // Never as a name: names come back in what is said of them, values do not.
  const hostile = () =>
    dice.pick([JSON.stringify(hostileText(dice, canary)), hostileJson(dice, canary), `"""${canary}`])
  return operation(
    'mutated document',
    making,
    graphqlBody(mutateDocument(dice, query, { hostile, names }), JSON.stringify(variables)),
  )
}

/**
 * Documents without literals, the same ones again and again, as clients send them: they are parsed and validated once.
 */
const usual = 300

/** @param {Making} making */
export function mutatedVariables(making) {
  const { dice, canary, world } = making
  const text = () => `${canary} ${dice.below(100)}`
  const { query, variables } = generateDocument(
    diceFor(usual, dice.below(usual)),
    schema,
    plausibleValues(dice, world.known(), text),
    { literals: false },
  )
  const entries = Object.entries(variables).map(([name, value]) => {
    const text = dice.chance(50) ? hostileJson(dice, canary) : hostileInside(dice, value, canary)
    return `${JSON.stringify(name)}:${text}`
  })
  return operation('mutated variables', making, graphqlBody(query, `{${dice.some(entries, 95).join(',')}}`))
}

/**
 * The value with something hostile at one place of it.
 * @param {Dice} dice
 * @param {unknown} value
 * @param {string} canary
 * @returns {string}
 */
function hostileInside(dice, value, canary) {
  if (typeof value !== 'object' || value === null || dice.chance(20)) return hostileJson(dice, canary)
  const parts = Array.isArray(value) ? value.map((part, index) => [index, part]) : Object.entries(value)
  const chosen = dice.below(parts.length + 1)
  const texts = parts.map(([name, part], index) => {
    const text = index === chosen ? hostileInside(dice, part, canary) : JSON.stringify(part ?? null)
    return Array.isArray(value) ? text : `${JSON.stringify(name)}:${text}`
  })
  if (chosen === parts.length) texts.push(Array.isArray(value) ? hostileJson(dice, canary) : `"${canary}":1`)
  return Array.isArray(value) ? `[${texts.join(',')}]` : `{${texts.join(',')}}`
}

const entityQuery = `query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on User { id email displayName status sessions(first: 1) { totalCount } } } }`

/** @param {Making} making */
export function entities(making) {
  const { dice, canary, world } = making
  const text = () => hostileText(dice, canary)
  const count = dice.chance(5) ? dice.pick([200, 1_001]) : dice.below(6)
  const list = dice.times(count, () => representation(dice, world.known(), text))
  const variables = dice.chance(15)
    ? hostileJson(dice, canary)
    : `{"r":${dice.chance(10) ? hostileJson(dice, canary) : JSON.stringify(list)}}`
  const exchange = operation('entities', making, graphqlBody(entityQuery, variables))
  if (dice.chance(40)) return exchange
  // As a router, which asks for somebody and may be believed only with its secret.
  const secret = dice.chance(60) ? world.routerSecret : canary
  return whole('entities', post(graphqlBody(entityQuery, variables), [['x-portcullis-router', secret]]))
}

/** @param {Making} making */
export function introspection(making) {
  const { dice, canary } = making
  const query = dice.pick([
    () => getIntrospectionQuery({ inputValueDeprecation: dice.chance(50), specifiedByUrl: dice.chance(50) }),
    () =>
      `{ __type(name: ${JSON.stringify(hostileText(dice, canary))}) { name fields { name type { name ofType { name } } } } }`,
    () => `{ __schema { ${'types { fields { type { '.repeat(dice.below(6))}name${' } } }'.repeat(dice.below(6))} } }`,
    () => '{ __schema { directives { name args { name defaultValue } } } _service { sdl } }',
  ])()
  return operation('introspection', making, graphqlBody(query))
}

const credentials = ['signIn', 'signUp', 'verifyEmail', 'resetPassword', 'changePassword']

/** Many tries in one request, in the ways that people have thought of. @param {Making} making */
export function crowd(making) {
  const { dice, canary } = making
  const field = dice.pick(credentials)
  const one = `${field}(input: { email: "${canary}@example.com", token: "${canary}", password: "${canary}", currentPassword: "${canary}", newPassword: "${canary}" }) { __typename }`
  const count = dice.pick([2, 15, 100, 400])
  const query = dice.pick([
    () => `mutation { ${dice.times(count, (index) => `a${index}: ${one}`).join(' ')} }`,
    () => `mutation { ${dice.times(count, () => '...F').join(' ')} } fragment F on Mutation { ${one} }`,
    () =>
      `mutation { ...F0 } ${dice.times(20, (index) => `fragment F${index} on Mutation { ...F${index + 1} ...F${index + 1} }`).join(' ')} fragment F20 on Mutation { ${one} }`,
    () => `query { ${'me { '.repeat(count)}id${' }'.repeat(count)} }`,
    () => `query Q${dice.times(count, (index) => ` @a${index}`).join('')} { me { id } }`,
    () =>
      `{ ${dice.times(count, (index) => `a${index}: users(first: 100) { edges { node { sessions { totalCount } } } }`).join(' ')} }`,
  ])()
  const body = graphqlBody(query)
  return operation('crowd', making, dice.chance(20) ? `[${dice.times(10, () => body).join(',')}]` : body)
}
