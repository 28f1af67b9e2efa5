import { isOwner, type Caller } from '../kernel/caller.js'
import { Forbidden, StepUpRequired, Unauthenticated } from '../kernel/errors.js'
import type { Assurance } from '../kernel/subject.js'

export type CallerKind = 'ANY' | 'PERSON' | 'MACHINE'

export type Refusal = Unauthenticated | Forbidden | StepUpRequired

/** What it takes to be given a field: everything that type, field, interfaces and unions ask for. */
export interface Guard {
  readonly kind: CallerKind
  /** Each held without condition. */
  readonly permissions: readonly string[]
  /** Each held at least for what the caller owns: what is done to oneself has the caller as its owner. */
  readonly reach: readonly string[]
  readonly assurance: Assurance | null
  readonly ownerships: readonly Ownership[]
}

export interface Ownership {
  /** The property of the resolved object that holds the owner's user id. */
  readonly field: string
  /** Held without condition it replaces ownership; null: persons only, by ownership only. */
  readonly or: string | null
}

type Known = Exclude<Caller, { kind: 'anonymous' }>

/** Why this caller is refused whatever the object, or null. In the order 401, kind, permission, step-up. */
export function refusalOf(caller: Caller, guard: Guard): Refusal | null {
  if (caller.kind === 'anonymous') return new Unauthenticated()
  if (guard.kind !== 'ANY' && guard.kind !== caller.kind.toUpperCase()) return new Forbidden()
  if (!guard.permissions.every((permission) => caller.holdings.holds(permission))) return new Forbidden()
  if (!guard.reach.every((permission) => reaches(caller, permission))) return new Forbidden()
  if (!guard.ownerships.every((ownership) => mayOwn(caller, ownership))) return new Forbidden()
  return guard.assurance === null ? null : assuranceRefusal(caller, guard.assurance)
}

/** The properties that must still name the caller, for one whom `refusalOf` let through. */
export function propertiesToMatch(caller: Caller, ownerships: readonly Ownership[]): readonly string[] {
  return ownerships.filter(({ or }) => or === null || !caller.can(or)).map(({ field }) => field)
}

/** Does the object belong to the caller? Runs for every guarded field of every object: no allocation, no promise. */
export function owns(caller: Caller, object: unknown, property: string): boolean {
  return caller.kind !== 'anonymous' && isRecord(object) && isOwner(caller.userId, object[property])
}

/** Could any object pass, or is it no use to look at one? */
function mayOwn(caller: Known, { or }: Ownership): boolean {
  return or === null ? caller.kind === 'person' : reaches(caller, or)
}

function reaches({ holdings }: Known, permission: string): boolean {
  return holdings.holds(permission) || holdings.holdsOwn(permission)
}

function assuranceRefusal(caller: Known, needed: Assurance): Refusal | null {
  // A machine cannot step up, so asking it to would be a riddle.
  if (caller.kind !== 'person') return new Forbidden()
  // 'aal1' < 'aal2': the levels sort as strings.
  return caller.assurance >= needed ? null : new StepUpRequired({ assurance: needed.toUpperCase() })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
