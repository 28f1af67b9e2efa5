import { isOwner, type Caller, type Holdings, type KnownCaller } from '../kernel/caller.js'
import { Forbidden, Unauthenticated, type StepUpRequired } from '../kernel/errors.js'
import { proofRefusal } from '../kernel/step-up.js'
import type { Assurance } from '../kernel/subject.js'
import { withoutOwn } from './own-suffix.js'

export type CallerKind = 'ANY' | 'PERSON' | 'MACHINE'

export type Refusal = Unauthenticated | Forbidden | StepUpRequired

/** What it takes to be given a field: everything that type, field, interfaces and unions ask for. */
export interface Guard {
  readonly kind: CallerKind
  /** Each held without condition. */
  readonly permissions: readonly string[]
  /** Each held at least for what the caller owns: what is done to oneself has the caller as its owner. */
  readonly reach: readonly string[]
  /**
   * Of lists that find nothing but what these reach: each held without condition or under one of the policy, with the
   * suffix `@own` also for what the caller owns.
   */
  readonly within: readonly string[]
  readonly assurance: Assurance | null
  /** Of the object that is being resolved. */
  readonly ownerships: readonly Ownership[]
  /** Of what the arguments name. */
  readonly entities: readonly EntityOwnership[]
}

export interface Ownership {
  /** The property of the object that holds the owner's user id. */
  readonly field: string
  /** Held without condition it replaces ownership; null: persons only, by ownership only. */
  readonly or: string | null
  /** Whether the object is of the resource of `or`, so that its conditions are about objects like this one. */
  readonly conditional: boolean
}

export interface EntityOwnership extends Ownership {
  readonly entity: string
  /** Where the argument is that names it. */
  readonly path: readonly string[]
}

/** What an object must still show, for one caller whom nothing else refused. */
export interface Check {
  /** Passes by naming the caller here; null: ownership does not help. */
  readonly property: string | null
  /** Passes by meeting a condition under which this is held; null: there is none. */
  readonly permission: string | null
}

/** Why this caller is refused whatever the object, or null. In the order 401, kind, permission, step-up. */
export function refusalOf(caller: Caller, guard: Guard, now: Date): Refusal | null {
  if (caller.kind === 'anonymous') return new Unauthenticated()
  if (guard.kind !== 'ANY' && guard.kind !== caller.kind.toUpperCase()) return new Forbidden()
  const holdings = holdingsThatMayAsk(caller, guard)
  if (holdings === null) return new Forbidden()
  if (guard.assurance !== null && caller.kind === 'machine') return new Forbidden()
  for (const permission of permissionsOf(guard)) {
    const need = holdings.needOf(permission)
    const refusal = need === null ? null : proofRefusal(caller, need, now)
    if (refusal !== null) return refusal
  }
  return guard.assurance === null ? null : proofRefusal(caller, { assurance: guard.assurance, maxAgeMs: null }, now)
}

/** What only the missing second factor keeps closed is not denied: the need for it is what refuses. */
function holdingsThatMayAsk(caller: KnownCaller, guard: Guard): Holdings | null {
  if (mayAsk(caller, guard)) return caller.holdings
  const { proven } = caller.holdings
  return proven !== undefined && mayAsk({ ...caller, holdings: proven }, guard) ? proven : null
}

function mayAsk(caller: KnownCaller, { permissions, reach, within, ownerships, entities }: Guard): boolean {
  const { holdings } = caller
  return (
    permissions.every((permission) => holdings.holds(permission)) &&
    reach.every((permission) => holdings.holds(permission) || holdings.holdsOwn(permission)) &&
    within.every((written) => reachesSome(caller, written)) &&
    [...ownerships, ...entities].every((ownership) => mayPass(caller, ownership))
  )
}

/** Collected once: it is asked for in every request, and is 1.5 % of a small one when made anew. */
const permissionsByGuard = new WeakMap<Guard, readonly string[]>()

/** Every permission that a guard asks for, in whatever form. */
export function permissionsOf(guard: Guard): readonly string[] {
  const known = permissionsByGuard.get(guard)
  if (known !== undefined) return known
  const { permissions, reach, within, ownerships, entities } = guard
  const alternatives = [...ownerships, ...entities].flatMap(({ or }) => or ?? [])
  const found = [...new Set([...permissions, ...reach, ...within.map(withoutOwn), ...alternatives])]
  permissionsByGuard.set(guard, found)
  return found
}

function reachesSome({ holdings }: KnownCaller, written: string): boolean {
  const permission = withoutOwn(written)
  return (
    holdings.holds(permission) ||
    holdings.conditionsOf(permission).length > 0 ||
    (permission !== written && holdings.holdsOwn(permission))
  )
}

/** Null when the caller passes whatever the object is. */
export function checkFor(caller: Caller, { field, or, conditional }: Ownership): Check | null {
  if (caller.kind === 'anonymous') return { property: null, permission: null }
  if (or === null) return { property: caller.kind === 'person' ? field : null, permission: null }
  const { holdings } = caller
  if (holdings.holds(or)) return null
  return {
    property: holdings.holdsOwn(or) ? field : null,
    permission: conditional && holdings.conditionsOf(or).length > 0 ? or : null,
  }
}

/** What an object must show, for each ownership that is not passed whatever the object is. */
export function checksFor(caller: Caller, ownerships: readonly Ownership[]): readonly Check[] {
  return ownerships.map((ownership) => checkFor(caller, ownership)).filter((check) => check !== null)
}

/** Does the object pass? Runs for every guarded field of every object: no allocation, no promise. */
export function passes(caller: Caller, object: unknown, { property, permission }: Check): boolean {
  if (caller.kind === 'anonymous' || !isRecord(object)) return false
  if (property !== null && isOwner(caller.userId, object[property])) return true
  return permission !== null && caller.holdings.meets(permission, object)
}

/** Could any object pass, or is it no use to look at one? */
function mayPass(caller: KnownCaller, ownership: Ownership): boolean {
  const check = checkFor(caller, ownership)
  return check === null || check.property !== null || check.permission !== null
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
