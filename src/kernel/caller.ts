import { Forbidden, Unauthenticated } from './errors.js'
import type { StepUpNeed } from './step-up.js'
import type { Assurance, Subject } from './subject.js'

/** Something that belongs to a user; for a user itself, its own id. Conditions of the policy may read more of it. */
export interface Owned {
  readonly userId: string
}

export type Value = string | number | boolean

/** What an object must have: each property equals the value, or one of the values. Dots lead into it. */
export type Condition = Readonly<Record<string, Value | readonly Value[]>>

/** Which objects a permission reaches: all, or those that meet one of the conditions; where there is none, none. */
export type Reach = 'all' | readonly Condition[]

/** What a set of roles or scopes allows, as the policy compiled it. */
export interface Holdings {
  /** Held without condition. */
  holds(permission: string): boolean
  /** Held for what the caller owns. */
  holdsOwn(permission: string): boolean
  /** Held for objects that meet one of these; ownership is not among them. */
  conditionsOf(permission: string): readonly Condition[]
  /** Does the object meet one of them? A property that it does not have meets nothing. */
  meets(permission: string, object: object): boolean
  /** How freshly and strongly a person must have proven who it is. */
  needOf(permission: string): StepUpNeed | null
  /** Of somebody who is overdue with a second factor: what would be held with one. */
  readonly proven?: Holdings
  /** Every permission held, those for one's own with `@own`, those under a condition with `@where`; sorted. */
  readonly permissions: readonly string[]
}

interface Authority {
  /**
   * May this caller do that, to that? Without an object only what is held unconditionally counts: "may read his own"
   * is no answer to "may read".
   */
  can(permission: string, object?: Owned): boolean
  /** @throws Unauthenticated for the anonymous caller, Forbidden for any other that may not */
  require(permission: string, object?: Owned): void
  /** For lists, which find only what may be seen. */
  reach(permission: string): Reach
}

export interface Anonymous extends Authority {
  readonly kind: 'anonymous'
}

export interface Person extends Authority {
  readonly kind: 'person'
  readonly userId: string
  readonly sessionId: string
  readonly user: Subject
  readonly holdings: Holdings
  /** Of the presented token, not of the session: a step-up raises one token only. */
  readonly assurance: Assurance
  readonly authenticatedAt: Date
}

export interface Machine extends Authority {
  readonly kind: 'machine'
  readonly machineId: string
  /** The owner's: a machine owns what its owner owns, as far as its scopes reach. */
  readonly userId: string
  readonly owner: Subject
  readonly scopes: readonly string[]
  /** Of the scopes and of what the owner may do now, what both allow. */
  readonly holdings: Holdings
}

/** A caller who is somebody. */
export type KnownCaller = Person | Machine

/** Who makes the request. */
export type Caller = Anonymous | KnownCaller

export const anonymous: Anonymous = {
  kind: 'anonymous',
  can: () => false,
  require() {
    throw new Unauthenticated()
  },
  reach: () => [],
}

export function personOf(facts: Omit<Person, 'kind' | 'userId' | keyof Authority>): Person {
  return { kind: 'person', userId: facts.user.id, ...facts, ...authorityOf(facts.user.id, facts.holdings) }
}

export function machineOf(facts: Omit<Machine, 'kind' | 'userId' | keyof Authority>): Machine {
  return { kind: 'machine', userId: facts.owner.id, ...facts, ...authorityOf(facts.owner.id, facts.holdings) }
}

/** The user with whose authority a caller acts: the person, or the owner of the machine. */
export function userBehind(caller: KnownCaller): Subject {
  return caller.kind === 'person' ? caller.user : caller.owner
}

/** @throws Unauthenticated for the anonymous caller */
export function requireKnown(caller: Caller): asserts caller is KnownCaller {
  if (caller.kind === 'anonymous') throw new Unauthenticated()
}

/** Who an audit event says has done it. */
export function actorIdOf(caller: KnownCaller): string {
  return caller.kind === 'person' ? caller.userId : caller.machineId
}

/**
 * For services: may this caller do that to anything at all? What it asks for is looked at afterwards.
 * @throws Unauthenticated for the anonymous caller, Forbidden for one that holds nothing of the permission
 */
export function requireAny(caller: Caller, permission: string): asserts caller is KnownCaller {
  requireKnown(caller)
  const reach = caller.reach(permission)
  if (reach !== 'all' && reach.length === 0) throw new Forbidden()
}

/** The caller as a person. @throws Unauthenticated for the anonymous caller, Forbidden for a machine */
export function requirePerson(caller: Caller): Person {
  if (caller.kind === 'person') return caller
  throw caller.kind === 'anonymous' ? new Unauthenticated() : new Forbidden()
}

function authorityOf(userId: string, holdings: Holdings): Authority {
  const can = (permission: string, object?: Owned): boolean =>
    holdings.holds(permission) ||
    (object !== undefined &&
      ((isOwner(userId, object.userId) && holdings.holdsOwn(permission)) || holdings.meets(permission, object)))
  return {
    can,
    require(permission, object) {
      if (!can(permission, object)) throw new Forbidden()
    },
    reach(permission) {
      if (holdings.holds(permission)) return 'all'
      const conditions = holdings.conditionsOf(permission)
      return isPresent(userId) && holdings.holdsOwn(permission) ? [{ userId }, ...conditions] : conditions
    },
  }
}

/** Both sides must be non-empty strings: two missing ids are not the same owner. */
export function isOwner(userId: unknown, ownerId: unknown): boolean {
  return isPresent(userId) && userId === ownerId
}

/** Two missing ids are not the same id. */
export function isPresent(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
