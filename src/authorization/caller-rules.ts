import { isOwner, type Caller } from '../kernel/caller.js'
import { Forbidden, StepUpRequired, Unauthenticated } from '../kernel/errors.js'
import type { Assurance } from '../kernel/subject.js'

export type CallerKind = 'ANY' | 'PERSON' | 'MACHINE'

export type Refusal = Unauthenticated | Forbidden | StepUpRequired

/** What a caller must be, whatever the object; the answer holds for the whole request. */
export interface Needs {
  readonly kind: CallerKind
  /** Each held without condition. */
  readonly permissions: readonly string[]
  /** Each held at least for what the caller owns: without that no object can pass the ownerships. */
  readonly reach: readonly string[]
  readonly assurance: Assurance | null
}

/** What the object must be to the caller. */
export interface Ownership {
  /** The property of the resolved object that holds the owner's user id. */
  readonly field: string
  /** Held without condition it replaces ownership; null: persons only, by ownership only. */
  readonly or: string | null
}

/** Why this caller is refused whatever the object, or null. In the order 401, kind, permission, step-up. */
export function refusalOf(caller: Caller, needs: Needs): Refusal | null {
  if (caller.kind === 'anonymous') return new Unauthenticated()
  if (needs.kind !== 'ANY' && needs.kind !== caller.kind.toUpperCase()) return new Forbidden()
  if (!needs.permissions.every((permission) => caller.holdings.holds(permission))) return new Forbidden()
  if (!needs.reach.every((permission) => reaches(caller, permission))) return new Forbidden()
  return needs.assurance === null ? null : assuranceRefusal(caller, needs.assurance)
}

/** Does the caller pass this ownership whatever the object? */
export function reachesAll(caller: Caller, { or }: Ownership): boolean {
  return or !== null && caller.kind !== 'anonymous' && caller.holdings.holds(or)
}

/** Does the caller own the object, and does owning it count? Runs for every object: no allocation, no promise. */
export function reachesOwn(caller: Caller, object: unknown, { field, or }: Ownership): boolean {
  if (caller.kind === 'anonymous' || !isOwner(caller.userId, ownerOf(object, field))) return false
  return or === null ? caller.kind === 'person' : caller.holdings.holdsOwn(or)
}

function reaches({ holdings }: Exclude<Caller, { kind: 'anonymous' }>, permission: string): boolean {
  return holdings.holds(permission) || holdings.holdsOwn(permission)
}

function assuranceRefusal(caller: Caller, needed: Assurance): Refusal | null {
  // A machine cannot step up, so asking it to would be a riddle.
  if (caller.kind !== 'person') return new Forbidden()
  // 'aal1' < 'aal2': the levels sort as strings.
  return caller.assurance >= needed ? null : new StepUpRequired({ assurance: needed.toUpperCase() })
}

function ownerOf(object: unknown, field: string): unknown {
  return isRecord(object) ? object[field] : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
