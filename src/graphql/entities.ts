import {
  GraphQLBoolean,
  GraphQLError,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import { InvalidInput } from '../kernel/errors.js'

/** Of one request, all its aliases together; they become one read. */
const mostAtOnce = 1_000

/** What a key is made of: a check for each field, or the fields of the object behind it. */
type KeyShape = ReadonlyMap<string, ScalarCheck | KeyShape>
type ScalarCheck = (value: unknown) => boolean
type EntityType = GraphQLObjectType | GraphQLInterfaceType

/**
 * Lets only such representations through that have a key of their entity, in exactly its scalars, before anything is
 * resolved. They come as "any value": what a resolver takes for an id could otherwise be `{ "$ne": null }`.
 */
export function refuseMalformedEntities(schema: GraphQLSchema): GraphQLSchema {
  const field = schema.getQueryType()?.getFields()['_entities']
  const resolve = field?.resolve
  if (field === undefined || resolve === undefined) return schema
  const entities = keysOfEntities(schema)
  // Of one request, all its aliases together.
  const asked = new WeakMap<object, number>()
  field.resolve = (root, args: { representations: readonly unknown[] }, context: object, info) => {
    const count = (asked.get(context) ?? 0) + args.representations.length
    asked.set(context, count)
    const fault = count > mostAtOnce ? tooMany : representationsFault(args.representations, entities)
    if (fault !== null) throw new InvalidInput({ representations: fault })
    return resolve(root, args, context, info)
  }
  return schema
}

const tooMany = `At most ${mostAtOnce} representations at once.`

function representationsFault(
  representations: readonly unknown[],
  entities: ReadonlyMap<string, readonly KeyShape[]>,
): string | null {
  for (const representation of representations) {
    const type = isPlainRecord(representation) ? ownValue(representation, '__typename') : undefined
    const keys = typeof type === 'string' ? entities.get(type) : undefined
    if (keys === undefined) return 'Each representation must have the `__typename` of an entity.'
    if (!hasKey(representation, keys)) return 'Each representation must have a key of its entity, of the right types.'
  }
  return null
}

/** One key complete, and of the others nothing that is malformed: a resolver may look at any of them. */
function hasKey(representation: unknown, keys: readonly KeyShape[]): boolean {
  return (
    keys.some((key) => fits(representation, key, 'complete')) &&
    keys.every((key) => fits(representation, key, 'partial'))
  )
}

function fits(value: unknown, shape: KeyShape, extent: 'complete' | 'partial'): boolean {
  if (!isPlainRecord(value)) return false
  for (const [name, part] of shape) {
    if (!Object.hasOwn(value, name)) {
      if (extent === 'complete') return false
      continue
    }
    const own = value[name]
    if (typeof part === 'function' ? !part(own) : !fits(own, part, extent)) return false
  }
  return true
}

/** An object as JSON or a literal makes it, without the names that lead to its prototype. */
function isPlainRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !['__proto__', 'constructor', 'prototype'].some((name) => Object.hasOwn(value, name))
}

function ownValue(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

const longestId = 256

const checks: ReadonlyMap<string, ScalarCheck> = new Map<string, ScalarCheck>([
  // A gateway hands on what another subgraph has sent for an `ID`, and that may be a number.
  [GraphQLID.name, (value) => (typeof value === 'string' ? isIdText(value) : Number.isSafeInteger(value))],
  [GraphQLString.name, (value) => typeof value === 'string'],
  [GraphQLInt.name, (value) => typeof value === 'number' && (value | 0) === value],
  [GraphQLBoolean.name, (value) => typeof value === 'boolean'],
])

const isIdText = (text: string): boolean => text !== '' && text.length <= longestId

/** The keys that a router may resolve an entity by, read from the SDL. */
function keysOfEntities(schema: GraphQLSchema): ReadonlyMap<string, readonly KeyShape[]> {
  const entities = new Map<string, readonly KeyShape[]>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    const keys = keyFieldsOf(type).map((fields) => shapeOf(type, selectionOf(fields)))
    if (keys.length > 0) entities.set(type.name, keys)
  }
  return entities
}

function keyFieldsOf({ astNode, extensionASTNodes }: EntityType): string[] {
  const written = [astNode, ...extensionASTNodes].flatMap((node) => node?.directives ?? [])
  return written
    .filter(({ name }) => name.value === 'key' || name.value === 'federation__key')
    .flatMap(({ arguments: args = [] }) => {
      const valueOf = (wanted: string) => args.find(({ name }) => name.value === wanted)?.value
      const [fields, resolvable] = [valueOf('fields'), valueOf('resolvable')]
      if (resolvable?.kind === Kind.BOOLEAN && !resolvable.value) return []
      return fields?.kind === Kind.STRING ? [fields.value] : []
    })
}

function selectionOf(fields: string): SelectionSetNode {
  const [definition] = parse(`{ ${fields} }`, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new GraphQLError('A @key must select fields.')
  return definition.selectionSet
}

/** What this cannot check is no key: the service does not start with one. */
function shapeOf(type: EntityType, { selections }: SelectionSetNode): KeyShape {
  const shape = new Map<string, ScalarCheck | KeyShape>()
  for (const selection of selections) {
    const field = selection.kind === Kind.FIELD ? type.getFields()[selection.name.value] : undefined
    if (selection.kind !== Kind.FIELD || field === undefined)
      throw new GraphQLError(`A @key of ${type.name} is broken.`)
    const inner = getNullableType(field.type)
    const part =
      selection.selectionSet && (isObjectType(inner) || isInterfaceType(inner))
        ? shapeOf(inner, selection.selectionSet)
        : checks.get(inner === getNamedType(inner) ? String(inner) : '')
    if (part === undefined) {
      throw new GraphQLError(
        `A @key of ${type.name} has ${field.name}, which is none of ${[...checks.keys()].join(', ')}.`,
      )
    }
    shape.set(field.name, part)
  }
  return shape
}
