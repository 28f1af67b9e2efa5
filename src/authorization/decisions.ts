import type { Caller } from '../kernel/caller.js'
import { systemClock, type Clock } from '../kernel/clock.js'
import { InvalidInput, type DomainError } from '../kernel/errors.js'
import { doorLineOf, type Access } from './access.js'
import { refusalOf, type Guard } from './caller-rules.js'
import { withoutOwn } from './own-suffix.js'
import { doorRefusal, type DoorLine } from './door.js'
import { entityRefusal } from './entity-guard.js'
import type { Entities } from './entity-loader.js'

/** Why not; `null` when it is allowed. */
export type DenialReason = 'step-up' | 'not-owner' | 'missing-permission'

export interface Decision {
  readonly allowed: boolean
  readonly reason: DenialReason | null
}

/** One root field and what asks for its permission. */
interface Operation {
  readonly guard: Guard
  readonly line: DoorLine
}

/**
 * Answers beforehand what an operation would answer: allowed, if and only if authorization would not refuse the
 * operations whose line in the door names the permission. With an id: those that act on what the id names; without:
 * those that name nothing, where what one does to oneself and what one makes is one's own.
 */
export interface Decisions<Context> {
  /** @throws InvalidInput for a permission that the policy does not know; Unavailable */
  can(permission: string, id: string | null, request: Request<Context>): Promise<Decision>
}

interface Request<Context> {
  readonly caller: Caller
  readonly context: Context
}

const allowed: Decision = { allowed: true, reason: null }
const denied = (reason: DenialReason): Decision => ({ allowed: false, reason })

export function createDecisions<Context extends object>(
  access: Access & { readonly entities: Entities<Context> },
  clock: Pick<Clock, 'now'> = systemClock,
): Decisions<Context> {
  const operations = operationsByPermission(access)
  const known = new Set([...access.policy.permissions, ...(access.policy.definition.elsewhere ?? [])])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as in authorizeSchema: contexts only pass through
  const entities = access.entities as Entities<never> as Entities<object>

  /** Nothing else is asked of an operation than what the operation would ask itself. */
  async function decide({ guard, line }: Operation, id: string | null, { caller, context }: Request<Context>) {
    const refusal = doorRefusal(line, caller) ?? refusalOf(caller, guard, clock.now())
    if (refusal !== null || id === null) return refusal
    return entityRefusal({ ownerships: guard.entities, entities }, { caller, context, idsAt: () => [id] })
  }

  return {
    async can(permission, id, request) {
      if (!known.has(permission)) throw new InvalidInput({ permission: 'There is no such permission.' })
      const { caller } = request
      const all = operations.get(permission) ?? []
      const acting = all.filter(({ guard }) => guard.entities.length > 0)
      const entity = id === null ? null : access.entities.entityOf(id)
      const asked =
        id === null
          ? all.filter((operation) => !acting.includes(operation))
          : acting.filter(({ guard }) => guard.entities.some((each) => each.entity === entity))
      // What names nothing that any of them acts on is like what is absent: only who may have everybody's passes.
      const fallback = id !== null && acting.length > 0 ? acting : all
      for (const operation of asked.length > 0 ? asked : fallback) {
        const refusal = await decide(operation, asked.length > 0 ? id : null, request)
        if (refusal !== null) return denied(reasonOf(refusal))
      }
      if (asked.length > 0 || caller.can(permission)) return allowed
      // Not everything, or it would have been allowed: something of it, perhaps.
      return denied(caller.reach(permission).length > 0 ? 'not-owner' : 'missing-permission')
    },
  }
}

function reasonOf(refusal: DomainError): DenialReason {
  if (refusal.kind === 'step-up') return 'step-up'
  if (refusal.kind === 'not-found') return 'not-owner'
  // No verdict was reached: that is no denial, and says so itself.
  if (refusal.kind === 'unavailable') throw refusal
  return 'missing-permission'
}

function operationsByPermission(access: Access): ReadonlyMap<string, readonly Operation[]> {
  const byPermission = new Map<string, Operation[]>()
  for (const [coordinate, guard] of access.rules) {
    const line = doorLineOf(coordinate, access)
    if (guard === 'public' || line?.permission === undefined) continue
    const permission = withoutOwn(line.permission)
    byPermission.set(permission, [...(byPermission.get(permission) ?? []), { guard, line }])
  }
  return byPermission
}
