import {
  buildSchema,
  defaultFieldResolver,
  execute,
  getNamedType,
  getOperationAST,
  GraphQLObjectType,
  OperationTypeNode,
  Kind,
  parse,
  validate,
  type ExecutionResult,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql'
import {
  authorizeSchema,
  defineDoor,
  defineEntities,
  definePolicy,
  open,
  type Authorization,
  type Door,
  type DoorLine,
  type EntitySource,
  type Policy,
} from '../../../src/authorization/index.js'
import { anonymous, machineOf, personOf, type Caller } from '../../../src/kernel/caller.js'
import type { Assurance } from '../../../src/kernel/subject.js'
import { contextOf, directives, refusals, subjectOf } from '../scenario.js'
import type { Answer, CallerFacts, Request, Thing, World } from './world.js'

/** The engine, asked about a world. */
export interface Compiled {
  ask(request: Request): Promise<Answer>
}

export type Authorized = Pick<Authorization<object>, 'policy' | 'door' | 'clock' | 'entities'>

/** Where a bug can be planted: each step from the world to the answer. */
export interface Steps {
  readonly world: (world: World) => World
  readonly authorize: (bare: GraphQLSchema, authorization: Required<Authorized>) => GraphQLSchema
  readonly schema: (authorized: GraphQLSchema, bare: GraphQLSchema) => GraphQLSchema
  readonly caller: (caller: Caller, policy: Policy) => Caller
  readonly context: typeof contextOf
}

/** @throws PolicyInvalid where the engine refuses to serve this world */
export function compiled(original: World, planted: Partial<Steps> = {}): Compiled {
  const world = planted.world?.(original) ?? original
  const { policy: definition, data, now } = world
  const policy = definePolicy(definition)
  const bare = bareSchema(world)
  const clock = { now: () => now, monotonicMs: () => now.getTime() }
  const authorization = { policy, door: doorOf(bare, world), clock, entities: entitiesOf(world) }
  const authorized = (planted.authorize ?? authorizeSchema)(bare, authorization)
  const schema = planted.schema?.(authorized, bare) ?? authorized
  const callerFrom = (facts: CallerFacts): Caller => {
    const caller = callerOf(facts, policy)
    return planted.caller?.(caller, policy) ?? caller
  }

  return {
    async ask({ source, variables = {}, callers }) {
      const document = parsed(source, schema)
      const rest = callers.map(callerFrom)
      const context = (planted.context ?? contextOf)(callerFrom(callers[0]), () => rest.shift() ?? context.caller)
      const isMutation = getOperationAST(document)?.operation === OperationTypeNode.MUTATION
      const rootValue = isMutation ? data.Mutation : data.Query
      const result = execute({ schema, document, rootValue, contextValue: context, variableValues: variables })
      return answerFrom(await result)
    },
  }
}

/** Without any guard; most fields have no resolver of their own, as in a real service. */
export function bareSchema({ sdl, data }: World): GraphQLSchema {
  const schema = buildSchema(directives + sdl)
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(type instanceof GraphQLObjectType)) continue
    for (const field of Object.values(type.getFields())) {
      const entities = data.entities?.[getNamedType(field.type).name] ?? {}
      const [argument] = field.args
      if (argument?.name === 'at') field.resolve = itemAt
      if (argument?.name === 'id') field.resolve = (_root, { id }: { id?: string | null }) => entities[id ?? ''] ?? null
      if (argument?.name === 'ids') {
        field.resolve = (_root, { ids }: { ids?: readonly string[] | null }) => ids?.map((id) => entities[id] ?? null)
      }
    }
  }
  return schema
}

const itemAt: GraphQLFieldResolver<unknown, unknown, { at: number }> = (object, args, context, info) => {
  const list = defaultFieldResolver(object, args, context, info) as readonly unknown[]
  return list[args.at] ?? null
}

function entitiesOf({ data }: World): NonNullable<Authorized['entities']> {
  const sources = Object.entries(data.entities ?? {}).map(([name, known]) => [
    name,
    { loadMany: async (ids: readonly string[]) => ids.map((id) => known[id] ?? null) },
  ])
  return defineEntities<Record<string, EntitySource<object>>>(Object.fromEntries(sources))
}

/** Open, so that the guards decide; each line names the permission that stands at its field. */
function doorOf(schema: GraphQLSchema, { scopes = {} }: World): Door {
  const linesOf = (type: 'Query' | 'Mutation'): Record<string, DoorLine> => {
    const fields = (type === 'Query' ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {}
    return Object.fromEntries(
      Object.values(fields).map((field) => {
        const permission = writtenAt(field, 'permission') ?? writtenAt(field, 'or')
        const scope =
          scopes[`${type}.${field.name}`] ?? (writtenAt(field, 'entity') === undefined ? 'public' : 'entity')
        return [field.name, { ask: open, scope, ...(permission !== undefined && { permission }) }]
      }),
    )
  }
  return defineDoor({ Query: linesOf('Query'), Mutation: linesOf('Mutation') })
}

function writtenAt({ astNode }: GraphQLField<unknown, unknown>, argument: string): string | undefined {
  const written = astNode?.directives?.flatMap((directive) => directive.arguments ?? []) ?? []
  const value = written.find(({ name }) => name.value === argument)?.value
  return value?.kind === Kind.STRING ? value.value : undefined
}

const levels = { AAL1: 'aal1', AAL2: 'aal2' } as const satisfies Record<string, Assurance>

function callerOf(facts: CallerFacts, policy: Policy): Caller {
  if (facts.kind === 'anonymous') return anonymous
  const { userId, roles, attributes } = facts
  if (facts.kind === 'machine') {
    const owner = subjectOf(userId, roles, { attributes })
    const holdings = policy.holdingsOfMachine(facts.scopes, owner)
    return machineOf({ machineId: 'key_1', owner, scopes: facts.scopes, holdings })
  }
  const user = subjectOf(userId, roles, { attributes, enrolledAssurance: levels[facts.enrolled] })
  const holdings = policy.holdingsOf(user)
  const assurance = levels[facts.assurance]
  return personOf({ user, sessionId: 'ses_1', holdings, assurance, authenticatedAt: facts.authenticatedAt })
}

const documents = new Map<string, ReturnType<typeof parse>>()

/** Each source is parsed once, and is valid: what never runs would agree with everything. */
function parsed(source: string, schema: GraphQLSchema) {
  const found = documents.get(source)
  if (found !== undefined) return found
  const document = parse(source)
  const [error] = validate(schema, document)
  if (error !== undefined) throw new Error(`${error.message} in ${source}`)
  if (documents.size > 1_000) documents.clear()
  documents.set(source, document)
  return document
}

function answerFrom(result: ExecutionResult): Answer {
  const found = Object.entries(refusals(result)).map(
    ([path, code]) => [path, code.startsWith('Cannot return null for non-nullable') ? 'NULL' : code] as const,
  )
  return { data: plain(result.data), refusals: found.toSorted(([a], [b]) => (a < b ? -1 : 1)) }
}

/** Without the null prototypes of graphql-js. */
function plain(data: unknown): Thing | null {
  return JSON.parse(JSON.stringify(data ?? null)) as Thing | null
}
