import type { Caller } from '../kernel/caller.js'
import { InvalidInput, NotFound, type DomainError } from '../kernel/errors.js'
import { checkFor, passes, type Check, type EntityOwnership } from './caller-rules.js'
import { mostIds } from './entity-arguments.js'
import type { Entities } from './entity-loader.js'
import { withinLimit } from './time-limit.js'

export interface EntityGuard {
  readonly ownerships: readonly EntityOwnership[]
  readonly entities: Entities<object>
}

/** Who names what. */
export interface Naming {
  readonly caller: Caller
  readonly context: object
  /** The ids at a path of the arguments; null where one is missing. */
  readonly idsAt: (path: readonly string[]) => readonly string[] | null
}

/**
 * Loads what the arguments name, before the resolver runs, and decides on it. Absent, foreign and `null` are one
 * answer; of several ids all must pass. Where the caller may have everybody's, nothing is loaded: the service finds out
 * what there is. Null, without a promise, when there is nothing to wait for.
 */
export function entityRefusal(
  { ownerships, entities }: EntityGuard,
  { caller, context, idsAt }: Naming,
): DomainError | null | Promise<DomainError | null> {
  const toLoad: { entity: string; ids: readonly string[]; check: Check }[] = []
  for (const ownership of ownerships) {
    const check = checkFor(caller, ownership)
    if (check === null) continue
    const { entity, path } = ownership
    const ids = idsAt(path)
    if (ids === null) return new NotFound()
    if (ids.length > mostIds) return new InvalidInput({ [path.join('.')]: `At most ${mostIds} at once.` })
    const unknown = ids.filter((id) => !isOwnedByItsId(entity, id, check))
    if (unknown.length > 0) toLoad.push({ entity, ids: unknown, check })
  }
  if (toLoad.length === 0) return null
  return withinLimit(allPass())

  /** An owner who is told by the id needs no reading; one who is somebody else may still meet a condition. */
  function isOwnedByItsId(entity: string, id: string, { property }: Check): boolean {
    const owner = property === null ? null : entities.ownerOf(entity, id)
    return owner !== null && caller.kind !== 'anonymous' && owner === caller.userId
  }

  async function allPass(): Promise<DomainError | null> {
    for (const { entity, ids, check } of toLoad) {
      const objects = await Promise.all(ids.map((id) => loadUnlessForeign(entity, id, check)))
      if (!objects.every((object) => passes(caller, object, check))) return new NotFound()
    }
    return null
  }

  async function loadUnlessForeign(entity: string, id: string, { permission }: Check): Promise<object | null> {
    const isForeign = permission === null && entities.ownerOf(entity, id) !== null
    return isForeign ? null : entities.load(entity, id, context)
  }
}
