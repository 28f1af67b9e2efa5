import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql'
import { Forbidden, Unauthenticated, type DomainError } from '../kernel/errors.js'
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

/** How the object of a root field is kept to what the caller may see. */
export type Scope =
  /** It is the caller's own, by construction. */
  | 'self'
  /** One object is loaded, and the service decides on it. */
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
  return {
    lines,
    isAlone: (rootType, field) => lineOf(rootType, field)?.alone === true,
    bringsOwnProof: (field) => lineOf('Mutation', field)?.ownProof === true,
    switchesCaller: (field) => lineOf('Mutation', field)?.switchesCaller === true,
  }
}

/** What rules threw, until the fallback reports it: graphql-shield itself turns a throw into a bare `false`. */
const thrown = new WeakMap<GraphQLResolveInfo, unknown>()

/**
 * A condition of the door: it returns the reason to refuse, or null. Names are unique in a door, graphql-shield sees to
 * that. Never cached: its caches hand one answer to other arguments and other fields.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a service reads more from its context than the engine
export function askRule<Context extends GuardContext>(
  name: string,
  refusal: (
    context: Context,
    args: Readonly<Record<string, unknown>>,
  ) => DomainError | null | Promise<DomainError | null>,
): ShieldRule {
  return rule(name, { cache: 'no_cache' })(async (_parent, args, context: Context, info) => {
    try {
      return (await refusal(context, args)) ?? true
    } catch (cause) {
      thrown.set(info, cause)
      return false
    }
  })
}

/** Anybody may ask. The field stays unwrapped. */
export const open: ShieldRule = allow

export const signedIn = askRule('signedIn', ({ caller }) =>
  caller.kind === 'anonymous' ? new Unauthenticated() : null,
)

export const personOnly = askRule('personOnly', ({ caller }) => {
  if (caller.kind === 'anonymous') return new Unauthenticated()
  return caller.kind === 'person' ? null : new Forbidden()
})

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
      if (thrown.has(info)) onGuardError(`${info.parentType.name}.${info.fieldName}`, thrown.get(info))
      return new Forbidden()
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
