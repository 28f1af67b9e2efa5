import { getNamedType, type GraphQLObjectType } from 'graphql'
import { permissionsOf } from './caller-rules.js'
import { isRule, type Door, type MutationLine, type RootType, type Scope } from './door.js'
import type { Fault } from './faults.js'
import type { FieldRule, RuleBook } from './field-rules.js'
import { ownSuffix, withoutOwn } from './own-suffix.js'
import type { Policy } from './policy.js'

export interface DoorProof {
  readonly door: Door
  readonly policy: Policy
  readonly book: RuleBook
}

const scopes: readonly Scope[] = ['self', 'entity', 'filter', 'permission', 'public']
const columns = ['ask', 'permission', 'scope', 'alone', 'ownProof', 'switchesCaller']

/** Where the door leaves a root field without a decision, or says something else than schema and policy. */
export function doorFaults(rootType: RootType, type: GraphQLObjectType | null | undefined, proof: DoorProof): Fault[] {
  const lines = proof.door.lines.get(rootType) ?? new Map<string, MutationLine>()
  const fields = type?.getFields() ?? {}
  const faults: Fault[] = []
  for (const field of Object.values(fields)) {
    const place = `${rootType}.${field.name}`
    const line = lines.get(field.name)
    if (line === undefined) {
      faults.push({ place, problem: 'has no line in the door', remedy: 'Say there who may ask for it' })
      continue
    }
    const mustSayScope = rootType === 'Mutation' || getNamedType(field.type).name.endsWith('Connection')
    if (mustSayScope && line.scope === undefined) {
      const remedy = 'Give its line a scope: self, entity, filter, permission or public'
      faults.push({ place, problem: 'the door does not say how its object is scoped', remedy })
    }
    const rule = proof.book.rules.get(`${type?.name}.${field.name}`)
    for (const [problem, remedy] of rule === undefined ? [] : disagreements(line, rule, proof.policy)) {
      faults.push({ place, problem, remedy })
    }
  }
  for (const [name, line] of lines)
    faults.push(...lineFaults(`door ${rootType}.${name}`, Object.hasOwn(fields, name), line))
  return faults
}

function lineFaults(place: string, hasField: boolean, line: MutationLine): Fault[] {
  const faults: Fault[] = []
  const isQuery = place.startsWith('door Query.')
  if (isQuery && (line.ownProof || line.switchesCaller)) {
    faults.push({ place, problem: 'says what only a mutation can do', remedy: 'Drop ownProof and switchesCaller' })
  }
  if (!isQuery && line.scope === 'filter') {
    faults.push({ place, problem: 'filters what a mutation does', remedy: 'Say scope: entity, self or permission' })
  }
  if (!hasField) faults.push({ place, problem: 'matches no field', remedy: 'Remove the line, or correct the name' })
  // JavaScript has no types, and a misspelt column would look enforced.
  const unknown = Object.keys(line).filter((key) => !columns.includes(key))
  if (unknown.length > 0) {
    faults.push({ place, problem: `has the unknown ${unknown.join()}`, remedy: `Known are: ${columns.join(', ')}` })
  }
  if (!isRule(line.ask)) faults.push({ place, problem: 'has no rule to ask', remedy: 'Say ask: open, or another rule' })
  if (line.scope !== undefined && !scopes.includes(line.scope)) {
    faults.push({ place, problem: `has the unknown scope "${line.scope}"`, remedy: `Known are: ${scopes.join(', ')}` })
  }
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
  if (rule === 'public') {
    if (line.scope === 'entity' || line.scope === 'permission') {
      yield [
        `the door scopes it by ${line.scope}, and the schema says @public`,
        'Guard the field, or say scope: public',
      ]
    }
    return
  }
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
  if (line.scope === 'permission' && rule.reach.length > 0) {
    yield [
      `the door scopes it by a permission, and one's own is enough for the schema`,
      'Say scope: self, or drop @own',
    ]
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
  return [...new Set([...permissionsOf({ ...rule, reach: [], within: [] }), ...rule.within, ...reach])]
}
