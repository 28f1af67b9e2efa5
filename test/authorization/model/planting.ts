import { MapperKind, mapSchema } from '@graphql-tools/utils'
import {
  defaultFieldResolver,
  GraphQLObjectType,
  parse,
  print,
  visit,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type Kind,
} from 'graphql'
import { compileGuards } from '../../../src/authorization/compile.js'
import { readRules } from '../../../src/authorization/field-rules.js'
import type { GuardContext } from '../../../src/authorization/index.js'
import { machineOf, personOf, type Caller, type Holdings } from '../../../src/kernel/caller.js'
import { DomainError } from '../../../src/kernel/errors.js'
import { contextOf } from '../scenario.js'
import type { Steps } from './compiled.js'
import type { World } from './world.js'

type Resolver = GraphQLFieldResolver<unknown, GuardContext>

export function withOneOpening(authorized: GraphQLSchema, bare: GraphQLSchema): GraphQLSchema {
  let isOpened = false
  return mapSchema(authorized, {
    [MapperKind.OBJECT_FIELD]: (config, field, type) => {
      const original = originalOf(bare, type, field)
      if (
        isOpened ||
        type === 'Query' ||
        type === 'Mutation' ||
        (config.resolve ?? defaultFieldResolver) === original
      ) {
        return undefined
      }
      isOpened = true
      return { ...config, resolve: original }
    },
  })
}

interface Memory {
  readonly caller: Caller
  readonly refusals: Map<string, DomainError | null>
}

/**
 * Asks the guard once for each key: as long as request and caller stay the same, or for good. What is true for one key
 * is answered for all that have it.
 */
export function remembering(
  keyOf: (seen: { type: string; field: string; caller: Caller; object: unknown }) => string,
  isForever = false,
): Steps['schema'] {
  const memories = new WeakMap<object, Memory>()
  return (authorized, bare) => {
    const memoryOf = ({ caller, verdicts }: GuardContext): Memory => {
      const scope = isForever ? bare : verdicts
      const found = memories.get(scope)
      if (found !== undefined && (isForever || found.caller === caller)) return found
      const fresh: Memory = { caller, refusals: new Map() }
      memories.set(scope, fresh)
      return fresh
    }
    return mapSchema(authorized, {
      [MapperKind.OBJECT_FIELD]: (config, field, type) => {
        if (type === 'Query' || type === 'Mutation') return undefined
        const guarded: Resolver = config.resolve ?? defaultFieldResolver
        const original = originalOf(bare, type, field)
        const resolve: Resolver = (object, args, context, info) => {
          const { refusals } = memoryOf(context)
          const key = keyOf({ type, field, caller: context.caller, object })
          const refusal = refusals.get(key)
          if (refusal) throw refusal
          if (refusal === null) return original(object, args, context, info)
          try {
            const value: unknown = guarded(object, args, context, info)
            refusals.set(key, null)
            return value
          } catch (error) {
            if (error instanceof DomainError) refusals.set(key, error)
            throw error
          }
        }
        return { ...config, resolve }
      },
    })
  }
}

function originalOf(bare: GraphQLSchema, type: string, field: string): Resolver {
  const found = bare.getType(type)
  return (found instanceof GraphQLObjectType ? found.getFields()[field]?.resolve : undefined) ?? defaultFieldResolver
}

/** The engine reads another text than the naive reader, and what is left without a rule by that is open. */
export function reading(edit: (sdl: string) => string): Partial<Steps> {
  return {
    world: (world) => ({ ...world, sdl: edit(world.sdl) }),
    authorize: (bare, { policy, door, entities, clock }) => {
      const { rules } = readRules(bare, { policy, door, entities })
      const all = Object.values(bare.getTypeMap()).flatMap((type) =>
        type instanceof GraphQLObjectType ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
      )
      const guarded = compileGuards(bare, new Map(all.map((place) => [place, rules.get(place) ?? 'public'])), {
        entities,
        clock,
        onGuardError: () => undefined,
        shadow: null,
      })
      return mapSchema(guarded, {
        [MapperKind.MUTATION_ROOT_FIELD]: (config) => {
          const resolve: Resolver = config.resolve ?? defaultFieldResolver
          const renewing: Resolver = async (root, args, context, info) => {
            await context.renewCaller()
            return resolve(root, args, context, info)
          }
          return { ...config, resolve: renewing }
        },
      })
    },
  }
}

export function withoutRulesOf(
  kind: Kind.INTERFACE_TYPE_DEFINITION | Kind.UNION_TYPE_DEFINITION,
): (sdl: string) => string {
  const strip = <Node extends object>(node: Node): Node => ({ ...node, directives: [] })
  return edited((document) =>
    visit(document, {
      [kind]: { enter: (node: object) => visit(strip(node) as DocumentNode, { FieldDefinition: strip }) },
    }),
  )
}

export const withTypeRulesAsDefaults = edited((document) =>
  visit(document, {
    ObjectTypeDefinition: (node) => ({
      ...node,
      directives: [],
      fields: node.fields?.map((field) =>
        field.directives?.length ? field : { ...field, directives: node.directives ?? [] },
      ),
    }),
  }),
)

export const withOpenTypesOpened = edited((document) =>
  visit(document, {
    ObjectTypeDefinition: (node) =>
      node.directives?.some(({ name }) => name.value === 'public')
        ? { ...node, fields: node.fields?.map((field) => ({ ...field, directives: [] })) }
        : undefined,
  }),
)

function edited(edit: (document: DocumentNode) => DocumentNode): (sdl: string) => string {
  return (sdl) => print(edit(parse(sdl)))
}

export function holding(caller: Caller, change: (holdings: Holdings) => Partial<Holdings>): Caller {
  if (caller.kind === 'anonymous') return caller
  const holdings = { ...caller.holdings, ...change(caller.holdings) }
  return caller.kind === 'person' ? personOf({ ...caller, holdings }) : machineOf({ ...caller, holdings })
}

/** `==` would find that `['usr_ada']` is `'usr_ada'`. */
export function withLooseOwners(world: World): World {
  const data = structuredClone(world.data)
  const objects = new Set<unknown>([data.Query, data.Mutation, data.entities])
  for (const object of objects) {
    for (const [property, value] of Object.entries(object as object)) {
      for (const each of [value].flat(3)) if (typeof each === 'object' && each !== null) objects.add(each)
      const isOwner = property === 'userId' || property === 'ownerId'
      if (isOwner && Array.isArray(value)) Object.assign(object as object, { [property]: String(value) })
    }
  }
  return { ...world, data }
}

export function withoutConditions({ policy, ...world }: World): World {
  const roles = Object.entries(policy.roles).map(([name, role]) => {
    const can = role.can.map((entry) => {
      if (typeof entry === 'string') return entry
      const { when: _unread, ...rest } = entry
      return rest
    })
    return [name, { ...role, can }] as const
  })
  return { ...world, policy: { ...policy, roles: Object.fromEntries(roles) } }
}

export function withoutInheritance({ policy, ...world }: World): World {
  const roles = Object.entries(policy.roles).map(([name, { can }]) => [name, { can }] as const)
  return { ...world, policy: { ...policy, roles: Object.fromEntries(roles) } }
}

export const withLastingVerdicts: Steps['context'] = (caller, callerNow) => {
  const context = contextOf(caller, callerNow)
  context.become = (next) => {
    context.caller = next
  }
  return context
}
