import { createRequire } from 'node:module'
import type { GraphQLSchema } from 'graphql'
import type * as MiddlewarePackage from 'graphql-middleware' with { 'resolution-mode': 'require' }
import type * as Shield from 'graphql-shield'

// The ESM build of graphql-shield 7.6.5 imports `util.isUndefined`, which Node 23 removed; its CommonJS build loads,
// except that `chain` and `race` fail when they run. Both packages from one side, so that they are one instance.
const require = createRequire(import.meta.url)

/** For each field of a type. */
export type MiddlewareMap = MiddlewarePackage.IMiddlewareFieldMap

/** Around one resolver. */
export type Middleware = Extract<MiddlewarePackage.IMiddlewareFunction, (...input: never) => unknown>

interface Generator {
  /** For each object type, a middleware for each field. */
  generate(schema: GraphQLSchema): Readonly<Record<string, MiddlewareMap>>
}

interface ShieldPackage extends Pick<typeof Shield, 'allow' | 'deny' | 'rule'> {
  readonly shield: (...input: Parameters<typeof Shield.shield>) => Generator
}

const shieldPackage: ShieldPackage = require('graphql-shield')
const middlewarePackage: typeof MiddlewarePackage = require('graphql-middleware')

// Annotated one by one, because a declaration file could not name the inferred types.
export const allow: typeof Shield.allow = shieldPackage.allow
export const deny: typeof Shield.deny = shieldPackage.deny
export const rule: typeof Shield.rule = shieldPackage.rule
export const shield: ShieldPackage['shield'] = shieldPackage.shield
export const applyMiddleware: typeof MiddlewarePackage.applyMiddleware = middlewarePackage.applyMiddleware

/** A rule, or rules combined. */
export type ShieldRule = typeof Shield.allow | ReturnType<ReturnType<typeof Shield.rule>>
