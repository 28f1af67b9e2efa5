import type { Scope } from '../../../src/authorization/index.js'
import type { PolicyDefinition } from '../../../src/authorization/policy-definition.js'

/** All that a decision may depend on, as text and plain data, so that two readers can decide it independently. */
export interface World {
  /** Without the declarations of the directives, which both readers know. */
  readonly sdl: string
  readonly policy: PolicyDefinition
  readonly data: Data
  readonly now: Date
  /** Of root fields (`Query.all`): what their line in the door says beside being open. */
  readonly scopes?: Readonly<Record<string, Scope>>
}

export type Thing = { readonly [property: string]: unknown }

/**
 * The values of the root fields; below them objects hold the values of their fields, and `__typename`. A field with the
 * argument `at` holds a list and answers with one of its items; one with `id` or `ids` answers with entities of its type.
 */
export interface Data {
  readonly Query: Thing
  readonly Mutation: Thing
  /** What the arguments of root fields with an `@owner(entity:)` name: by entity, then by id. */
  readonly entities?: Readonly<Record<string, Readonly<Record<string, Thing>>>>
}

export type CallerFacts = AnonymousFacts | PersonFacts | MachineFacts

export interface AnonymousFacts {
  readonly kind: 'anonymous'
}

export interface PersonFacts {
  readonly kind: 'person'
  readonly userId: string
  readonly roles: readonly string[]
  readonly attributes: Thing
  readonly assurance: 'AAL1' | 'AAL2'
  /** The strongest proof this person has. */
  readonly enrolled: 'AAL1' | 'AAL2'
  readonly authenticatedAt: Date
}

export interface MachineFacts {
  readonly kind: 'machine'
  /** Of its owner, like the roles and attributes. */
  readonly userId: string
  readonly roles: readonly string[]
  readonly attributes: Thing
  readonly scopes: readonly string[]
}

export interface Request {
  readonly source: string
  readonly variables?: Thing
  /**
   * Who makes it. Where there are several: who the caller turns out to be at the first, second… root field of a
   * mutation, which is when the caller is taken anew; the last one stays.
   */
  readonly callers: readonly [CallerFacts, ...CallerFacts[]]
}

export interface Answer {
  readonly data: unknown
  /** Sorted: path and code of everything that was refused; `NULL` where a non-null field had nothing to answer. */
  readonly refusals: readonly (readonly [path: string, code: string])[]
}
