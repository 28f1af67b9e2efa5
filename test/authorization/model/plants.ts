import { Kind } from 'graphql'
import type { Caller } from '../../../src/kernel/caller.js'
import { contextOf } from '../scenario.js'
import type { Steps } from './compiled.js'
import type { features } from './features.js'
import {
  holding,
  reading,
  remembering,
  withLooseOwners,
  withOneOpening,
  withOpenTypesOpened,
  withoutConditions,
  withoutInheritance,
  withoutRulesOf,
  withTypeRulesAsDefaults,
} from './planting.js'

/** A mistake that an engine could make. */
export interface Plant {
  readonly name: string
  readonly steps: Partial<Steps>
  /** What the engine must have before it can be wrong about it. */
  readonly needs?: keyof typeof features
}

/** What the mistakes below are made with, and no mistake: these must not be found out. */
export const controls: readonly Plant[] = [
  { name: 'read from the text again', steps: reading((sdl) => sdl) },
  {
    name: 'asked once for each field of each object',
    steps: { schema: remembering(({ type, field, object }) => `${type}.${field} ${numberOf(object)}`) },
  },
  { name: 'made from a copy of the data and the policy', steps: { world: (world) => structuredClone(world) } },
  { name: 'given to a copy of the caller', steps: { caller: (caller) => holding(caller, () => ({})) } },
]

export const plants: readonly Plant[] = [
  { name: 'one guarded field keeps the resolver it had', steps: { schema: withOneOpening } },
  { name: 'a verdict is remembered by the name of the field', steps: { schema: remembering(({ field }) => field) } },
  {
    name: 'a decision on one object is remembered for the field of all',
    steps: { schema: remembering(({ type, field }) => `${type}.${field}`) },
  },
  {
    name: 'a decision is remembered beyond its request',
    steps: { schema: remembering(({ type, field, caller }) => `${nameOf(caller)} ${type}.${field}`, true) },
  },
  { name: 'the rules of interfaces are not expanded', steps: reading(withoutRulesOf(Kind.INTERFACE_TYPE_DEFINITION)) },
  { name: 'the rules of unions are not expanded', steps: reading(withoutRulesOf(Kind.UNION_TYPE_DEFINITION)) },
  { name: 'the rule of a field replaces the rule of its type', steps: reading(withTypeRulesAsDefaults) },
  { name: 'an open type opens its guarded fields', steps: reading(withOpenTypesOpened) },
  {
    name: 'the kind of caller is not asked',
    steps: reading((sdl) => sdl.replaceAll(/as: (PERSON|MACHINE)/g, 'as: ANY')),
  },
  {
    name: 'ownership is enough, without the permission',
    steps: reading((sdl) => sdl.replaceAll(/, or: "[^"]*"|or: "[^"]*"/g, '').replaceAll('@owner()', '@owner')),
  },
  {
    name: 'what an argument names is not asked',
    steps: reading((sdl) => sdl.replaceAll(/@owner\(entity[^)]*\)/g, '@auth')),
  },
  {
    name: 'what is held for own things counts as held',
    steps: {
      caller: (caller) =>
        holding(caller, (holdings) => ({ holds: (name) => holdings.holds(name) || holdings.holdsOwn(name) })),
    },
  },
  {
    name: 'a machine holds what its owner holds',
    steps: {
      caller: (caller, policy) =>
        caller.kind === 'machine' ? holding(caller, () => policy.holdingsOf(caller.owner)) : caller,
    },
  },
  {
    name: 'every proof is a strong one',
    steps: { caller: (caller) => (caller.kind === 'person' ? { ...caller, assurance: 'aal2' } : caller) },
  },
  { name: 'owners are compared loosely', steps: { world: withLooseOwners } },
  { name: 'the conditions on attributes are not read', steps: { world: withoutConditions } },
  { name: 'roles do not inherit', steps: { world: withoutInheritance } },
  {
    name: 'the caller is not taken anew in a mutation',
    steps: { context: (caller) => ({ ...contextOf(caller), renewCaller: () => undefined }) },
  },
  {
    name: 'a missing property meets a condition',
    needs: 'where',
    steps: {
      caller: (caller) =>
        holding(caller, (holdings) => ({
          meets: (permission, object) =>
            holdings.meets(permission, object) ||
            holdings
              .conditionsOf(permission)
              .some((condition) => Object.keys(condition).every((property) => !Object.hasOwn(object, property))),
        })),
    },
  },
  {
    name: 'the age of a proof is told by a clock that stands still',
    needs: 'stepUp',
    steps: { world: (world) => ({ ...world, now: new Date(0) }) },
  },
  {
    name: 'the strongest proof enrolled is not asked for',
    needs: 'stepUp',
    steps: {
      caller: (caller) =>
        caller.kind === 'person' ? { ...caller, user: { ...caller.user, enrolledAssurance: 'aal1' } } : caller,
    },
  },
]

function nameOf(caller: Caller): string {
  return caller.kind === 'anonymous' ? 'anonymous' : `${caller.kind} ${caller.userId}`
}

const numbers = new WeakMap<object, number>()
let last = 0

function numberOf(object: unknown): number {
  const key = object as object
  const number = numbers.get(key) ?? ++last
  numbers.set(key, number)
  return number
}
