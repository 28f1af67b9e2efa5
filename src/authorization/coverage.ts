import {
  getNamedType,
  isIntrospectionType,
  isObjectType,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  valueFromASTUntyped,
} from 'graphql'
import { permissionsOf } from './caller-rules.js'
import { declarationFaults, placementFaults } from './declarations.js'
import type { Door } from './door.js'
import { doorFaults, type DoorProof } from './door-coverage.js'
import type { Fault } from './faults.js'
import { readRules, type RuleBook, type RuleSources } from './field-rules.js'
import type { Policy } from './policy.js'
import { withFiles } from './source-lines.js'

export interface CoverageSources extends RuleSources {
  readonly policy: Policy
  /** Null: nothing is asked about root fields. */
  readonly door: Door | null
  /** What the schema was made of; `buildSubgraphSchema` forgets from which file and line. */
  readonly documents?: readonly DocumentNode[]
}

/** Everything that would leave a field without a decision, or make a rule look enforced that is not. */
export function proveCoverage(schema: GraphQLSchema, sources: CoverageSources): Fault[] {
  const book = readRules(schema, sources)
  const { door, policy, documents } = sources
  const faults = [
    ...declarationFaults(schema),
    ...placementFaults(schema),
    ...book.faults,
    ...fieldFaults(schema, book),
    ...rootFaults(schema),
    ...(door === null ? [] : doorFaults('Query', schema.getQueryType(), { door, policy, book })),
    ...(door === null ? [] : doorFaults('Mutation', schema.getMutationType(), { door, policy, book })),
    ...unusedPermissions({ policy, book }),
  ]
  return withFiles(faults, schema, documents)
}

/** A permission that nothing asks for looks like a protection, and protects nothing. */
function unusedPermissions({ policy, book }: Omit<DoorProof, 'door'>): Fault[] {
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
        faults.push({ place, problem: 'has no rule', remedy })
      } else if (rule !== 'public' && isShareable(schema, type, name)) {
        const remedy = 'Resolve it in one subgraph only'
        faults.push({
          place,
          problem: 'is guarded and @shareable: a router may ask a subgraph without the rule',
          remedy,
        })
      }
    }
  }
  return faults
}

function isShareable(schema: GraphQLSchema, type: GraphQLObjectType, field: string): boolean {
  const nodes = [type.astNode, ...type.extensionASTNodes, type.getFields()[field]?.astNode]
  const names = nodes.flatMap((node) => node?.directives ?? []).map(({ name }) => name.value)
  const meant = namesOfShareable(schema)
  return names.some((name) => meant.has(name))
}

/** `@link` may import it under another name, or name the whole specification. */
function namesOfShareable(schema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set(['shareable', 'federation__shareable'])
  const links = [schema.astNode, ...schema.extensionASTNodes]
    .flatMap((node) => node?.directives ?? [])
    .filter(({ name }) => name.value === 'link')
  for (const link of links) {
    const args: Record<string, unknown> = Object.fromEntries(
      (link.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
    )
    if (typeof args['as'] === 'string') names.add(`${args['as']}__shareable`)
    for (const each of Array.isArray(args['import']) ? args['import'] : []) {
      if (each?.name === '@shareable' && typeof each.as === 'string') names.add(each.as.slice(1))
    }
  }
  return names
}

/** What would go around the door, or has nobody who decides. */
function rootFaults(schema: GraphQLSchema): Fault[] {
  const [query, mutation, subscription] = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ]
  const faults: Fault[] = []
  // The guards run per field of a result; nothing yet decides at subscribe and on every event.
  if (subscription) {
    faults.push({ place: subscription.name, problem: 'subscriptions are not guarded', remedy: 'Remove the type' })
  }
  if (query && query === mutation) {
    const problem = 'is the type of queries and of mutations'
    faults.push({ place: query.name, problem, remedy: 'Give each a type of its own: the door has a line for each' })
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!mutation || !isObjectType(type) || isIntrospectionType(type)) continue
    for (const field of Object.values(type.getFields())) {
      if (getNamedType(field.type) !== mutation) continue
      const problem = 'leads to mutations from within a result'
      faults.push({ place: `${type.name}.${field.name}`, problem, remedy: 'Let mutations be root fields only' })
    }
  }
  return faults
}
