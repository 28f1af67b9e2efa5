import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql'
import type { Caller } from '../kernel/caller.js'
import { DomainError, Forbidden, Unauthenticated } from '../kernel/errors.js'
import type { GuardContext, OnGuardError } from './guard-context.js'
import {
  allow,
  applyMiddleware,
  deny,
  rule,
  shield,
  type Middleware,
  type MiddlewareMap,
  type ShieldRule,
} from './shield.js'
import { withinLimit } from './time-limit.js'

/** How the object of a root field is kept to what the caller may see. */
export type Scope =
  /** It is the caller's own, by construction. */
  | 'self'
  /** An argument names the object, and `@owner(entity:)` decides on it before the resolver runs. */
  | 'entity'
  /** The query itself finds only what the caller may see. */
  | 'filter'
  /** A permission held without condition; no object decides. */
  | 'permission'
  /** There is nothing to keep from anybody. */
  | 'public'

export interface DoorLine {
  /** May this caller ask at all, now? */
  readonly ask: ShieldRule
  /** What the guard of the field asks for, as `can` names it: `session:revoke`, `audit:read@own`. */
  readonly permission?: string
  /** Must be said for connections and mutations. */
  readonly scope?: Scope
  /** Must be the only root field of its operation. */
  readonly alone?: boolean
}

export interface MutationLine extends DoorLine {
  /** Brings its own proof: a bad access token presented along with it is ignored. */
  readonly ownProof?: boolean
  /** Makes the caller it has signed in the caller for the rest of the request. */
  readonly switchesCaller?: boolean
}

export interface DoorLines {
  readonly Query: Readonly<Record<string, DoorLine>>
  readonly Mutation?: Readonly<Record<string, MutationLine>>
}

export type RootType = keyof DoorLines

export interface Door {
  /** By root type, then by field. A map, because field names come from clients and `constructor` is one, too. */
  readonly lines: ReadonlyMap<RootType, ReadonlyMap<string, MutationLine>>
  /** By coordinate (`Query.users`). */
  scopeOf(coordinate: string): Scope | undefined
  isAlone(rootType: RootType, field: string): boolean
  /** Of a mutation. */
  bringsOwnProof(field: string): boolean
  /** Of a mutation. */
  switchesCaller(field: string): boolean
}

/** One line for each field of the root types; what has no line stays closed. */
export function defineDoor(definition: DoorLines): Door {
  const lines = new Map<RootType, ReadonlyMap<string, MutationLine>>([
    ['Query', new Map(Object.entries(definition.Query))],
    ['Mutation', new Map(Object.entries(definition.Mutation ?? {}))],
  ])
  const lineOf = (rootType: RootType, field: string): MutationLine | undefined => lines.get(rootType)?.get(field)
  const scopes = new Map<string, Scope | undefined>(
    [...lines].flatMap(([rootType, fields]) =>
      [...fields].map(([field, { scope }]) => [`${rootType}.${field}`, scope] as const),
    ),
  )
  return {
    lines,
    scopeOf: (coordinate) => scopes.get(coordinate),
    isAlone: (rootType, field) => lineOf(rootType, field)?.alone === true,
    bringsOwnProof: (field) => lineOf('Mutation', field)?.ownProof === true,
    switchesCaller: (field) => lineOf('Mutation', field)?.switchesCaller === true,
  }
}

/** What rules threw, until the fallback reports it: graphql-shield itself turns a throw into a bare `false`. */
const thrown = new WeakMap<GraphQLResolveInfo, unknown>()

/** The reason to refuse, or null. */
export type Condition<Context> = (
  context: Context,
  args: Readonly<Record<string, unknown>>,
) => DomainError | null | Promise<DomainError | null>

/** Of each rule, the conditions that depend on nothing but the caller: what can be said about it in advance. */
const callerConditions = new WeakMap<ShieldRule, readonly CallerCondition[]>()
type CallerCondition = (caller: Caller) => DomainError | null

/**
 * A rule of the door: its conditions are asked in turn, and the first that refuses decides. Names are unique in a door,
 * graphql-shield sees to that. Never cached: its caches hand one answer to other arguments and other fields. A condition
 * that throws, or does not answer within a second, has refused.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a service reads more from its context than the engine
export function askRule<Context extends GuardContext>(
  name: string,
  ...conditions: readonly Condition<Context>[]
): ShieldRule {
  const firstRefusal = async (context: Context, args: Readonly<Record<string, unknown>>) => {
    for (const condition of conditions) {
      const refusal = await condition(context, args)
      if (refusal !== null) return refusal
    }
    return true
  }
  const made = rule(name, { cache: 'no_cache' })(async (_parent, args, context: Context, info) => {
    try {
      return await withinLimit(firstRefusal(context, args))
    } catch (cause) {
      thrown.set(info, cause)
      return false
    }
  })
  const ofCaller = [isSignedIn, isPerson].filter((known) => conditions.some((condition) => condition === known))
  callerConditions.set(
    made,
    ofCaller.map((condition) => (caller: Caller) => condition({ caller })),
  )
  return made
}

/** Of a rule that `askRule` made, or of `open`; for people. */
export function ruleNameOf(ask: ShieldRule): string {
  return ask === open ? 'open' : 'name' in ask ? ask.name : 'rule'
}

/** Why the door refuses this caller whatever the request is, or null. */
export function doorRefusal({ ask }: DoorLine, caller: Caller): DomainError | null {
  for (const condition of callerConditions.get(ask) ?? []) {
    const refusal = condition(caller)
    if (refusal !== null) return refusal
  }
  return null
}

type HasCaller = Pick<GuardContext, 'caller'>

export function isSignedIn({ caller }: HasCaller): DomainError | null {
  return caller.kind === 'anonymous' ? new Unauthenticated() : null
}

export function isPerson({ caller }: HasCaller): DomainError | null {
  if (caller.kind === 'anonymous') return new Unauthenticated()
  return caller.kind === 'person' ? null : new Forbidden()
}

/** Is it one that a door can ask? */
export function isRule(ask: ShieldRule | undefined): boolean {
  // Others may be cached by graphql-shield across arguments, or open when they throw (`not`).
  return ask === open || (typeof ask === 'object' && ask !== null && callerConditions.has(ask))
}

/** Anybody may ask. The field stays unwrapped. */
export const open: ShieldRule = allow

export const signedIn = askRule('signedIn', isSignedIn)

export const personOnly = askRule('personOnly', isPerson)

/** Wraps the root fields whose line has a condition, and those without a line, which are denied. */
export function applyDoor(schema: GraphQLSchema, door: Door, onGuardError: OnGuardError): GraphQLSchema {
  const types = { Query: schema.getQueryType()?.name, Mutation: schema.getMutationType()?.name }
  const tree: Record<string, Record<string, ShieldRule>> = {}
  for (const [rootType, lines] of door.lines) {
    const name = types[rootType]
    if (name !== undefined) tree[name] = Object.fromEntries([...lines].map(([field, { ask }]) => [field, ask]))
  }
  const generated = shield(tree, {
    fallbackRule: deny,
    allowExternalErrors: true,
    fallbackError: (_cause, _parent, _args, _context, info) => {
      const cause = thrown.get(info)
      if (thrown.has(info)) onGuardError(`${info.parentType.name}.${info.fieldName}`, cause)
      // Where no verdict was reached, trying again may help.
      return cause instanceof DomainError && cause.kind === 'unavailable' ? cause : new Forbidden()
    },
  }).generate(schema)
  const conditional: Record<string, MiddlewareMap> = {}
  const strict: Record<string, MiddlewareMap> = {}
  for (const [name, asks] of Object.entries(tree)) {
    const wrapped = Object.entries(generated[name] ?? {}).filter(([field]) => asks[field] !== open)
    conditional[name] = Object.fromEntries(wrapped)
    strict[name] = Object.fromEntries(wrapped.map(([field]) => [field, errorsOnly]))
  }
  return applyMiddleware(schema, conditional, strict)
}

/** Inside the door: graphql-shield *returns* what a resolver throws, and anything but an Error would become data. */
const errorsOnly: Middleware = async (resolve, parent, args, context, info) => {
  try {
    return await resolve(parent, args, context, info)
  } catch (cause) {
    throw cause instanceof Error ? cause : new Error('A resolver threw something that is no error', { cause })
  }
}
