import { MapperKind, mapSchema } from '@graphql-tools/utils'
import { defaultFieldResolver, type DocumentNode, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import { systemClock, type Clock } from '../kernel/clock.js'
import { compileGuards } from './compile.js'
import { proveCoverage } from './coverage.js'
import { applyDoor, type Door } from './door.js'
import { defineEntities, type Entities } from './entity-loader.js'
import { PolicyInvalid } from './faults.js'
import { readRules } from './field-rules.js'
import type { GuardContext, OnGuardError } from './guard-context.js'
import type { Policy } from './policy.js'
import { createShadow, type ShadowDifference } from './shadow.js'

export interface Authorization<Context extends object = never> {
  readonly policy: Policy
  readonly door: Door
  /** What `@owner(entity:)` may name. */
  readonly entities?: Entities<Context>
  /** What the schema was made of, so that faults name files and lines; `buildSubgraphSchema` forgets them. */
  readonly documents?: readonly DocumentNode[]
  /** Tells how old a proof of identity is. */
  readonly clock?: Pick<Clock, 'now'>
  /** For counting; the refusal does not depend on it. */
  readonly onGuardError?: OnGuardError
  /** A second policy, asked beside the first and never obeyed. */
  readonly shadow?: { readonly policy: Policy; readonly onDifference: (difference: ShadowDifference) => void }
}

/**
 * The only way to an executable schema: it is proven to have a rule for everything, then gets the door around the
 * guards around the resolvers. The context of a request must extend `GuardContext`.
 * @throws PolicyInvalid with every fault at once
 */
export function authorizeSchema<Context extends object>(
  schema: GraphQLSchema,
  authorization: Authorization<Context>,
): GraphQLSchema {
  const { policy, door, clock = systemClock, onGuardError = () => undefined, shadow } = authorization
  // Contexts come from whoever runs the schema, and go to nobody but the sources that were written for them.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const entities = (authorization.entities ?? defineEntities({})) as Entities<object>
  const { documents = [] } = authorization
  const faults = proveCoverage(schema, { policy, door, entities, documents })
  if (faults.length > 0) throw new PolicyInvalid(faults)
  const guarded = compileGuards(schema, readRules(schema, { policy, door, entities }).rules, {
    entities,
    clock,
    onGuardError,
    shadow: shadow === undefined ? null : createShadow(shadow.policy, { ...shadow, clock, onError: onGuardError }),
  })
  return renewBeforeMutations(applyDoor(guarded, door, onGuardError), entities)
}

/** Outermost, so that the door, too, judges the caller as of now and not as of the start of the operation. */
function renewBeforeMutations(schema: GraphQLSchema, entities: Entities<object>): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.MUTATION_ROOT_FIELD]: (config) => ({
      ...config,
      resolve: renewing(config.resolve ?? defaultFieldResolver, entities),
    }),
  })
}

function renewing(
  resolve: GraphQLFieldResolver<unknown, GuardContext>,
  entities: Entities<object>,
): GraphQLFieldResolver<unknown, GuardContext> {
  return async (root, args, context, info) => {
    await context.renewCaller()
    // Time passes between the fields of an operation: a proof that was fresh enough may not be any more.
    context.verdicts = new Map()
    try {
      return await resolve(root, args, context, info)
    } finally {
      // What was loaded before the field ran it has probably changed.
      entities.forget(context)
    }
  }
}
