import { Forbidden, Unauthenticated } from './errors.js'
import type { Assurance, Subject } from './subject.js'

/** Something that belongs to a user; for a user itself, its own id. */
export interface Owned {
  readonly userId: string
}

/** What a set of roles or scopes allows, as the policy compiled it. */
export interface Holdings {
  /** Held without condition. */
  holds(permission: string): boolean
  /** Held for what the caller owns. */
  holdsOwn(permission: string): boolean
  /** Every permission held, `@own` forms with their suffix; sorted. */
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
  /** The owner: a machine owns what its owner owns, as far as its scopes reach. */
  readonly userId: string
  readonly holdings: Holdings
}

/** Who makes the request. */
export type Caller = Anonymous | Person | Machine

export const anonymous: Anonymous = {
  kind: 'anonymous',
  can: () => false,
  require() {
    throw new Unauthenticated()
  },
}

export function personOf(facts: Omit<Person, 'kind' | 'userId' | keyof Authority>): Person {
  return { kind: 'person', userId: facts.user.id, ...facts, ...authorityOf(facts.user.id, facts.holdings) }
}

export function machineOf(facts: Omit<Machine, 'kind' | keyof Authority>): Machine {
  return { kind: 'machine', ...facts, ...authorityOf(facts.userId, facts.holdings) }
}

/** The caller as a person. @throws Unauthenticated for the anonymous caller, Forbidden for a machine */
export function requirePerson(caller: Caller): Person {
  if (caller.kind === 'person') return caller
  throw caller.kind === 'anonymous' ? new Unauthenticated() : new Forbidden()
}

function authorityOf(userId: string, holdings: Holdings): Authority {
  const can = (permission: string, object?: Owned): boolean =>
    holdings.holds(permission) ||
    (object !== undefined && isOwner(userId, object.userId) && holdings.holdsOwn(permission))
  return {
    can,
    require(permission, object) {
      if (!can(permission, object)) throw new Forbidden()
    },
  }
}

/** Both sides must be non-empty strings: two missing ids are not the same owner. */
export function isOwner(userId: unknown, ownerId: unknown): boolean {
  return typeof userId === 'string' && userId !== '' && userId === ownerId
}
