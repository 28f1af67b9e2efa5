import { isUnionType, type GraphQLSchema } from 'graphql'
import { InvalidInput } from '../kernel/errors.js'

/** Of one request, all its aliases together: each is a read of its own, so a gateway may ask for a page and no more. */
const mostRepresentations = 100

/**
 * Refuses representations that are none before anything is resolved: the federation library answers them with an
 * internal error, and one per request would do to fill a log.
 */
export function refuseMalformedEntities(schema: GraphQLSchema): GraphQLSchema {
  const entity = schema.getType('_Entity')
  const field = schema.getQueryType()?.getFields()['_entities']
  const resolve = field?.resolve
  if (!isUnionType(entity) || field === undefined || resolve === undefined) return schema
  const names = new Set(entity.getTypes().map(({ name }) => name))
  const asked = new WeakMap<object, number>()
  field.resolve = (root, args: { representations: readonly unknown[] }, context: object, info) => {
    const count = (asked.get(context) ?? 0) + args.representations.length
    asked.set(context, count)
    const fault = representationFault(args.representations, count, names)
    if (fault !== null) throw new InvalidInput({ representations: fault })
    return resolve(root, args, context, info)
  }
  return schema
}

function representationFault(
  representations: readonly unknown[],
  count: number,
  names: ReadonlySet<string>,
): string | null {
  if (count > mostRepresentations) return `At most ${mostRepresentations} representations at once.`
  const areEntities = representations.every(
    (each) =>
      typeof each === 'object' &&
      each !== null &&
      '__typename' in each &&
      typeof each.__typename === 'string' &&
      names.has(each.__typename),
  )
  return areEntities ? null : 'Each representation must have the `__typename` of an entity.'
}
