import { getNamedType, isIntrospectionType, isObjectType, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import { declarationFaults, placementFaults } from './declarations.js'
import type { Door, MutationLine, RootType } from './door.js'
import type { Fault } from './faults.js'
import { readRules, type RuleBook } from './field-rules.js'
import type { Policy } from './policy.js'

/** Everything that would leave a field without a decision, or make a rule look enforced that is not. */
export function proveCoverage(schema: GraphQLSchema, policy: Policy, door: Door): Fault[] {
  const book = readRules(schema, policy)
  return [
    ...declarationFaults(schema),
    ...placementFaults(schema),
    ...book.faults,
    ...fieldFaults(schema, book),
    ...subscriptionFaults(schema),
    ...doorFaults('Query', schema.getQueryType(), door),
    ...doorFaults('Mutation', schema.getMutationType(), door),
  ]
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
      } else if (rule !== 'public' && isShareable(type, name)) {
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

function isShareable(type: GraphQLObjectType, field: string): boolean {
  const nodes = [type.astNode, ...type.extensionASTNodes, type.getFields()[field]?.astNode]
  const names = nodes.flatMap((node) => node?.directives ?? []).map(({ name }) => name.value)
  return names.includes('shareable') || names.includes('federation__shareable')
}

/** The guards run per field of a result; nothing yet decides at subscribe and on every event. */
function subscriptionFaults(schema: GraphQLSchema): Fault[] {
  const type = schema.getSubscriptionType()
  return type ? [{ place: type.name, problem: 'subscriptions are not guarded', remedy: 'Remove the type' }] : []
}

function doorFaults(rootType: RootType, type: GraphQLObjectType | null | undefined, door: Door): Fault[] {
  const lines = door.lines.get(rootType) ?? new Map<string, MutationLine>()
  const fields = type?.getFields() ?? {}
  const faults: Fault[] = []
  for (const field of Object.values(fields)) {
    const place = `${rootType}.${field.name}`
    const line = lines.get(field.name)
    const mustSayScope = rootType === 'Mutation' || getNamedType(field.type).name.endsWith('Connection')
    if (line === undefined) {
      faults.push({ place, problem: 'has no line in the door', remedy: 'Say there who may ask for it' })
    } else if (mustSayScope && line.scope === undefined) {
      const remedy = 'Give its line a scope: self, entity, filter, permission or public'
      faults.push({ place, problem: 'the door does not say how its object is scoped', remedy })
    }
  }
  for (const [name, line] of lines) {
    const place = `door ${rootType}.${name}`
    if (!Object.hasOwn(fields, name)) {
      faults.push({ place, problem: 'matches no field', remedy: 'Remove the line, or correct the name' })
    }
    if (!line.alone && (line.ownProof || line.switchesCaller)) {
      const problem = 'ignores the presented token or switches the caller beside other fields'
      faults.push({ place, problem, remedy: 'Say alone: true' })
    }
  }
  return faults
}
