/** The schema under its rules: what executes requests, and what can be asked about it. */
import type { Logger } from 'pino'
import {
  accessOf,
  authorizeSchema,
  createDecisions,
  explainOperation,
  ownerFieldsOf,
  sampleCaller,
  withRouterDirectives,
  type Access,
  type Policy,
} from './authorization/index.js'
import { accountResolvers } from './accounts/resolvers.js'
import { auditResolvers } from './audit/resolvers.js'
import { callerResolvers } from './callers/resolvers.js'
import { door } from './door.js'
import type { AuthorizationService } from './graphql/context.js'
import { entities } from './graphql/loaders.js'
import { isTooLarge } from './graphql/limits.js'
import { scalars } from './graphql/scalars.js'
import { loadTypeDefs, makeSchema } from './graphql/schema.js'
import { describeFault } from './http/log.js'
import type { Metrics } from './http/metrics.js'
import { anonymous } from './kernel/caller.js'
import type { Clock } from './kernel/clock.js'
import { InvalidInput } from './kernel/errors.js'
import { mfaResolvers } from './mfa/resolvers.js'
import { passwordResolvers } from './passwords/resolvers.js'
import { riskResolvers } from './risk/resolvers.js'
import { createShadowReport } from './shadow-report.js'
import { sessionResolvers } from './sessions/resolvers.js'
import { signInResolvers } from './sign-in/resolvers.js'
import { userResolvers } from './users/resolvers.js'

/** The rules of our schema under a policy: for questions about them. Its schema is never to be executed. */
export type OwnAccess = Access & { readonly entities: typeof entities }

export function ownAccess(policy: Policy): OwnAccess {
  return { ...accessOf(bareSchema(loadTypeDefs()), { policy, door, entities }), entities }
}

export interface GuardedSchemaParts {
  readonly access: OwnAccess
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** A second policy, asked beside the first and never obeyed. */
  readonly shadow?: Policy | null
  /** Whether routers find in the SDL what they may refuse by themselves. */
  readonly routerDirectives?: boolean
}

/** @throws PolicyInvalid with every fault at once */
export function guardedSchema(parts: GuardedSchemaParts) {
  const { access, clock, logger, metrics, shadow, routerDirectives = true } = parts
  const documents = routerDirectives ? withRouterDirectives(loadTypeDefs(), access) : loadTypeDefs()
  return authorizeSchema(bareSchema(documents), {
    documents,
    policy: access.policy,
    door,
    entities,
    clock,
    onGuardError(coordinate, cause) {
      metrics.ruleFailed(coordinate)
      logger.error({ coordinate, fault: describeFault(cause) }, 'a guard failed, and denied')
    },
    ...(shadow && { shadow: { policy: shadow, onDifference: createShadowReport(parts, clock.monotonicMs) } }),
  })
}

export function createAuthorization(access: OwnAccess, clock: Clock): AuthorizationService {
  const { policy } = access
  const ownerFields = ownerFieldsOf(access)
  return {
    ...createDecisions(access, clock),
    explain(operation, role) {
      if (role !== null && !policy.roles.has(role)) throw new InvalidInput({ role: 'There is no such role.' })
      // What is explained is validated like what is asked, and no larger.
      if (isTooLarge(operation, access.schema)) {
        throw new InvalidInput({ operation: 'The operation is larger than one that can be asked.' })
      }
      const caller = role === null ? anonymous : sampleCaller(role, policy)
      return explainOperation(operation, caller, access, clock.now())
    },
    packedRules: ({ holdings, userId }) => policy.packedRules(holdings, userId, ownerFields),
  }
}

/** Resolvers and nothing around them. Never to be served: only what `authorizeSchema` makes of it may be. */
export function bareSchema(typeDefs = loadTypeDefs()) {
  const resolvers = [
    scalars,
    accountResolvers,
    auditResolvers,
    callerResolvers,
    mfaResolvers,
    userResolvers,
    riskResolvers,
    sessionResolvers,
    passwordResolvers,
    signInResolvers,
  ]
  return makeSchema(merged(resolvers), typeDefs)
}

/** Slices add fields to each other's types, so maps of one type are merged and not replaced. */
function merged(resolvers: readonly object[]): object {
  const types: Record<string, unknown> = {}
  for (const each of resolvers) {
    for (const [type, fields] of Object.entries(each)) {
      const before = types[type]
      types[type] = typeof before === 'object' ? { ...before, ...fields } : fields
    }
  }
  return types
}
