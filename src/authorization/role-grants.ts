import type { Value } from '../kernel/caller.js'
import type { Fault } from './faults.js'
import {
  permissionsNamed,
  type AttributeReference,
  type AttributeType,
  type ConditionalGrant,
  type PolicyDefinition,
  type RoleDefinition,
} from './policy-definition.js'

/** One permission: for everything, for what the caller owns, or on conditions. */
export interface Grant {
  readonly permission: string
  readonly own: boolean
  /** Of the caller. */
  readonly when: Readonly<Record<string, Value | readonly Value[]>>
  /** Of the object; empty: of any object. */
  readonly where: Readonly<Record<string, Value | readonly Value[] | AttributeReference>>
}

type Roles = ReadonlyMap<string, RoleDefinition>

/** Each role with all it grants, its own and inherited; wildcards spelled out. What is wrong goes into `faults`. */
export function grantsOf(definition: PolicyDefinition, faults: Fault[]): ReadonlyMap<string, readonly Grant[]> {
  const roles: Roles = new Map(Object.entries(definition.roles))
  const own = new Map([...roles].map(([name, role]) => [name, ownGrants(name, role, definition, faults)]))
  const grants = new Map<string, readonly Grant[]>()
  for (const name of roles.keys()) {
    grants.set(
      name,
      lineageOf(name, roles, faults).flatMap((ancestor) => own.get(ancestor) ?? []),
    )
  }
  return grants
}

function ownGrants(name: string, role: RoleDefinition, definition: PolicyDefinition, faults: Fault[]): Grant[] {
  const known = [...definition.permissions, ...(definition.elsewhere ?? [])]
  const place = `role ${name}`
  return role.can.flatMap((entry) => {
    const conditional: ConditionalGrant = typeof entry === 'string' ? { permission: entry } : entry
    const { permission: text, when = {}, where = {} } = conditional
    const named = permissionsNamed(text, known)
    if (named === null) {
      const remedy = 'Write resource:action, resource:* or either with @own'
      faults.push({ place, problem: `"${text}" is not a permission`, remedy })
      return []
    }
    const { permissions, own } = named
    if (permissions.length === 0) {
      const remedy = 'Declare it in the permissions of its slice, or correct the name'
      faults.push({ place, problem: `"${text}" matches no declared permission`, remedy })
    }
    faults.push(...conditionFaults(place, conditional, own, definition))
    return permissions.map((permission) => ({ permission, own, when, where }))
  })
}

function conditionFaults(
  place: string,
  entry: ConditionalGrant,
  own: boolean,
  { attributes = {}, properties = {} }: PolicyDefinition,
): Fault[] {
  const { permission, when = {}, where = {} } = entry
  const faults: Fault[] = []
  const complain = (problem: string, remedy: string): void => void faults.push({ place, problem, remedy })

  faults.push(...attributeFaults(place, when, attributes))
  if (own && Object.keys(where).length > 0) {
    complain(`"${permission}" has a \`where\` beside @own`, 'Ownership is the whole condition: keep one of the two')
  }
  const known = properties[permission.split(':')[0] ?? ''] ?? {}
  for (const [property, value] of Object.entries(where)) {
    const type = typeIn(known, property)
    const reference = isReference(value) ? value.attribute : null
    const given = reference === null ? undefined : typeIn(attributes, reference)
    if (type === undefined) {
      complain(`asks for the unknown property "${property}"`, 'Declare it in `properties` of the resource')
    } else if (reference !== null && given === undefined) {
      complain(`asks for the unknown attribute "${reference}"`, 'Declare it in `attributes`')
    } else if (reference === null && !isComparable(value)) {
      complain(`"${property}" is compared with nothing`, comparableRemedy)
    } else if (given === undefined ? !fits(value, type) : scalarOf(given) !== scalarOf(type)) {
      // In the database it might be turned into what it is compared with, and then match what it does not match here.
      complain(`compares the property "${property}" with what it can never be`, `It is declared as ${type}`)
    }
  }
  for (const [name, conditions] of Object.entries({ when: entry.when, where: entry.where })) {
    if (conditions !== undefined && Object.keys(conditions).length === 0) {
      complain(`"${permission}" has an empty \`${name}\``, 'Leave it out: without a condition it holds always')
    }
  }
  return faults
}

/** Of conditions about the attributes of a person. */
export function attributeFaults(place: string, when: Grant['when'], attributes: Types): Fault[] {
  const faults: Fault[] = []
  const complain = (problem: string, remedy: string): void => void faults.push({ place, problem, remedy })
  for (const [attribute, value] of Object.entries(when)) {
    const type = typeIn(attributes, attribute)
    if (type === undefined) complain(`asks for the unknown attribute "${attribute}"`, 'Declare it in `attributes`')
    else if (!isComparable(value)) complain(`"${attribute}" is compared with nothing`, comparableRemedy)
    else if (!fits(value, type)) {
      complain(`compares the attribute "${attribute}" with what it can never be`, `It is declared as ${type}`)
    }
  }
  return faults
}

type Types = Readonly<Record<string, AttributeType>>

function typeIn(types: Types, name: string): AttributeType | undefined {
  return Object.hasOwn(types, name) ? types[name] : undefined
}

/** What one value of it is. */
function scalarOf(type: AttributeType): Exclude<AttributeType, 'strings'> {
  return type === 'strings' ? 'string' : type
}

function fits(value: unknown, type: AttributeType): boolean {
  return valuesOf(value).every((each) => typeof each === scalarOf(type))
}

const comparableRemedy = 'Give a non-empty string, a number, true or false, or a list of them'

/** Of a person: each attribute is there and equals the value, or one of the values; a list does with any of its members. */
export function meetsAttributes(attributes: Readonly<Record<string, unknown>>, when: Grant['when']): boolean {
  return Object.entries(when).every(([name, expected]) => {
    const actual = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    return isComparable(actual) && valuesOf(actual).some((value) => valuesOf(expected).includes(value))
  })
}

/** Is it what the policy declares an attribute to be? */
export function isOfType(value: unknown, type: AttributeType | undefined): boolean {
  return type === 'strings'
    ? Array.isArray(value) && value.every((each) => typeof each === 'string')
    : typeof value === type
}

/** What an object may be asked to equal. Nothing that a missing property could equal, too. */
export function isComparable(value: unknown): value is Value | readonly Value[] {
  const values = valuesOf(value)
  return values.length > 0 && values.every(isValue)
}

export function isReference(value: unknown): value is AttributeReference {
  return typeof value === 'object' && value !== null && 'attribute' in value && typeof value.attribute === 'string'
}

export function valuesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function isValue(value: unknown): value is Value {
  if (typeof value === 'string') return value !== ''
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}

/** The role and all it inherits from, each once. A cycle is a fault of every role on it. */
export function lineageOf(name: string, roles: Roles, faults: Fault[] = []): string[] {
  const lineage = new Set([name])
  for (const member of lineage) {
    for (const parent of roles.get(member)?.inherits ?? []) {
      if (parent === name) {
        faults.push({ place: `role ${name}`, problem: 'inherits from itself', remedy: `Break the cycle at ${member}` })
      } else if (!roles.has(parent)) {
        // Reported at the role that says so, not at each of its heirs.
        const fault = { place: `role ${name}`, problem: `inherits "${parent}", which is no role`, remedy: 'Define it' }
        if (member === name) faults.push(fault)
      } else lineage.add(parent)
    }
  }
  return [...lineage]
}
