import { isUnionType, type GraphQLSchema } from 'graphql'
import { InvalidInput } from '../kernel/errors.js'

/** One `_entities` call of a gateway asks for a page of objects, not for the database. */
const mostRepresentations = 1_000

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
  field.resolve = (root, args: { representations: readonly unknown[] }, context, info) => {
    const fault = representationFault(args.representations, names)
    if (fault !== null) throw new InvalidInput({ representations: fault })
    return resolve(root, args, context, info)
  }
  return schema
}

function representationFault(representations: readonly unknown[], names: ReadonlySet<string>): string | null {
  if (representations.length > mostRepresentations) return `At most ${mostRepresentations} representations at once.`
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
