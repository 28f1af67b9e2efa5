import { getNamedType, isInputObjectType, isScalarType, type GraphQLField, type GraphQLInputType } from 'graphql'
import type { Entities } from './entity-loader.js'

/** At most so many of one argument: a guard must not become the way to read a whole collection. */
export const mostIds = 1_000

interface Asked {
  readonly isRoot: boolean
  readonly field: GraphQLField<unknown, unknown>
  readonly entities: Pick<Entities<never>, 'names'>
}

/** What is wrong with `@owner(entity:, arg:)`. */
export function entityFaults(
  { name, arg }: { readonly name: string; readonly arg: string },
  { isRoot, field, entities }: Asked,
  complain: (problem: string, remedy: string) => void,
): void {
  if (!isRoot) complain('names an entity outside the root types', 'Drop `entity`: here the object itself is asked')
  if (!entities.names.has(name)) {
    complain(`names the unknown entity "${name}"`, 'Say in `entities` how it is loaded, or correct the name')
  }
  const [first = '', ...rest] = arg.split('.')
  let type: GraphQLInputType | undefined = field.args.find((each) => each.name === first)?.type
  for (const step of rest) {
    const named = type && getNamedType(type)
    type = isInputObjectType(named) ? named.getFields()[step]?.type : undefined
  }
  const named = type && getNamedType(type)
  // Other scalars may turn what was sent into something that is no id.
  if (isScalarType(named) && ['ID', 'String'].includes(named.name)) return
  complain(`has no argument "${arg}" that names an id`, 'Give the path of an ID, a String, or a list of them')
}

/** The ids at a path of the arguments; null where one is missing. An empty list names nothing. */
export function idsAt(args: unknown, path: readonly string[]): readonly string[] | null {
  const [step, ...rest] = path
  if (Array.isArray(args)) {
    const parts = args.map((each) => idsAt(each, path))
    return parts.length === 0 || parts.includes(null) ? null : parts.flatMap((ids) => ids ?? [])
  }
  if (step === undefined) return typeof args === 'string' && args !== '' ? [args] : null
  if (typeof args !== 'object' || args === null || !Object.hasOwn(args, step)) return null
  return idsAt(Object.entries(args).find(([name]) => name === step)?.[1], rest)
}
