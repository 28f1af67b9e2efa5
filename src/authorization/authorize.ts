import { MapperKind, mapSchema } from '@graphql-tools/utils'
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import { compileGuards } from './compile.js'
import { proveCoverage } from './coverage.js'
import { applyDoor, type Door } from './door.js'
import { PolicyInvalid } from './faults.js'
import { readRules } from './field-rules.js'
import type { GuardContext, OnGuardError } from './guard-context.js'
import type { Policy } from './policy.js'

export interface Authorization {
  readonly policy: Policy
  readonly door: Door
  /** For counting; the refusal does not depend on it. */
  readonly onGuardError?: OnGuardError
}

/**
 * The only way to an executable schema: it is proven to have a rule for everything, then gets the door around the
 * guards around the resolvers. The context of a request must extend `GuardContext`.
 * @throws PolicyInvalid with every fault at once
 */
export function authorizeSchema(schema: GraphQLSchema, { policy, door, onGuardError }: Authorization): GraphQLSchema {
  const faults = proveCoverage(schema, policy, door)
  if (faults.length > 0) throw new PolicyInvalid(faults)
  const count = onGuardError ?? (() => undefined)
  const guarded = compileGuards(schema, readRules(schema, policy).rules, count)
  return renewBeforeMutations(applyDoor(guarded, door, count))
}

/** Outermost, so that the door, too, judges the caller as of now and not as of the start of the operation. */
function renewBeforeMutations(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.MUTATION_ROOT_FIELD]: (config) => ({
      ...config,
      resolve: renewing(config.resolve ?? defaultFieldResolver),
    }),
  })
}

function renewing(resolve: GraphQLFieldResolver<unknown, GuardContext>): GraphQLFieldResolver<unknown, GuardContext> {
  return async (root, args, context, info) => {
    await context.renewCaller()
    return resolve(root, args, context, info)
  }
}
