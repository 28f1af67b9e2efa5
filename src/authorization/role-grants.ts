import type { Fault } from './faults.js'

export interface RoleDefinition {
  readonly inherits?: readonly string[]
  /** `session:read`, `session:read@own` (on what the caller owns), `session:*`, `session:*@own`. */
  readonly can: readonly string[]
}

export interface PolicyDefinition {
  /** Every `resource:action` there is; each slice declares its own. What is not here exists nowhere. */
  readonly permissions: readonly string[]
  readonly roles: Readonly<Record<string, RoleDefinition>>
}

/** One permission, for everything or (`own`) for what the caller owns. */
export interface Grant {
  readonly permission: string
  readonly own: boolean
}

const word = '[a-z][a-z0-9-]*'
const permissionShape = new RegExp(`^${word}:${word}$`)
const roleShape = new RegExp(`^${word}$`)
const entryShape = new RegExp(`^(${word}):(${word}|\\*)(@own)?$`)

type Roles = ReadonlyMap<string, RoleDefinition>

/** Each role with all it grants, its own and inherited; wildcards spelled out. What is wrong goes into `faults`. */
export function grantsOf(definition: PolicyDefinition, faults: Fault[]): ReadonlyMap<string, readonly Grant[]> {
  refuseUnknownKeys(definition, faults)
  refuseBadNames(definition, faults)
  const roles: Roles = new Map(Object.entries(definition.roles))
  const own = new Map([...roles].map(([name, role]) => [name, ownGrants(name, role, definition.permissions, faults)]))
  const grants = new Map<string, readonly Grant[]>()
  for (const name of roles.keys()) {
    grants.set(
      name,
      lineageOf(name, roles, faults).flatMap((ancestor) => own.get(ancestor) ?? []),
    )
  }
  return grants
}

function ownGrants(name: string, role: RoleDefinition, permissions: readonly string[], faults: Fault[]): Grant[] {
  return role.can.flatMap((entry) => {
    const [, resource, action, suffix] = entryShape.exec(entry) ?? []
    const matched = permissions.filter((permission) =>
      action === '*' ? permission.startsWith(`${resource}:`) : permission === `${resource}:${action}`,
    )
    if (resource === undefined) {
      const remedy = 'Write resource:action, resource:* or either with @own'
      faults.push({ place: `role ${name}`, problem: `"${entry}" is not a permission`, remedy })
    } else if (matched.length === 0) {
      const remedy = 'Declare it in the permissions of its slice, or correct the name'
      faults.push({ place: `role ${name}`, problem: `"${entry}" matches no declared permission`, remedy })
    }
    return matched.map((permission) => ({ permission, own: suffix !== undefined }))
  })
}

/** The role and all it inherits from, each once. A cycle is a fault of every role on it. */
function lineageOf(name: string, roles: Roles, faults: Fault[]): string[] {
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

function refuseBadNames(definition: PolicyDefinition, faults: Fault[]): void {
  for (const permission of definition.permissions) {
    if (permissionShape.test(permission)) continue
    const remedy = 'Write resource:action in lower case, words joined by hyphens'
    faults.push({ place: 'permissions', problem: `"${permission}" is not a permission`, remedy })
  }
  for (const name of Object.keys(definition.roles)) {
    if (roleShape.test(name)) continue
    faults.push({ place: `role ${name}`, problem: 'is not a role name', remedy: 'Use lower case, digits and hyphens' })
  }
}

/** A key the engine does not know would look enforced and would not be. */
function refuseUnknownKeys(definition: PolicyDefinition, faults: Fault[]): void {
  const refuse = (place: string, object: object, known: readonly string[]): void => {
    for (const key of Object.keys(object)) {
      if (known.includes(key)) continue
      faults.push({ place, problem: `"${key}" means nothing here`, remedy: `Known are: ${known.join(', ')}` })
    }
  }
  refuse('policy', definition, ['permissions', 'roles'])
  for (const [name, role] of Object.entries(definition.roles)) refuse(`role ${name}`, role, ['inherits', 'can'])
}
