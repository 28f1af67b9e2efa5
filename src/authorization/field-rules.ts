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
import type { CallerKind, Guard, Ownership } from './caller-rules.js'
import { marksAt, ownSuffix, withoutOwn, type Marks } from './directives.js'
import type { Fault } from './faults.js'
import type { Policy } from './policy.js'

export type FieldRule = Guard | 'public'

/** The rule of every field of every object type, by coordinate. A field that is not in it has none. */
export interface RuleBook {
  readonly rules: ReadonlyMap<string, FieldRule>
  readonly faults: readonly Fault[]
}

type Abstract = GraphQLInterfaceType | GraphQLUnionType

interface Reading {
  readonly schema: GraphQLSchema
  readonly faults: Fault[]
  /** The marks of a type, or of a field (`User`, `User.email`); each place is read once. */
  readonly marksOf: (type: GraphQLObjectType | Abstract, field?: GraphQLField<unknown, unknown>) => Marks
  /** One object for equal guards, so that they are evaluated once per request. */
  readonly intern: (guard: Guard) => Guard
}

/** Type, field, interface and union composed: all of them must pass, except where `@public` widens its own type. */
export function readRules(schema: GraphQLSchema, policy: Pick<Policy, 'permissions'>): RuleBook {
  const reading = readingOf(schema, policy.permissions)
  const rules = new Map<string, FieldRule>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type)) inspectInterface(type, reading)
    if (!isObjectType(type) || isIntrospectionType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const rule = isFederationMachinery(type, field) ? 'public' : ruleOf(type, field, reading)
      if (rule !== null) rules.set(`${type.name}.${field.name}`, rule)
    }
  }
  return { rules, faults: reading.faults }
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
  if (marks.length > 0) return guardOf(place, marks, reading)
  return ofType.public ? 'public' : null
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

function guardOf(place: string, marks: readonly Marks[], reading: Reading): Guard {
  const auths = marks.flatMap(({ auth }) => auth ?? [])
  const ownerships = marks.flatMap(({ owner }) => owner ?? [])
  const kinds = new Set<CallerKind>(auths.map(({ as }) => as).filter((kind) => kind !== 'ANY'))
  if (auths.some(({ assurance }) => assurance !== null) || ownerships.some(({ or }) => or === null)) kinds.add('PERSON')
  if (kinds.size > 1) {
    const remedy = 'Let the rules that meet here agree on the kind of caller; ownership and assurance mean a person'
    reading.faults.push({ place, problem: 'no caller could ever pass', remedy })
  }
  refuseRootOwnership(place, ownerships, reading)
  const permissions = [...new Set(auths.flatMap(({ permission }) => permission ?? []))].sort()
  const strongest = auths
    .flatMap(({ assurance }) => assurance ?? [])
    .sort()
    .at(-1)
  return reading.intern({
    kind: [...kinds][0] ?? 'ANY',
    permissions: permissions.filter((permission) => !permission.endsWith(ownSuffix)),
    reach: permissions.filter((permission) => permission.endsWith(ownSuffix)).map(withoutOwn),
    assurance: strongest === undefined ? null : assuranceOf[strongest],
    ownerships,
  })
}

const assuranceOf = { AAL1: 'aal1', AAL2: 'aal2' } as const

function refuseRootOwnership(place: string, ownerships: readonly Ownership[], { schema, faults }: Reading): void {
  const [type] = place.split('.')
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  if (ownerships.length === 0 || !roots.some((root) => root?.name === type)) return
  const remedy = 'Guard it with @auth; what it returns carries the @owner'
  faults.push({ place, problem: 'a root field has no object that could have an owner', remedy })
}

function inspectInterface(type: GraphQLInterfaceType, { schema, faults, marksOf }: Reading): void {
  const fields = Object.values(type.getFields())
  for (const field of fields) {
    if (!marksOf(type, field).public) continue
    const remedy = 'Write it on the field of each object type'
    faults.push({ place: `${type.name}.${field.name}`, problem: '@public on an interface opens nothing', remedy })
  }
  const guarded = isGuard(marksOf(type)) || fields.some((field) => isGuard(marksOf(type, field)))
  if (guarded && schema.getPossibleTypes(type).length === 0) {
    faults.push({ place: type.name, problem: 'its rule matches no object type', remedy: 'Implement or remove it' })
  }
}

function abstractsOf(type: GraphQLObjectType, schema: GraphQLSchema): Abstract[] {
  const unions = Object.values(schema.getTypeMap()).filter(isUnionType)
  return [...type.getInterfaces(), ...unions.filter((union) => union.getTypes().includes(type))]
}

function readingOf(schema: GraphQLSchema, permissions: ReadonlySet<string>): Reading {
  const faults: Fault[] = []
  const read = new Map<string, Marks>()
  const interned = new Map<string, Guard>()
  return {
    schema,
    faults,
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
