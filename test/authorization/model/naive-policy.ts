import type { Value } from '../../../src/kernel/caller.js'
import type {
  ConditionalGrant,
  PolicyDefinition,
  StepUpDefinition,
} from '../../../src/authorization/policy-definition.js'
import type { CallerFacts, MachineFacts, PersonFacts, Thing } from './world.js'

// What a caller holds, read from the text of the policy at every question. See authorization.md §1.

/** One way to hold a permission: for everything, for what one owns, or for objects whose properties are among these. */
type Held = { readonly reach: 'everything' } | { readonly reach: 'own' } | WhereHeld
interface WhereHeld {
  readonly reach: 'where'
  readonly among: Readonly<Record<string, readonly Value[]>>
}

type Known = PersonFacts | MachineFacts

/** Without condition: nothing that depends on the object counts. */
export function holds(caller: CallerFacts, permission: string, policy: PolicyDefinition): boolean {
  return waysToHold(caller, permission, policy).some(({ reach }) => reach === 'everything')
}

/** For what the caller owns. */
export function holdsOwn(caller: CallerFacts, permission: string, policy: PolicyDefinition): boolean {
  return waysToHold(caller, permission, policy).some(({ reach }) => reach === 'own')
}

/** For objects that meet a condition, if there are any. */
export function holdsOnConditions(caller: CallerFacts, permission: string, policy: PolicyDefinition): boolean {
  return waysToHold(caller, permission, policy).some(({ reach }) => reach === 'where')
}

/** In any way at all, so that there may be an object that it reaches. */
export function holdsSomehow(caller: CallerFacts, permission: string, policy: PolicyDefinition): boolean {
  return waysToHold(caller, permission, policy).length > 0
}

/** For this object, by its properties. One that it does not have meets nothing. */
export function meets(caller: CallerFacts, permission: string, object: unknown, policy: PolicyDefinition): boolean {
  return waysToHold(caller, permission, policy).some(
    (held) =>
      held.reach === 'where' &&
      Object.entries(held.among).every(([path, values]) => values.some((value) => value === propertyAt(object, path))),
  )
}

/** Both sides must be non-empty strings: two missing ids are not the same owner. */
export function isOwner(caller: CallerFacts, ownerId: unknown): boolean {
  return caller.kind !== 'anonymous' && isId(caller.userId) && isId(ownerId) && caller.userId === ownerId
}

/** Is the proof strong enough (AAL1 < AAL2)? Machines prove nothing. */
export function isProven(caller: CallerFacts, needed: 'AAL1' | 'AAL2'): boolean {
  return caller.kind === 'person' && (caller.assurance === 'AAL2' || needed === 'AAL1')
}

/** Is it strong and fresh enough for this permission, by the `stepUp` of the policy? */
export function isProvenFor(caller: CallerFacts, permission: string, policy: PolicyDefinition, now: Date): boolean {
  const need = policy.stepUp?.[permission]
  if (need === undefined) return true
  if (caller.kind !== 'person') return false
  const needed = need.assurance === 'AAL2' ? 'AAL2' : caller.enrolled
  return isProven(caller, needed) && now.getTime() - caller.authenticatedAt.getTime() <= maxAgeMs(need)
}

function maxAgeMs({ maxAge }: StepUpDefinition): number {
  if (maxAge === undefined) return Infinity
  const unit = { s: 1_000, m: 60_000, h: 3_600_000 }[maxAge.slice(-1)]
  return unit === undefined ? Number.NaN : Number(maxAge.slice(0, -1)) * unit
}

function waysToHold(caller: CallerFacts, permission: string, policy: PolicyDefinition): Held[] {
  if (caller.kind === 'anonymous') return []
  const byRoles = caller.roles.flatMap((role) => waysByRole(role, caller, permission, policy))
  if (caller.kind === 'person') return byRoles
  // A machine: of what its owner holds, what its scopes name.
  return caller.scopes.filter((scope) => names(scope, permission)).flatMap((scope) => narrowed(byRoles, scope))
}

/** A scope for one's own narrows what is held for everything; there is no own part of what is held on conditions. */
function narrowed(ways: readonly Held[], scope: string): Held[] {
  if (!scope.endsWith('@own')) return [...ways]
  return ways.filter(({ reach }) => reach !== 'where').map(() => ({ reach: 'own' }))
}

/** A role that the policy does not know grants nothing. */
function waysByRole(role: string, caller: Known, permission: string, policy: PolicyDefinition): Held[] {
  if (!Object.hasOwn(policy.roles, role)) return []
  const { can = [], inherits = [] } = policy.roles[role] ?? {}
  return [
    ...can.flatMap((entry) => wayByEntry(typeof entry === 'string' ? { permission: entry } : entry)),
    ...inherits.flatMap((parent) => waysByRole(parent, caller, permission, policy)),
  ]

  function wayByEntry({ permission: entry, when = {}, where = {} }: ConditionalGrant): Held[] {
    if (!names(entry, permission)) return []
    const isMet = Object.entries(when).every(([name, wanted]) =>
      attribute(caller, name, policy).some((value) => listed(wanted).includes(value)),
    )
    if (!isMet) return []
    if (entry.endsWith('@own')) return isId(caller.userId) ? [{ reach: 'own' }] : []
    if (Object.keys(where).length === 0) return [{ reach: 'everything' }]
    const among: Record<string, readonly Value[]> = {}
    for (const [path, wanted] of Object.entries(where)) {
      among[path] = isReference(wanted) ? attribute(caller, wanted.attribute, policy) : listed(wanted)
      // What the caller does not have, no object can equal; and then nothing is granted, whatever else would match.
      if (among[path].length === 0) return []
    }
    return [{ reach: 'where', among }]
  }
}

/** `session:read`, `session:*`, with or without `@own`. */
function names(entry: string, permission: string): boolean {
  const pattern = entry.endsWith('@own') ? entry.slice(0, -'@own'.length) : entry
  if (!pattern.endsWith(':*')) return pattern === permission
  return permission.startsWith(pattern.slice(0, -1))
}

/** The values of an attribute of the caller: none where it is missing, empty, undeclared or of another type. */
function attribute({ attributes }: Known, name: string, policy: PolicyDefinition): Value[] {
  const type = policy.attributes?.[name]
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined
  if (type === 'strings') return Array.isArray(value) && value.every(isId) ? value : []
  return typeof value === type && isValue(value) ? [value] : []
}

function propertyAt(object: unknown, path: string): unknown {
  let value = object
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Thing)[step]
  }
  return value
}

function listed(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? value : [value as Value]
}

function isReference(value: unknown): value is { readonly attribute: string } {
  return typeof value === 'object' && value !== null && 'attribute' in value
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isValue(value: unknown): value is Value {
  return isId(value) || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}
