import {
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isUnionType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLUnionType,
} from 'graphql'
import type { CallerKind, Guard } from './caller-rules.js'
import type { Door } from './door.js'
import type { Entities } from './entity-loader.js'
import { entityFaults } from './entity-arguments.js'
import { marksAt, type Marks } from './directives.js'
import { ownSuffix, withoutOwn } from './own-suffix.js'
import type { Fault } from './faults.js'
import type { Policy } from './policy.js'

export type FieldRule = Guard | 'public'

/** The rule of every field of every object type, by coordinate. A field that is not in it has none. */
export interface RuleBook {
  readonly rules: ReadonlyMap<string, FieldRule>
  /** The directives behind each rule, as `Type @directive(…)`, for explanations. */
  readonly written: ReadonlyMap<string, readonly string[]>
  readonly faults: readonly Fault[]
}

type Abstract = GraphQLInterfaceType | GraphQLUnionType

interface Reading {
  readonly schema: GraphQLSchema
  readonly faults: Fault[]
  /** Lists whose query finds only what the caller may see. */
  readonly isFiltered: (type: GraphQLObjectType, field: string) => boolean
  readonly entities: Pick<Entities<never>, 'names'>
  /** The marks of a type, or of a field (`User`, `User.email`); each place is read once. */
  readonly marksOf: (type: GraphQLObjectType | Abstract, field?: GraphQLField<unknown, unknown>) => Marks
  /** One object for equal guards, so that they are evaluated once per request. */
  readonly intern: (guard: Guard) => Guard
}

/** What a schema is read against. */
export interface RuleSources {
  readonly policy: Pick<Policy, 'permissions'>
  readonly door: Pick<Door, 'scopeOf'> | null
  readonly entities: Pick<Entities<never>, 'names'>
}

/** Type, field, interface and union composed: all of them must pass, except where `@public` widens its own type. */
export function readRules(schema: GraphQLSchema, sources: RuleSources): RuleBook {
  const reading = readingOf(schema, sources)
  const rules = new Map<string, FieldRule>()
  const written = new Map<string, readonly string[]>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type)) inspectInterface(type, reading)
    if (!isObjectType(type) || isIntrospectionType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const rule = isFederationMachinery(type, field) ? 'public' : ruleOf(type, field, reading)
      if (rule !== null) rules.set(`${type.name}.${field.name}`, rule)
      written.set(`${type.name}.${field.name}`, writtenAt(type, field, reading))
    }
  }
  return { rules, written, faults: reading.faults }
}

/** What federation adds to a schema cannot carry directives; the door names these fields instead. */
export function isFederationMachinery(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean {
  const coordinate = `${type.name}.${field.name}: ${String(field.type)}`
  return ['_Service.sdl: String', 'Query._service: _Service!', 'Query._entities: [_Entity]!'].includes(coordinate)
}

function ruleOf(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, reading: Reading): FieldRule | null {
  const place = `${type.name}.${field.name}`
  const own = reading.marksOf(type, field)
  const ofType = reading.marksOf(type)
  const abstract = abstractsOf(type, reading.schema)
  const inherited = abstract.filter(isGuarding(field, reading))
  const [stronger] = inherited
  if (stronger !== undefined && (own.public || (ofType.public && !isGuard(own)))) {
    const problem = `is @public, but ${stronger.name} guards it`
    const remedy = `Drop @public here, or the rule of ${stronger.name}`
    reading.faults.push({ place: own.public ? place : type.name, problem, remedy })
  }
  if (own.public) return 'public'
  const marks = [ofType, ...abstract.flatMap((from) => inheritedMarks(from, field, reading)), own].filter(isGuard)
  if (marks.length > 0) return guardOf(type, field, marks, reading)
  return ofType.public ? 'public' : null
}

function writtenAt(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, reading: Reading): string[] {
  const own = reading.marksOf(type, field).written.map((text) => `${type.name}.${field.name} ${text}`)
  if (reading.marksOf(type, field).public) return own
  const from = [type, ...abstractsOf(type, reading.schema)].flatMap((each) => [
    ...reading.marksOf(each).written.map((text) => `${each.name} ${text}`),
    ...(isInterfaceType(each) ? fieldMarksOf(each, field.name, reading) : []),
  ])
  return [...from, ...own]
}

function fieldMarksOf(type: GraphQLInterfaceType, name: string, reading: Reading): string[] {
  const field = type.getFields()[name]
  return field === undefined ? [] : reading.marksOf(type, field).written.map((text) => `${type.name}.${name} ${text}`)
}

/** Does an interface or union guard this very field? An interface guards those it has, a union all of its members'. */
function isGuarding(field: GraphQLField<unknown, unknown>, reading: Reading): (from: Abstract) => boolean {
  return (from) => {
    if (isInterfaceType(from) && !Object.hasOwn(from.getFields(), field.name)) return false
    return inheritedMarks(from, field, reading).some(isGuard)
  }
}

function inheritedMarks(from: Abstract, field: GraphQLField<unknown, unknown>, reading: Reading): Marks[] {
  const declared = isInterfaceType(from) ? from.getFields()[field.name] : undefined
  return declared === undefined ? [reading.marksOf(from)] : [reading.marksOf(from), reading.marksOf(from, declared)]
}

function isGuard({ auth, owner }: Marks): boolean {
  return auth !== null || owner !== null
}

function guardOf(
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  marks: readonly Marks[],
  reading: Reading,
): Guard {
  const place = `${type.name}.${field.name}`
  const complain = (problem: string, remedy: string): void => void reading.faults.push({ place, problem, remedy })
  const auths = marks.flatMap(({ auth }) => auth ?? [])
  const owners = marks.flatMap(({ owner }) => owner ?? [])
  const kinds = new Set<CallerKind>(auths.map(({ as }) => as).filter((kind) => kind !== 'ANY'))
  if (auths.some(({ assurance }) => assurance !== null) || owners.some(({ or }) => or === null)) kinds.add('PERSON')
  if (kinds.size > 1) {
    const remedy = 'Let the rules that meet here agree on the kind of caller; ownership and assurance mean a person'
    complain('no caller could ever pass', remedy)
  }
  const isRoot = isRootType(type, reading.schema)
  for (const { entity } of owners) {
    if (entity === null && isRoot) {
      const remedy = 'Name the entity and the argument that leads to it, or guard it with @auth'
      complain('a root field has no object that could have an owner', remedy)
    }
    if (entity !== null) entityFaults(entity, { isRoot, field, entities: reading.entities }, complain)
  }
  if (!isRoot && auths.some(({ permission }) => permission?.endsWith(ownSuffix))) {
    const remedy = `Use @owner, which looks at the object; @auth with ${ownSuffix} is for fields of Query and Mutation`
    complain(`asks for what is one's own, and for no owner`, remedy)
  }
  const permissions = [...new Set(auths.flatMap(({ permission }) => permission ?? []))].sort()
  const plain = permissions.filter((permission) => !permission.endsWith(ownSuffix))
  const isFiltered = isRoot && reading.isFiltered(type, field.name)
  const strongest = auths
    .flatMap(({ assurance }) => assurance ?? [])
    .sort()
    .at(-1)
  return reading.intern({
    kind: [...kinds][0] ?? 'ANY',
    permissions: isFiltered ? [] : plain,
    reach: isFiltered ? [] : permissions.filter((permission) => permission.endsWith(ownSuffix)).map(withoutOwn),
    within: isFiltered ? permissions : [],
    assurance: strongest === undefined ? null : assuranceOf[strongest],
    ownerships: owners
      .filter(({ entity }) => entity === null)
      .map(({ field, or }) => ({ field, or, conditional: isOf(type.name, or) })),
    entities: owners.flatMap(({ entity, field, or }) =>
      entity === null
        ? []
        : [{ entity: entity.name, path: entity.arg.split('.'), field, or, conditional: isOf(entity.name, or) }],
    ),
  })
}

/** Is the type the one of the resource of this permission? `AuditEvent` is, of `audit-event:read`. */
export function isOf(typeName: string, permission: string | null): boolean {
  const kebab = typeName.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
  return permission !== null && permission.startsWith(`${kebab}:`)
}

const assuranceOf = { AAL1: 'aal1', AAL2: 'aal2' } as const

function isRootType(type: GraphQLObjectType, schema: GraphQLSchema): boolean {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type)
}

function inspectInterface(type: GraphQLInterfaceType, { schema, faults, marksOf }: Reading): void {
  const fields = Object.values(type.getFields())
  for (const field of fields) {
    if (!marksOf(type, field).public) continue
    const remedy = 'Write it on the field of each object type'
    const problem = '@public on an interface opens nothing'
    faults.push({ place: `${type.name}.${field.name}`, problem, remedy })
  }
  const guarded = isGuard(marksOf(type)) || fields.some((field) => isGuard(marksOf(type, field)))
  if (guarded && schema.getPossibleTypes(type).length === 0) {
    const problem = 'its rule matches no object type'
    faults.push({ place: type.name, problem, remedy: 'Implement or remove it' })
  }
}

function abstractsOf(type: GraphQLObjectType, schema: GraphQLSchema): Abstract[] {
  const unions = Object.values(schema.getTypeMap()).filter(isUnionType)
  return [...type.getInterfaces(), ...unions.filter((union) => union.getTypes().includes(type))]
}

function readingOf(schema: GraphQLSchema, { policy, door, entities }: RuleSources): Reading {
  const { permissions } = policy
  const faults: Fault[] = []
  const read = new Map<string, Marks>()
  const interned = new Map<string, Guard>()
  return {
    schema,
    faults,
    entities,
    isFiltered: (type, field) => type === schema.getQueryType() && door?.scopeOf(`Query.${field}`) === 'filter',
    marksOf(type, field) {
      const place = field ? `${type.name}.${field.name}` : type.name
      const nodes = field ? [field.astNode] : [type.astNode, ...type.extensionASTNodes]
      const marks = read.get(place) ?? marksAt(place, nodes, { permissions, faults })
      read.set(place, marks)
      return marks
    },
    intern(guard) {
      const key = JSON.stringify(guard)
      const known = interned.get(key) ?? guard
      interned.set(key, known)
      return known
    },
  }
}
