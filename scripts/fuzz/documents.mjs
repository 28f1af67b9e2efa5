import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { itemAt } from './dice.mjs'

/**
 * @typedef {import('./dice.mjs').Dice} Dice
 * @typedef {import('graphql').GraphQLSchema} GraphQLSchema
 * @typedef {import('graphql').GraphQLCompositeType} Composite
 * @typedef {import('graphql').GraphQLInputType} InputType
 * @typedef {import('graphql').GraphQLField<unknown, unknown>} Field
 *
 * Plausible values for scalars: the place that a value is for, such as `SignInInput.email` or `Query.user.id`, and its type.
 * @typedef {(place: string, type: string) => unknown} Values
 *
 * @typedef {{ query: string, variables: Record<string, unknown> }} Operation
 */

const mostFields = 30
const deepest = 5

/**
 * A valid operation that asks for a random part of the schema, by all the ways that GraphQL has: aliases, fragments with
 * and without names, `@include` and `@skip`, arguments as literals, as variables, as defaults and left out.
 * @param {Dice} dice
 * @param {GraphQLSchema} schema
 * @param {Values} values
 * @param {{ isAlone?: (field: string) => boolean, literals?: boolean }} [options] `isAlone` says which fields must have no
 *   company; without literals all values are variables
 * @returns {Operation}
 */
export function generateDocument(dice, schema, values, { isAlone = () => false, literals = true } = {}) {
  /** @type {Record<string, unknown>} */
  const variables = {}
  /** @type {string[]} */
  const declarations = []
  /** @type {string[]} */
  const fragments = []
  let count = 0

  const type = dice.chance(45) ? schema.getMutationType() : schema.getQueryType()
  if (!type) throw new TypeError('The schema has no such root type')
  const isQuery = type === schema.getQueryType()
  const fields = Object.values(type.getFields())
  const first = dice.pick(fields)
  const more = isAlone(first.name)
    ? []
    : dice.times(dice.below(3), () => dice.pick(fields)).filter(({ name }) => !isAlone(name))
  const selections = [first, ...more].map((field) => wrapped(fieldText(type, field, 0), type, 0))
  const heading = declarations.length > 0 ? ` Q(${declarations.join(', ')})` : dice.chance(30) ? ' Q' : ''
  return {
    query: [`${isQuery ? 'query' : 'mutation'}${heading} { ${selections.join(' ')} }`, ...fragments].join('\n'),
    variables,
  }

  /**
   * @param {Composite} parent
   * @param {number} depth
   * @returns {string}
   */
  function selectionsOn(parent, depth) {
    const fields = 'getFields' in parent ? Object.values(parent.getFields()) : []
    const affordable =
      depth < deepest && count < mostFields ? fields : fields.filter(({ type }) => !isCompositeType(getNamedType(type)))
    const texts = dice.times(1 + dice.below(4), () =>
      affordable.length === 0 || dice.chance(8)
        ? '__typename'
        : wrapped(fieldText(parent, dice.pick(affordable), depth), parent, depth),
    )
    const inside = isAbstractType(parent) && depth < deepest ? schema.getPossibleTypes(parent).slice(0, 2) : []
    const conditions = inside.map((type) => `... on ${type.name} { ${selectionsOn(type, depth + 1)} }`)
    return [...texts, ...conditions].join(' ')
  }

  /**
   * @param {Composite} parent
   * @param {Field} field
   * @param {number} depth
   * @returns {string}
   */
  function fieldText(parent, field, depth) {
    count += 1
    const named = getNamedType(field.type)
    const below = isCompositeType(named) ? ` { ${selectionsOn(named, depth + 1)} }` : ''
    const given = field.args.flatMap((argument) => {
      if (!isNonNullType(argument.type) && !dice.chance(60)) return []
      const place = `${parent.name}.${field.name}.${argument.name}`
      return [`${argument.name}: ${valueText(argument.type, place)}`]
    })
    // Always an alias where there are arguments: the same field with other ones beside it would not be valid.
    const alias = given.length > 0 || field.args.length > 0 || dice.chance(20) ? `a${count}: ` : ''
    return `${alias}${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''}${switched()}${below}`
  }

  /**
   * The selection itself, or a fragment with nothing else in it.
   * @param {string} selection
   * @param {Composite} on
   * @param {number} depth
   */
  function wrapped(selection, on, depth) {
    if (depth > 2 || !dice.chance(15)) return selection
    if (dice.chance(50)) return `...${dice.chance(50) ? ` on ${on.name}` : ''}${switched()} { ${selection} }`
    const name = `F${fragments.length}`
    fragments.push(`fragment ${name} on ${on.name} { ${selection} }`)
    return `...${name}${switched()}`
  }

  function switched() {
    if (!dice.chance(8)) return ''
    const directive = dice.pick(['include', 'skip'])
    if (dice.chance(50)) return ` @${directive}(if: ${dice.pick(['true', 'false'])})`
    return ` @${directive}(if: ${variable('Boolean!', dice.chance(50))})`
  }

  /**
   * @param {InputType} type
   * @param {string} place
   */
  function valueText(type, place) {
    const value = valueFor(type, place)
    return !literals || dice.chance(50) ? variable(String(type), value) : literalOf(value, type)
  }

  /**
   * @param {string} type
   * @param {unknown} value
   */
  function variable(type, value) {
    const name = `v${declarations.length}`
    declarations.push(`$${name}: ${type}`)
    variables[name] = value
    return `$${name}`
  }

  /**
   * @param {InputType} type
   * @param {string} place
   * @returns {unknown}
   */
  function valueFor(type, place) {
    if (isNonNullType(type)) return valueFor(type.ofType, place)
    if (isListType(type)) return dice.times(dice.below(4), () => valueFor(type.ofType, place))
    if (isEnumType(type)) return dice.pick(type.getValues()).name
    if (!isInputObjectType(type)) return values(place, type.name)
    const entries = Object.values(type.getFields()).flatMap((field) => {
      const isNeeded = isNonNullType(field.type)
      if (!isNeeded && !dice.chance(60)) return []
      const value = !isNeeded && dice.chance(15) ? null : valueFor(field.type, `${type.name}.${field.name}`)
      return [[field.name, value]]
    })
    return Object.fromEntries(entries)
  }
}

/**
 * @param {unknown} value
 * @param {InputType} type
 * @returns {string}
 */
function literalOf(value, type) {
  if (value === null || value === undefined) return 'null'
  if (isNonNullType(type)) return literalOf(value, type.ofType)
  if (Array.isArray(value)) {
    const item = isListType(type) ? type.ofType : type
    return `[${value.map((part) => literalOf(part, item)).join(', ')}]`
  }
  if (isEnumType(type)) return JSON.stringify(value).replaceAll('"', '')
  if (typeof value !== 'object') return JSON.stringify(value)
  const fields = isInputObjectType(type) ? type.getFields() : {}
  const entries = Object.entries(value).filter(([name]) => /^[_A-Za-z]\w*$/.test(name))
  return `{ ${entries.map(([name, part]) => `${name}: ${literalOf(part, fields[name]?.type ?? type)}`).join(', ')} }`
}

const tokenShape = /"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[_A-Za-z]\w*|-?\d[\w.+-]*|[^\s]/g

/**
 * The same document, broken or made hostile in a few places.
 * @param {Dice} dice
 * @param {string} query
 * @param {{ hostile: () => string, names: readonly string[] }} with_ hostile literals, and names that the schema has
 */
export function mutateDocument(dice, query, { hostile, names }) {
  /** @type {readonly string[]} */
  let tokens = query.match(tokenShape) ?? []
  for (let change = 1 + dice.below(4); change > 0 && tokens.length > 0; change -= 1) {
    const at = dice.below(tokens.length)
    const token = itemAt(tokens, at)
    const replaced = dice.pick([
      () => [],
      () => [token, token],
      () => [dice.pick(names)],
      () => [hostile()],
      () => [token, hostile()],
      () => [token, dice.pick(punctuators)],
      () => [dice.pick(snippets)],
      () => [token, dice.pick(snippets)],
    ])()
    tokens = [...tokens.slice(0, at), ...replaced, ...tokens.slice(at + 1)]
  }
  return tokens.join(' ')
}

const punctuators = [...'{}()[]:!|=@$&'.split(''), '...', '#', ',', '\ufeff', '"', '"""', '\\']
const snippets = [
  '@include(if: true)',
  '@skip(if: null)',
  '@defer',
  '@stream(initialCount: 0)',
  '... on Node { id }',
  '... { __typename }',
  '__schema { types { name } }',
  '__type(name: "User") { fields { name } }',
  '_service { sdl }',
  'fragment F0 on User { ...F0 }',
  'query Other { me { id } }',
  'subscription { me { id } }',
  'extend type Query { x: Int }',
  'a: me { id } '.repeat(20),
  '{ node '.repeat(40),
  '@include(if: true) '.repeat(30),
  '$v0: User = { id: 1 }',
]

/**
 * Every name of the schema, for documents that ask in the wrong place.
 * @param {GraphQLSchema} schema
 */
export function namesOf(schema) {
  const types = Object.values(schema.getTypeMap())
  const fields = types.flatMap((type) =>
    isObjectType(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : [],
  )
  return [...new Set([...types.map(({ name }) => name), ...fields])]
}
