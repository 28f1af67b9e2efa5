import type { Value } from '../kernel/caller.js'
import type { Fault } from './faults.js'
import { riskFaults, type RiskDefinition } from './risk-definition.js'

/** A policy as it is written, in code or in a JSON or YAML file. */
export interface PolicyDefinition {
  /** Every `resource:action` there is; each slice declares its own. What is not here exists nowhere. */
  readonly permissions: readonly string[]
  /** Those of other subgraphs that share this policy: roles and scopes may name them, this schema may not. */
  readonly elsewhere?: readonly string[]
  /** What is known about people, for `when` and `where`. */
  readonly attributes?: Readonly<Record<string, AttributeType>>
  /**
   * For each resource, the properties of its objects that `where` may ask for; dots lead into them. The objects of a
   * resource are those of the type of that name: `audit-event` is `AuditEvent`.
   */
  readonly properties?: Readonly<Record<string, Readonly<Record<string, AttributeType>>>>
  readonly roles: Readonly<Record<string, RoleDefinition>>
  /** By permission: what it takes besides holding it. */
  readonly stepUp?: Readonly<Record<string, StepUpDefinition>>
  /** Who must have a second factor. */
  readonly secondFactor?: SecondFactorDefinition
  /** What is made of a sign-in that may be somebody else's. */
  readonly risk?: RiskDefinition
}

export type AttributeType = 'string' | 'number' | 'boolean' | 'strings'

export interface RoleDefinition {
  readonly inherits?: readonly string[]
  readonly can: readonly (string | ConditionalGrant)[]
}

/** `session:read`, `session:read@own` (on what the caller owns), `session:*`, `session:*@own`; on conditions. */
export interface ConditionalGrant {
  readonly permission: string
  /** About the caller: each attribute equals the value, or one of the values. */
  readonly when?: Readonly<Record<string, Value | readonly Value[]>>
  /** About the object: each property equals the value, one of the values, or an attribute of the caller. */
  readonly where?: Readonly<Record<string, Value | readonly Value[] | AttributeReference>>
}

export interface AttributeReference {
  readonly attribute: string
}

export interface StepUpDefinition {
  /** `HIGHEST_ENROLLED` (unless it says `AAL2`): the strongest proof that the person has. */
  readonly assurance?: 'HIGHEST_ENROLLED' | 'AAL2'
  /** Since the proof: `90s`, `5m`, `1h`. Without it, however long ago. */
  readonly maxAge?: string
}

export interface SecondFactorDefinition {
  /** Whoever meets one of these. */
  readonly required: readonly SecondFactorDemand[]
  /**
   * What somebody who is overdue may still do, as a role would say it (`session:revoke@own`): what it takes to get a
   * factor, and to leave.
   */
  readonly meanwhile?: readonly string[]
}

/** What is left out does not matter: without both it is everybody. */
export interface SecondFactorDemand {
  /** Any of them, or of those that inherit from them. */
  readonly roles?: readonly string[]
  /** As `when` of a grant. */
  readonly attributes?: Readonly<Record<string, Value | readonly Value[]>>
  /** How long somebody may go on without: `12h`, `7d`. Left out, not at all. */
  readonly grace?: string
}

const word = '[a-z][a-z0-9-]*'
const permissionShape = new RegExp(`^${word}:${word}$`)
const roleShape = new RegExp(`^${word}$`)
const entryShape = new RegExp(`^(${word}):(${word}|\\*)(@own)?$`)
const attributeShape = /^[a-z][A-Za-z0-9]{0,63}$/
const propertyShape = /^[a-zA-Z][A-Za-z0-9]*(\.[a-zA-Z][A-Za-z0-9]*)*$/
const attributeTypes: readonly AttributeType[] = ['string', 'number', 'boolean', 'strings']
const durationShape = /^(\d{1,6})(s|m|h|d)$/
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The permissions that an entry of a role or a scope names, or null for what is none. */
export function permissionsNamed(
  entry: string,
  known: readonly string[],
): { readonly permissions: readonly string[]; readonly own: boolean } | null {
  const [, resource, action, suffix] = entryShape.exec(entry) ?? []
  if (resource === undefined) return null
  const permissions = known.filter((permission) =>
    action === '*' ? permission.startsWith(`${resource}:`) : permission === `${resource}:${action}`,
  )
  return { permissions, own: suffix !== undefined }
}

/** Null for what is no duration. */
export function durationMs(text: string): number | null {
  const [, count, unit = ''] = durationShape.exec(text) ?? []
  return count === undefined ? null : Number(count) * (unitMs[unit] ?? 0)
}

/** All that is wrong with the definition but the entries and the lineage of its roles. */
export function definitionFaults(definition: PolicyDefinition): Fault[] {
  return [
    ...unknownKeys(definition),
    ...badNames(definition),
    ...Object.entries(definition.attributes ?? {}).flatMap(([name, type]) => attributeFault(name, type)),
    ...Object.entries(definition.properties ?? {}).flatMap(([resource, types]) => propertyFaults(resource, types)),
    ...Object.entries(definition.stepUp ?? {}).flatMap(([permission, need]) =>
      stepUpFaults(permission, need, definition),
    ),
    ...riskFaults(definition.risk),
  ]
}

function attributeFault(name: string, type: string): Fault[] {
  if (attributeShape.test(name) && attributeTypes.some((known) => known === type)) return []
  const remedy = `Use a camelCase name and one of the types ${attributeTypes.join(', ')}`
  return [{ place: `attribute ${name}`, problem: 'is not an attribute', remedy }]
}

function propertyFaults(resource: string, types: Readonly<Record<string, string>>): Fault[] {
  return Object.entries(types)
    .filter(([name, type]) => !propertyShape.test(name) || !attributeTypes.some((known) => known === type))
    .map(([name]) => ({
      place: `property ${resource} ${name}`,
      problem: 'is not a property',
      remedy: `Use names like \`team\` or \`place.city\` and one of the types ${attributeTypes.join(', ')}`,
    }))
}

function stepUpFaults(
  permission: string,
  need: StepUpDefinition,
  { permissions, elsewhere = [] }: PolicyDefinition,
): Fault[] {
  const place = `stepUp ${permission}`
  const faults: Fault[] = []
  if (![...permissions, ...elsewhere].includes(permission)) {
    faults.push({ place, problem: 'names an unknown permission', remedy: 'Declare it, or correct the name' })
  }
  if (need.assurance !== undefined && !['HIGHEST_ENROLLED', 'AAL2'].includes(need.assurance)) {
    faults.push({ place, problem: 'asks for an unknown assurance', remedy: 'Say HIGHEST_ENROLLED or AAL2' })
  }
  if (need.maxAge !== undefined && !durationMs(need.maxAge)) {
    faults.push({ place, problem: 'has a maxAge that is no duration', remedy: 'Write 90s, 5m or 1h' })
  }
  return faults
}

function badNames({ permissions, elsewhere = [], roles }: PolicyDefinition): Fault[] {
  const faults: Fault[] = []
  for (const permission of [...permissions, ...elsewhere]) {
    if (permissionShape.test(permission)) continue
    const remedy = 'Write resource:action in lower case, words joined by hyphens'
    faults.push({ place: 'permissions', problem: `"${permission}" is not a permission`, remedy })
  }
  for (const name of Object.keys(roles)) {
    if (roleShape.test(name)) continue
    faults.push({ place: `role ${name}`, problem: 'is not a role name', remedy: 'Use lower case, digits and hyphens' })
  }
  return faults
}

/** A key the engine does not know would look enforced and would not be. */
function unknownKeys(definition: PolicyDefinition): Fault[] {
  const faults: Fault[] = []
  const refuse = (place: string, object: object, known: readonly string[]): void => {
    for (const key of Object.keys(object)) {
      if (known.includes(key)) continue
      faults.push({ place, problem: `"${key}" means nothing here`, remedy: `Known are: ${known.join(', ')}` })
    }
  }
  refuse('policy', definition, [
    'permissions',
    'elsewhere',
    'attributes',
    'properties',
    'roles',
    'stepUp',
    'secondFactor',
    'risk',
  ])
  for (const [name, role] of Object.entries(definition.roles)) {
    refuse(`role ${name}`, role, ['inherits', 'can'])
    for (const entry of role.can) {
      if (typeof entry !== 'string') refuse(`role ${name}`, entry, ['permission', 'when', 'where'])
    }
  }
  refuse('risk', definition.risk ?? {}, ['notify', 'secondFactor', 'refuse'])
  for (const [permission, need] of Object.entries(definition.stepUp ?? {})) {
    refuse(`stepUp ${permission}`, need, ['assurance', 'maxAge'])
  }
  const { secondFactor } = definition
  if (secondFactor !== undefined) refuse('secondFactor', secondFactor, ['required', 'meanwhile'])
  for (const demand of secondFactor?.required ?? []) {
    refuse('secondFactor', demand, ['roles', 'attributes', 'grace'])
  }
  return faults
}
