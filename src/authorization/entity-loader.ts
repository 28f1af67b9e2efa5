import DataLoader from 'dataloader'

/** How the engine gets at an object that an argument names, before a resolver does anything to it. */
export interface EntitySource<Context, Entity extends object = object> {
  /** In the order of the ids; null for what there is not. Asked once for all that is wanted at the same moment. */
  readonly loadMany: (ids: readonly string[], context: Context) => Promise<readonly (Entity | null)[]>
  /** Whether it can be an id at all; what cannot be is not looked for. */
  readonly isId?: (id: string) => boolean
  /** For entities whose id tells their owner: ownership is then decided without loading anything. */
  readonly ownerOf?: (id: string) => string
}

type EntityOf<Source> = Source extends EntitySource<never, infer Entity> ? Entity : never

/** What all of the sources together need to know of a request. */
type ContextOf<Sources> = {
  [Name in keyof Sources]: Sources[Name] extends EntitySource<infer Context> ? (context: Context) => void : never
}[keyof Sources] extends (context: infer Context) => void
  ? Context & object
  : object

/**
 * What `@owner(entity:)` may name. Guard and resolver share what is loaded: `load` in a resolver is no second read.
 * Nothing is remembered beyond the request, nor beyond a root field of a mutation, after which all is forgotten.
 */
export interface Entities<Context, Sources extends object = Record<string, EntitySource<Context>>> {
  readonly names: ReadonlySet<string>
  load<Name extends keyof Sources & string>(
    name: Name,
    id: string,
    context: Context,
  ): Promise<EntityOf<Sources[Name]> | null>
  /** The owner that the id itself tells; null where the object must be asked, and for what is no id. */
  ownerOf(name: string, id: string): string | null
  /** The entity that an id is one of, as far as `isId` tells. */
  entityOf(id: string): string | null
  forget(context: Context): void
}

/** More than a page of a gateway, less than what would hold up the database for others. */
const largestBatch = 1_000

export function defineEntities<Sources extends Record<string, EntitySource<never>>>(
  sources: Sources,
): Entities<ContextOf<Sources>, Sources> {
  type Context = ContextOf<Sources>
  const byContext = new WeakMap<Context, Map<string, DataLoader<string, object | null>>>()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- that is what ContextOf says of them
  const known = new Map(Object.entries(sources) as [string, EntitySource<Context>][])

  function sourceOf(name: string): EntitySource<Context> {
    const source = known.get(name)
    if (source === undefined) throw new Error(`There is no entity ${name}`)
    return source
  }

  function loaderOf(name: string, context: Context): DataLoader<string, object | null> {
    const loaders = byContext.get(context) ?? new Map<string, DataLoader<string, object | null>>()
    byContext.set(context, loaders)
    const source = sourceOf(name)
    const loader =
      loaders.get(name) ?? new DataLoader((ids) => source.loadMany(ids, context), { maxBatchSize: largestBatch, name })
    loaders.set(name, loader)
    return loader
  }

  return {
    names: new Set(known.keys()),
    async load(name, id, context) {
      if (sourceOf(name).isId?.(id) === false) return null
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it came from the source of that name
      return (await loaderOf(name, context).load(id)) as EntityOf<Sources[typeof name]> | null
    },
    ownerOf(name, id) {
      const source = sourceOf(name)
      return source.isId?.(id) === false ? null : (source.ownerOf?.(id) ?? null)
    },
    entityOf: (id) => [...known].find(([, { isId }]) => isId?.(id) === true)?.[0] ?? null,
    forget: (context) => void byContext.delete(context),
  }
}
