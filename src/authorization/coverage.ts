import { getNamedType, isIntrospectionType, isObjectType, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import { permissionsOf } from './caller-rules.js'
import { declarationFaults, placementFaults } from './declarations.js'
import { ownSuffix, withoutOwn } from './directives.js'
import type { Door, MutationLine, RootType } from './door.js'
import { fileOf, type Fault } from './faults.js'
import { readRules, type FieldRule, type RuleBook, type RuleSources } from './field-rules.js'
import type { Policy } from './policy.js'

export interface CoverageSources extends RuleSources {
  readonly policy: Policy
  /** Null: nothing is asked about root fields. */
  readonly door: Door | null
}

/** Everything that would leave a field without a decision, or make a rule look enforced that is not. */
export function proveCoverage(schema: GraphQLSchema, sources: CoverageSources): Fault[] {
  const book = readRules(schema, sources)
  const { door, policy } = sources
  return [
    ...declarationFaults(schema),
    ...placementFaults(schema),
    ...book.faults,
    ...fieldFaults(schema, book),
    ...subscriptionFaults(schema),
    ...(door === null ? [] : doorFaults('Query', schema.getQueryType(), { door, policy, book })),
    ...(door === null ? [] : doorFaults('Mutation', schema.getMutationType(), { door, policy, book })),
    ...unusedPermissions({ policy, book }),
  ]
}

interface Proof {
  readonly door: Door
  readonly policy: Policy
  readonly book: RuleBook
}

/** A permission that nothing asks for looks like a protection, and protects nothing. */
function unusedPermissions({ policy, book }: Pick<Proof, 'policy' | 'book'>): Fault[] {
  const asked = new Set<string>()
  for (const rule of book.rules.values()) {
    if (rule !== 'public') for (const permission of permissionsOf(rule)) asked.add(permission)
  }
  return [...policy.permissions]
    .filter((permission) => !asked.has(permission))
    .map((permission) => ({
      place: `permission ${permission}`,
      problem: 'is asked for by nothing in the schema',
      remedy: 'Remove it, or declare it in `elsewhere` if another subgraph asks for it',
    }))
}

function fieldFaults(schema: GraphQLSchema, { rules }: RuleBook): Fault[] {
  const faults: Fault[] = []
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue
    for (const name of Object.keys(type.getFields())) {
      const place = `${type.name}.${name}`
      const rule = rules.get(place)
      if (rule === undefined) {
        const remedy = 'Write @public, @auth or @owner on it or on its type'
        faults.push({ ...fileOf(type.getFields()[name]?.astNode), place, problem: 'has no rule', remedy })
      } else if (rule !== 'public' && isShareable(type, name)) {
        const remedy = 'Resolve it in one subgraph only'
        faults.push({
          ...fileOf(type.getFields()[name]?.astNode),
          place,
          problem: 'is guarded and @shareable: a router may ask a subgraph without the rule',
          remedy,
        })
      }
    }
  }
  return faults
}

function isShareable(type: GraphQLObjectType, field: string): boolean {
  const nodes = [type.astNode, ...type.extensionASTNodes, type.getFields()[field]?.astNode]
  const names = nodes.flatMap((node) => node?.directives ?? []).map(({ name }) => name.value)
  return names.includes('shareable') || names.includes('federation__shareable')
}

/** The guards run per field of a result; nothing yet decides at subscribe and on every event. */
function subscriptionFaults(schema: GraphQLSchema): Fault[] {
  const type = schema.getSubscriptionType()
  return type
    ? [
        {
          ...fileOf(type.astNode),
          place: type.name,
          problem: 'subscriptions are not guarded',
          remedy: 'Remove the type',
        },
      ]
    : []
}

function doorFaults(rootType: RootType, type: GraphQLObjectType | null | undefined, proof: Proof): Fault[] {
  const lines = proof.door.lines.get(rootType) ?? new Map<string, MutationLine>()
  const fields = type?.getFields() ?? {}
  const faults: Fault[] = []
  for (const field of Object.values(fields)) {
    const place = `${rootType}.${field.name}`
    const line = lines.get(field.name)
    const file = fileOf(field.astNode)
    if (line === undefined) {
      faults.push({ ...file, place, problem: 'has no line in the door', remedy: 'Say there who may ask for it' })
      continue
    }
    const mustSayScope = rootType === 'Mutation' || getNamedType(field.type).name.endsWith('Connection')
    if (mustSayScope && line.scope === undefined) {
      const remedy = 'Give its line a scope: self, entity, filter, permission or public'
      faults.push({ ...file, place, problem: 'the door does not say how its object is scoped', remedy })
    }
    const rule = proof.book.rules.get(`${type?.name}.${field.name}`)
    for (const [problem, remedy] of rule === undefined ? [] : disagreements(line, rule, proof.policy)) {
      faults.push({ ...file, place, problem, remedy })
    }
  }
  for (const [name, line] of lines)
    faults.push(...lineFaults(`door ${rootType}.${name}`, Object.hasOwn(fields, name), line))
  return faults
}

function lineFaults(place: string, hasField: boolean, line: MutationLine): Fault[] {
  const faults: Fault[] = []
  if (!hasField) faults.push({ place, problem: 'matches no field', remedy: 'Remove the line, or correct the name' })
  if (!line.alone && (line.ownProof || line.switchesCaller)) {
    const problem = 'ignores the presented token or switches the caller beside other fields'
    faults.push({ place, problem, remedy: 'Say alone: true' })
  }
  return faults
}

/** Where the line of the door and the directives of the schema say two things. */
function* disagreements(line: MutationLine, rule: FieldRule, policy: Policy): Generator<[string, string]> {
  const asked = rule === 'public' ? [] : asDoorWrites(rule)
  const named = line.permission === undefined ? [] : [line.permission]
  if (named.some((permission) => !policy.permissions.has(withoutOwn(permission)))) {
    yield [`the door names the unknown permission "${line.permission}"`, 'Declare it, or correct the name']
  }
  if (asked.join() !== named.join()) {
    yield [
      `the door says ${named.join() || 'no permission'}, the schema ${asked.join(' and ') || 'none'}`,
      'Name in the door the one permission that the directives of the field ask for',
    ]
  }
  if (rule === 'public') return
  if ((line.scope === 'entity') !== rule.entities.length > 0) {
    yield [
      line.scope === 'entity'
        ? 'the door says that an entity is decided on, and the schema names none'
        : 'the schema names an entity, and the door another scope',
      'Write @owner(entity:) and scope: entity, or neither',
    ]
  }
  if (line.scope === 'permission' && line.permission === undefined) {
    yield ['the door scopes it by a permission and names none', 'Name the permission, in the door and in @auth']
  }
  const [permission] = named
  const need = permission === undefined ? null : policy.needOf(withoutOwn(permission))
  if (rule.assurance !== null && rule.assurance !== need?.assurance) {
    yield [
      'the schema asks for an assurance that the policy does not',
      'Declare it under stepUp of the permission; the policy is where it is decided',
    ]
  }
}

/** The permissions of a root field as its line has to name them. */
function asDoorWrites(rule: Exclude<FieldRule, 'public'>): string[] {
  const reach = rule.reach.map((permission) => permission + ownSuffix)
  return [...new Set([...permissionsOf({ ...rule, reach: [] }), ...reach])]
}
