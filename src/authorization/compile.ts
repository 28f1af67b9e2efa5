import { MapperKind, mapSchema } from '@graphql-tools/utils'
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import type { Caller } from '../kernel/caller.js'
import { Forbidden } from '../kernel/errors.js'
import { reachesAll, reachesOwn, refusalOf, type Ownership, type Refusal } from './caller-rules.js'
import type { FieldRule, Guard } from './field-rules.js'
import type { GuardContext, OnGuardError } from './guard-context.js'

type Resolver = GraphQLFieldResolver<unknown, GuardContext>

/** Why the caller is refused this field of this object, or null. */
type Judge = (object: unknown, context: GuardContext) => Refusal | null

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
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (config, fieldName, typeName) => {
      const coordinate = `${typeName}.${fieldName}`
      const rule = rules.get(coordinate)
      if (rule === 'public') return undefined
      const judge = rule === undefined ? refuse : judgeOf(rule, coordinate, onGuardError)
      return { ...config, resolve: guarded(config.resolve ?? defaultFieldResolver, judge) }
    },
  })
}

const refuse: Judge = () => new Forbidden()

/** Synchronous on purpose: one promise per field costs more than the guard. */
function guarded(resolve: Resolver, judge: Judge): Resolver {
  return (object, args, context, info) => {
    const refusal = judge(object, context)
    if (refusal !== null) throw refusal
    return resolve(object, args, context, info)
  }
}

/** What a guard says to one caller in one request, before it sees an object. */
interface Standing {
  readonly caller: Caller
  readonly verdicts: object
  readonly refusal: Refusal | null
  /** Still to be compared with each object. */
  readonly ownerships: readonly Ownership[]
}

function judgeOf(guard: Guard, coordinate: string, onGuardError: OnGuardError): Judge {
  // The last standing, recognized by caller and request: in a list it saves a look-up for each field of each object.
  let standing: Standing | undefined
  return (object, context) => {
    try {
      if (standing?.caller !== context.caller || standing.verdicts !== context.verdicts) {
        standing = standingOf(guard, context)
      }
      return standing.refusal ?? objectRefusal(standing, object)
    } catch (cause) {
      onGuardError(coordinate, cause)
      return new Forbidden()
    }
  }
}

function standingOf({ needs, ownerships }: Guard, { caller, verdicts }: GuardContext): Standing {
  let refusal = verdicts.get(needs)
  if (refusal === undefined) {
    refusal = refusalOf(caller, needs)
    verdicts.set(needs, refusal)
  }
  return { caller, verdicts, refusal, ownerships: ownerships.filter((ownership) => !reachesAll(caller, ownership)) }
}

function objectRefusal({ caller, ownerships }: Standing, object: unknown): Refusal | null {
  for (const ownership of ownerships) if (!reachesOwn(caller, object, ownership)) return new Forbidden()
  return null
}
