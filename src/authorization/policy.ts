import { createMongoAbility, type MongoAbility, type RawRuleOf } from '@casl/ability'
import type { Holdings } from '../kernel/caller.js'
import { PolicyInvalid, type Fault } from './faults.js'
import { grantsOf, type Grant, type PolicyDefinition } from './role-grants.js'

export interface Policy {
  readonly permissions: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  /**
   * What somebody with these roles holds. A role the policy does not know (an old value in the database) grants
   * nothing; without a user id nothing is held for one's own.
   */
  holdingsOf(roles: readonly string[], userId: string): Holdings
  /** The same rules as a CASL ability, bound to that user: what database filters and packed rules are made from. */
  abilityOf(roles: readonly string[], userId: string): MongoAbility
}

/** How many distinct sets of roles are kept; real services have a handful. */
const keptRoleSets = 256

/** @throws PolicyInvalid with every fault at once */
export function definePolicy(definition: PolicyDefinition): Policy {
  const faults: Fault[] = []
  const permissions = new Set(definition.permissions)
  const grants = grantsOf(definition, faults)
  if (faults.length > 0) throw new PolicyInvalid(faults)

  const memo = new Map<string, Holdings>()
  const abilityOf = (roles: readonly string[], userId: string): MongoAbility =>
    abilityFrom(
      roles.flatMap((role) => grants.get(role) ?? []),
      userId,
    )
  return {
    permissions,
    roles: new Set(grants.keys()),
    abilityOf,
    holdingsOf(roles, userId) {
      const known = [...new Set(roles)].filter((role) => grants.has(role)).sort()
      const key = isUserId(userId) ? `${known.join(' ')} @own` : known.join(' ')
      const kept = memo.get(key)
      if (kept !== undefined) return kept
      const holdings = holdingsFrom(abilityOf(known, userId), permissions)
      if (memo.size >= keptRoleSets) memo.clear()
      memo.set(key, holdings)
      return holdings
    },
  }
}

function abilityFrom(grants: readonly Grant[], userId: string): MongoAbility {
  const rules: RawRuleOf<MongoAbility>[] = []
  for (const { permission, own } of grants) {
    const [subject, action] = split(permission)
    if (!own) rules.push({ action, subject })
    // A condition on an empty or missing id would match objects that have none either.
    else if (isUserId(userId)) rules.push({ action, subject, conditions: { userId } })
  }
  // CASL reads the words `manage` and `all` as "anything"; here they are words like any other, and `*` is no word.
  return createMongoAbility(rules, { anyAction: '*', anySubjectType: '*' })
}

/** Asked rule by rule: `ability.can` without an object is true already when only a conditional rule exists. */
function holdingsFrom(ability: MongoAbility, permissions: ReadonlySet<string>): Holdings {
  const held = new Set<string>()
  const own = new Set<string>()
  for (const permission of permissions) {
    const [subject, action] = split(permission)
    for (const rule of ability.rulesFor(action, subject)) (rule.conditions ? own : held).add(permission)
  }
  const names = [...held, ...[...own].map((permission) => `${permission}@own`)].sort()
  return {
    holds: (permission) => held.has(permission),
    holdsOwn: (permission) => own.has(permission),
    permissions: Object.freeze(names),
  }
}

function split(permission: string): [resource: string, action: string] {
  const colon = permission.indexOf(':')
  return [permission.slice(0, colon), permission.slice(colon + 1)]
}

function isUserId(userId: unknown): boolean {
  return typeof userId === 'string' && userId !== ''
}
