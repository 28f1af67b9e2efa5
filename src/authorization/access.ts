import type { GraphQLSchema } from 'graphql'
import type { Caller } from '../kernel/caller.js'
import type { DomainError } from '../kernel/errors.js'
import { checksFor, refusalOf } from './caller-rules.js'
import { doorRefusal, type Door, type DoorLine, type RootType } from './door.js'
import type { Entities } from './entity-loader.js'
import { readRules, type FieldRule } from './field-rules.js'
import { withoutOwn } from './own-suffix.js'
import type { Policy } from './policy.js'

/** Everything that decides who may do what in one schema, for questions about it: matrix, explanation, `can`. */
export interface Access {
  readonly schema: GraphQLSchema
  readonly policy: Policy
  readonly door: Door
  readonly entities: Pick<Entities<never>, 'names'>
  readonly rules: ReadonlyMap<string, FieldRule>
  /** The directives behind the rule of each field. */
  readonly written: ReadonlyMap<string, readonly string[]>
}

export function accessOf(schema: GraphQLSchema, sources: Pick<Access, 'policy' | 'door' | 'entities'>): Access {
  const { rules, written } = readRules(schema, sources)
  return { schema, ...sources, rules, written }
}

/** By resource, the property of its objects that names their owner. */
export function ownerFieldsOf({ rules }: Pick<Access, 'rules'>): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const rule of rules.values()) {
    if (rule === 'public') continue
    for (const { field, or, conditional } of rule.ownerships) {
      if (or !== null && conditional) fields.set(or.slice(0, or.indexOf(':')), field)
    }
  }
  return fields
}

/** What a caller gets of a field, as far as it is known before there is an object. */
export interface Verdict {
  /** `own`: of its own objects only; `where`: of objects that meet a condition of the policy, and of its own perhaps. */
  readonly outcome: 'allow' | 'own' | 'where' | 'deny'
  /** After proving again who it is. */
  readonly stepUp: boolean
  /** Why not, or why not yet. */
  readonly refusal: DomainError | null
}

/** @param coordinate `Type.field` */
export function verdictOn(coordinate: string, caller: Caller, access: Access, now: Date): Verdict {
  const rule = access.rules.get(coordinate)
  const line = doorLineOf(coordinate, access)
  const denied = (refusal: DomainError | null): Verdict => ({ outcome: 'deny', stepUp: false, refusal })
  const refusedAtDoor = line === undefined ? null : doorRefusal(line, caller)
  if (rule === undefined || refusedAtDoor !== null) return denied(refusedAtDoor)
  if (rule === 'public') return { outcome: 'allow', stepUp: false, refusal: null }
  const refusal = refusalOf(caller, rule, now)
  const stepUp = refusal?.kind === 'step-up'
  if (caller.kind === 'anonymous' || (refusal !== null && !stepUp)) return denied(refusal)
  // Where only a second factor would do, it is about what the field gives with one.
  const holdings = (refusal?.details['enrol'] === true && caller.holdings.proven) || caller.holdings
  const checks = checksFor({ ...caller, holdings }, [...rule.ownerships, ...rule.entities])
  const limited = [...rule.within.map(withoutOwn), ...rule.reach].filter((permission) => !holdings.holds(permission))
  const onConditions =
    checks.some(({ permission }) => permission !== null) ||
    rule.within.map(withoutOwn).some((each) => limited.includes(each) && holdings.conditionsOf(each).length > 0)
  const ownOnly = checks.length > 0 || limited.length > 0
  return { outcome: onConditions ? 'where' : ownOnly ? 'own' : 'allow', stepUp, refusal }
}

/** The line of a root field; none for the fields of other types. */
export function doorLineOf(coordinate: string, { schema, door }: Access): DoorLine | undefined {
  const [type, field = ''] = coordinate.split('.')
  const roots: Record<RootType, string | undefined> = {
    Query: schema.getQueryType()?.name,
    Mutation: schema.getMutationType()?.name,
  }
  const rootType = (['Query', 'Mutation'] as const).find((each) => roots[each] === type)
  return rootType && door.lines.get(rootType)?.get(field)
}
