import { MapperKind, mapSchema } from '@graphql-tools/utils'
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { isPresent, type Caller } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { DomainError, Forbidden } from '../kernel/errors.js'
import { checksFor, isRecord, passes, refusalOf, type Check, type Guard, type Refusal } from './caller-rules.js'
import { idsAt } from './entity-arguments.js'
import { entityRefusal } from './entity-guard.js'
import type { Entities } from './entity-loader.js'
import type { FieldRule } from './field-rules.js'
import type { GuardContext, OnGuardError } from './guard-context.js'
import type { Shadow } from './shadow.js'

type Resolver = GraphQLFieldResolver<unknown, GuardContext>

export interface CompileParts {
  readonly entities: Entities<object>
  readonly clock: Pick<Clock, 'now'>
  readonly onGuardError: OnGuardError
  readonly shadow: Shadow | null
}

/** What a guard says to one caller in one request, before it sees an object. */
interface Standing {
  readonly caller: Caller
  readonly verdicts: object
  readonly refusal: Refusal | null
  /** Of the object; it must pass each. */
  readonly checks: readonly Check[]
  /** Where the caller's id is enough to pass them all. */
  readonly ownedBy: { readonly property: string; readonly userId: string } | null
}

/** One for all fields with the same guard. */
interface Gate {
  /** Null: no rule, closed to everybody. */
  readonly guard: Guard | null
  readonly parts: CompileParts
  /** The last one, recognized by caller and request: in a list it saves a look-up per field of each object. */
  standing: Standing | null
}

/**
 * The same schema with a guard around the resolver of each guarded field of an object type, which is where every route
 * to the field ends: alias, fragment, interface, list, payload, `_entities`. A public field keeps the resolver it had,
 * or had not. A field without a rule is refused to everybody.
 */
export function compileGuards(
  schema: GraphQLSchema,
  rules: ReadonlyMap<string, FieldRule>,
  parts: CompileParts,
): GraphQLSchema {
  const gates = new Map<Guard | null, Gate>()
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (config, fieldName, typeName) => {
      const rule = rules.get(`${typeName}.${fieldName}`) ?? null
      if (rule === 'public') return undefined
      const gate = gates.get(rule) ?? { guard: rule, parts, standing: null }
      gates.set(rule, gate)
      const resolve = config.resolve ?? defaultFieldResolver
      const loads = rule !== null && rule.entities.length > 0
      return { ...config, resolve: guarded(loads ? afterLoading(resolve, rule, parts) : resolve, gate) }
    },
  })
}

/** Synchronous on purpose: one promise per field costs more than the guard. */
function guarded(resolve: Resolver, gate: Gate): Resolver {
  const refusalFrom = gate.parts.shadow === null ? enforcedRefusal : comparedRefusal(gate.parts.shadow)
  // Apart from the rest, so that the engine can inline the call that most fields make.
  if (resolve === defaultFieldResolver) {
    return (object, args, context, info) => {
      const refusal = refusalFrom(gate, object, context, info)
      if (refusal !== null) throw refusal
      return defaultFieldResolver(object, args, context, info)
    }
  }
  return (object, args, context, info) => {
    const refusal = refusalFrom(gate, object, context, info)
    if (refusal !== null) throw refusal
    return resolve(object, args, context, info)
  }
}

/** Inside the rest of the guard, so that nothing is loaded for whom the rest refuses. */
function afterLoading(resolve: Resolver, guard: Guard, { entities, onGuardError, shadow }: CompileParts): Resolver {
  const entityGuard = { ownerships: guard.entities, entities }
  return async (object, args, context, info) => {
    const { caller } = context
    const naming = { caller, context, idsAt: (path: readonly string[]) => idsAt(args, path) }
    let refusal: DomainError | null
    try {
      refusal = await entityRefusal(entityGuard, naming)
    } catch (cause) {
      onGuardError(coordinateOf(info), cause)
      // Where no verdict was reached, trying again may help; whatever else went wrong here is nobody's business.
      refusal = cause instanceof DomainError && cause.kind === 'unavailable' ? cause : new Forbidden()
    }
    shadow?.compareEntities(entityGuard, naming, { refusal, caller, coordinate: coordinateOf(info) })
    if (refusal !== null) throw refusal
    return resolve(object, args, context, info)
  }
}

function comparedRefusal(shadow: Shadow): typeof enforcedRefusal {
  return (gate, object, context, info) => {
    const refusal = enforcedRefusal(gate, object, context, info)
    shadow.compare(gate.guard, { refusal, caller: context.caller, object, coordinate: coordinateOf(info) })
    return refusal
  }
}

function enforcedRefusal(gate: Gate, object: unknown, context: GuardContext, info: GraphQLResolveInfo): Refusal | null {
  try {
    let { standing } = gate
    if (standing === null || standing.caller !== context.caller || standing.verdicts !== context.verdicts) {
      standing = standingOf(gate, context)
      gate.standing = standing
    }
    if (standing.refusal !== null) return standing.refusal
    return isPlainlyOwned(standing, object) ? null : objectRefusal(standing, object)
  } catch (cause) {
    gate.parts.onGuardError(coordinateOf(info), cause)
    return new Forbidden()
  }
}

/**
 * The short way for what most objects of a list are, the caller's own: small enough for the engine to inline, which is
 * about 5 % of a long list. It refuses nothing; whatever else an object is goes the long way.
 */
function isPlainlyOwned({ ownedBy }: Standing, object: unknown): boolean {
  return ownedBy !== null && isRecord(object) && object[ownedBy.property] === ownedBy.userId
}

/** By index: the iterator of a `for of` is 1 % of a long list. */
function objectRefusal({ caller, checks }: Standing, object: unknown): Refusal | null {
  for (let index = 0; index < checks.length; index++) {
    const check = checks[index]
    if (check === undefined || !passes(caller, object, check)) return new Forbidden()
  }
  return null
}

function standingOf({ guard, parts }: Gate, { caller, verdicts }: GuardContext): Standing {
  if (guard === null) return { caller, verdicts, refusal: new Forbidden(), checks: [], ownedBy: null }
  let refusal = verdicts.get(guard)
  if (refusal === undefined) {
    refusal = refusalOf(caller, guard, parts.clock.now())
    verdicts.set(guard, refusal)
  }
  const checks = checksFor(caller, guard.ownerships)
  return { caller, verdicts, refusal, checks, ownedBy: soleOwner(caller, checks) }
}

/** Null also for a caller without an id, which is the owner of nothing. */
function soleOwner(caller: Caller, [check, ...others]: readonly Check[]): Standing['ownedBy'] {
  if (caller.kind === 'anonymous' || !isPresent(caller.userId) || others.length > 0) return null
  const property = check?.property ?? null
  return property === null ? null : { property, userId: caller.userId }
}

function coordinateOf({ parentType, fieldName }: GraphQLResolveInfo): string {
  return `${parentType.name}.${fieldName}`
}
