import { MapperKind, mapSchema } from '@graphql-tools/utils'
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import type { Caller } from '../kernel/caller.js'
import { Forbidden } from '../kernel/errors.js'
import { owns, propertiesToMatch, refusalOf, type Guard, type Refusal } from './caller-rules.js'
import type { FieldRule } from './field-rules.js'
import type { GuardContext, OnGuardError } from './guard-context.js'

type Resolver = GraphQLFieldResolver<unknown, GuardContext>

/** What a guard says to one caller in one request, before it sees an object. */
interface Standing {
  readonly caller: Caller
  readonly verdicts: object
  readonly refusal: Refusal | null
  /** Of the object; each must still name the caller. */
  readonly properties: readonly string[]
}

/** One for all fields with the same guard. */
interface Gate {
  /** Null: no rule, closed to everybody. */
  readonly guard: Guard | null
  readonly onGuardError: OnGuardError
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
  onGuardError: OnGuardError,
): GraphQLSchema {
  const gates = new Map<Guard | null, Gate>()
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (config, fieldName, typeName) => {
      const rule = rules.get(`${typeName}.${fieldName}`) ?? null
      if (rule === 'public') return undefined
      const gate = gates.get(rule) ?? { guard: rule, onGuardError, standing: null }
      gates.set(rule, gate)
      return { ...config, resolve: guarded(config.resolve ?? defaultFieldResolver, gate) }
    },
  })
}

/** Synchronous on purpose: one promise per field costs more than the guard. */
function guarded(resolve: Resolver, gate: Gate): Resolver {
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

function refusalFrom(gate: Gate, object: unknown, context: GuardContext, info: GraphQLResolveInfo): Refusal | null {
  try {
    let { standing } = gate
    if (standing === null || standing.caller !== context.caller || standing.verdicts !== context.verdicts) {
      standing = standingOf(gate.guard, context)
      gate.standing = standing
    }
    return standing.refusal ?? objectRefusal(standing, object)
  } catch (cause) {
    gate.onGuardError(`${info.parentType.name}.${info.fieldName}`, cause)
    return new Forbidden()
  }
}

/** By index: the iterator of a `for of` is 1 % of a long list. */
function objectRefusal({ caller, properties }: Standing, object: unknown): Refusal | null {
  for (let index = 0; index < properties.length; index++) {
    const property = properties[index]
    if (property === undefined || !owns(caller, object, property)) return new Forbidden()
  }
  return null
}

function standingOf(guard: Guard | null, { caller, verdicts }: GuardContext): Standing {
  if (guard === null) return { caller, verdicts, refusal: new Forbidden(), properties: [] }
  let refusal = verdicts.get(guard)
  if (refusal === undefined) {
    refusal = refusalOf(caller, guard)
    verdicts.set(guard, refusal)
  }
  return { caller, verdicts, refusal, properties: propertiesToMatch(caller, guard.ownerships) }
}
