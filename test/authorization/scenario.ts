import { readFileSync } from 'node:fs'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { graphql, isObjectType, Kind, type ExecutionResult, type GraphQLSchema } from 'graphql'
import {
  authorizeSchema,
  defineDoor,
  defineEntities,
  definePolicy,
  open,
  personOnly,
  PolicyInvalid,
  proveCoverage,
  signedIn,
  type Door,
  type DoorLine,
  type DoorLines,
  type GuardContext,
  type Policy,
  type PolicyDefinition,
} from '../../src/authorization/index.js'
import { anonymous, machineOf, personOf, type Caller, type Machine, type Person } from '../../src/kernel/caller.js'
import { DomainError } from '../../src/kernel/errors.js'
import type { Subject } from '../../src/kernel/subject.js'

export const directives = readFileSync(new URL('../../schema/directives.graphql', import.meta.url), 'utf8')

const definition = {
  permissions: ['user:read', 'user:manage', 'note:read', 'note:write', 'audit:read'],
  roles: {
    member: { can: ['note:read@own', 'note:write@own', 'user:read@own'] },
    support: { inherits: ['member'], can: ['note:read', 'user:read'] },
    admin: { inherits: ['support'], can: ['user:*', 'note:*', 'audit:read'] },
  },
} satisfies PolicyDefinition

export const policy = definePolicy(definition)

/** The same policy for a schema that asks for less: the rest is for others. */
export function policyFor(sdl: string, change: Partial<PolicyDefinition> = {}): Policy {
  const all = { ...definition, ...change }
  const isAsked = (permission: string): boolean => sdl.includes(`"${permission}`)
  return definePolicy({
    ...all,
    permissions: all.permissions.filter(isAsked),
    elsewhere: all.permissions.filter((permission) => !isAsked(permission)),
  })
}

export function subjectOf(userId: string, roles: readonly string[], change: Partial<Subject> = {}): Subject {
  return {
    id: userId,
    displayName: null,
    email: `${userId}@example.org`,
    emailVerified: true,
    roles,
    attributes: {},
    status: 'active',
    createdAt: new Date('2030-01-01T08:00:00Z'),
    securityVersion: 1,
    enrolledAssurance: 'aal1',
    enrolledFactors: change.enrolledAssurance === 'aal2' ? ['totp'] : [],
    ...change,
  }
}

export function person(userId: string, roles: readonly string[], assurance: Person['assurance'] = 'aal1'): Person {
  const at = new Date('2030-01-01T08:00:00Z')
  const user = subjectOf(userId, roles, { enrolledAssurance: assurance })
  const holdings = policy.holdingsOf(user)
  return personOf({ user, sessionId: `ses_of_${userId}`, holdings, assurance, authenticatedAt: at })
}

export function machine(ownerId: string, roles: readonly string[], scopes: readonly string[]): Machine {
  const owner = subjectOf(ownerId, roles)
  return machineOf({ machineId: 'key_1', owner, scopes, holdings: policy.holdingsOfMachine(scopes, owner) })
}

export const callers = {
  anonymous,
  owner: person('usr_ada', ['member']),
  other: person('usr_bob', ['member']),
  support: person('usr_sue', ['support']),
  machine: machine('usr_ada', ['member'], ['note:*', 'user:*']),
  unscoped: machine('usr_ada', ['member'], []),
} satisfies Record<string, Caller>

export interface Context extends GuardContext {
  renewals: number
  become(caller: Caller): void
}

/** One request. `callerNow` is what the caller turns out to be whenever it is taken anew. */
export function contextOf(caller: Caller, callerNow?: () => Caller): Context {
  return {
    caller,
    verdicts: new Map(),
    renewals: 0,
    renewCaller() {
      this.renewals++
      this.become(callerNow?.() ?? this.caller)
    },
    become(next) {
      this.caller = next
      this.verdicts.clear()
    },
  }
}

/** Everything the engine distrusts in one small service: the owner is Ada. */
export const notesSdl = /* GraphQL */ `
  interface Node {
    id: ID!
  }
  interface Secret @auth {
    id: ID!
    text: String
  }
  union Found = Note | User
  type User implements Node @owner(field: "id", or: "user:read") {
    id: ID! @public
    email: String
    notes: [Note]
  }
  type Note implements Node & Secret @owner(or: "note:read") {
    id: ID!
    text: String
    upper: String
    private: String @owner
    strong: String @auth(assurance: AAL2)
    author: User
  }
  type Written @public {
    note: Note
    at: String
  }
  type NoteConnection @public {
    nodes: [Note]
  }
  type Query {
    note: Note @public
    notes: [Note] @public
    node: Node @public
    secret: Secret @public
    found: [Found] @public
    me: User @auth(as: PERSON)
    audit: String @auth(permission: "audit:read")
    mine: String @auth(permission: "note:write@own")
    greeting(name: String): String @public
    conditional: String @public
    all: NoteConnection @public
  }
  type Mutation {
    write: Written @auth(as: PERSON, permission: "note:write")
    touch: Written @public
    nudge: String @public
    enter: Written @public
  }
`

const ada = { __typename: 'User', id: 'usr_ada', email: 'ada@example.org' }
export const note = {
  __typename: 'Note',
  id: 'note_1',
  userId: 'usr_ada',
  text: 'dear diary',
  private: 'secret',
  strong: 'strong',
  upper: () => 'DEAR DIARY',
  author: ada,
}

export const notesResolvers = {
  Query: {
    note: () => note,
    notes: () => [note, { ...note, id: 'note_2', userId: 'usr_bob', text: 'shopping list' }],
    node: () => note,
    secret: () => note,
    found: () => [note, ada],
    me: () => ada,
    audit: () => 'trail',
    mine: () => 'mine',
    greeting: (_root: unknown, { name }: { name?: string }) => `Hello ${name ?? 'stranger'}`,
    conditional: () => 'asked',
    all: () => ({ nodes: [note] }),
  },
  Mutation: {
    write: () => ({ note, at: 'now' }),
    touch: () => ({ note, at: 'now' }),
    nudge: () => 'nudged',
    enter: (_root: unknown, _args: unknown, context: Context) => {
      context.become(callers.owner)
      return { note, at: 'now' }
    },
  },
}

export const notesLines: DoorLines = {
  Query: {
    note: { ask: open },
    notes: { ask: open },
    node: { ask: open },
    secret: { ask: open },
    found: { ask: open },
    me: { ask: open, scope: 'self' },
    audit: { ask: open, scope: 'permission', permission: 'audit:read' },
    mine: { ask: open, scope: 'self', permission: 'note:write@own' },
    greeting: { ask: open, scope: 'public' },
    conditional: { ask: signedIn },
    all: { ask: open, scope: 'public' },
  },
  Mutation: {
    write: { ask: personOnly, scope: 'self', permission: 'note:write' },
    touch: { ask: open, scope: 'public' },
    nudge: { ask: personOnly, scope: 'public' },
    enter: { ask: open, scope: 'public', alone: true, ownProof: true, switchesCaller: true },
  },
}

/** As built, before anything guards it. */
export const bareNotes = makeExecutableSchema({ typeDefs: [directives, notesSdl], resolvers: notesResolvers })

export function notesSchema(onGuardError?: (coordinate: string, cause: unknown) => void): GraphQLSchema {
  return authorizeSchema(bareNotes, {
    policy: policyFor(notesSdl),
    door: defineDoor(notesLines),
    ...(onGuardError && { onGuardError }),
  })
}

/** A small schema of any shape, behind an open door. */
export function behindOpenDoor(sdl: string, resolvers: Record<string, object>): GraphQLSchema {
  const schema = makeExecutableSchema({ typeDefs: [directives, sdl], resolvers })
  return authorizeSchema(schema, { policy: policyFor(sdl), door: openDoor(schema) })
}

/** A line for each query, which names the permission that stands at the field. */
export function openDoor(schema: GraphQLSchema): Door {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {})
  const lineOf = (field: (typeof fields)[number]): DoorLine => {
    const written = field.astNode?.directives?.flatMap((directive) => directive.arguments ?? []) ?? []
    const permission = written.find(({ name }) => ['permission', 'or'].includes(name.value))?.value
    return { ask: open, ...(permission?.kind === Kind.STRING ? { permission: permission.value } : {}) }
  }
  return defineDoor({ Query: Object.fromEntries(fields.map((field) => [field.name, lineOf(field)])) })
}

export function ask(
  schema: GraphQLSchema,
  source: string,
  context: Context,
  variableValues: Record<string, unknown> = {},
): Promise<ExecutionResult> {
  return graphql({ schema, source, contextValue: context, variableValues })
}

/** The domain code behind each error, by the path it is reported at. */
export function refusals({ errors = [] }: ExecutionResult): Record<string, string> {
  return Object.fromEntries(
    errors.map(({ path, originalError, message }) => [
      path?.join('.') ?? '',
      originalError instanceof DomainError ? originalError.code : message,
    ]),
  )
}

/** Every fault of a small schema, `place: problem`. Each query field gets an open line unless `lines` says otherwise. */
export function faultsOf(sdl: string, lines?: DoorLines): string[] {
  const schema = makeExecutableSchema({ typeDefs: sdl, assumeValidSDL: true, assumeValid: true })
  const door = lines ? defineDoor(lines) : openDoor(schema)
  const faults = proveCoverage(schema, { policy: policyFor(sdl), door, entities: defineEntities({}) })
  return faults.map(({ place, problem }) => `${place}: ${problem}`)
}

/** The faults an action refuses with; fails when it does not refuse. */
export function faultsThrownBy(action: () => unknown): readonly string[] {
  try {
    action()
  } catch (error) {
    if (error instanceof PolicyInvalid) return error.faults.map(({ place, problem }) => `${place}: ${problem}`)
    throw error
  }
  throw new Error('was not refused')
}

export function resolverOf(schema: GraphQLSchema, type: string, field: string): unknown {
  const found = schema.getType(type)
  return isObjectType(found) ? found.getFields()[field]?.resolve : undefined
}

/** What the types forbid and a database may hold all the same. */
export function untyped(value: unknown) {
  return JSON.parse(JSON.stringify({ value })).value
}
