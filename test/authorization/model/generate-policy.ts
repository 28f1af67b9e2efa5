import type {
  ConditionalGrant,
  PolicyDefinition,
  RoleDefinition,
} from '../../../src/authorization/policy-definition.js'
import type { Dice } from './dice.js'
import { features } from './features.js'
import type { CallerFacts, Thing } from './world.js'

export const permissions = ['doc:read', 'doc:write', 'box:read', 'box:open', 'log:read'] as const
export const now = new Date('2030-01-01T08:00:00Z')
export const userIds = ['usr_ada', 'usr_bob', 'usr_cyd'] as const
/** What `where` asks objects for. */
export const cities = ['rome', 'oslo'] as const
const teams = ['red', 'blue'] as const
const roleNames = ['base', 'clerk', 'chief', 'boss']

export function generatePolicy(dice: Dice): PolicyDefinition {
  const roles: Record<string, RoleDefinition> = {}
  for (const [index, name] of roleNames.entries()) {
    const inherits = dice.some(roleNames.slice(0, index), 40)
    const can = dice.times(1 + dice.below(3), () => entryFrom(dice))
    roles[name] = inherits.length > 0 ? { inherits, can } : { can }
  }
  return {
    permissions,
    attributes: { region: 'string', level: 'number', lead: 'boolean', teams: 'strings' },
    properties: {
      doc: { team: 'string', level: 'number', 'place.city': 'string' },
      box: { team: 'string', level: 'number', 'place.city': 'string' },
      log: { team: 'string' },
    },
    roles,
    ...(features.stepUp && { stepUp: stepUpFrom(dice) }),
  }
}

function entryFrom(dice: Dice): string | ConditionalGrant {
  const permission = dice.chance(25) ? dice.pick(['doc:*', 'box:*']) : dice.pick(permissions)
  const text = dice.chance(45) ? `${permission}@own` : permission
  const when = dice.chance(25) ? whenFrom(dice) : undefined
  const where = features.where && text === permission && dice.chance(45) ? whereFrom(dice, permission) : undefined
  if (when === undefined && where === undefined) return text
  return { permission: text, ...(when && { when }), ...(where && { where }) }
}

function whenFrom(dice: Dice): NonNullable<ConditionalGrant['when']> {
  return dice.pick<NonNullable<ConditionalGrant['when']>>([
    { region: 'eu' },
    { region: ['eu', 'us'] },
    { level: 2 },
    { level: [1, 2] },
    { lead: true },
    { teams: 'red' },
    { teams: ['red', 'blue'], lead: [true, false] },
    { region: 'eu', level: 1 },
  ])
}

function whereFrom(dice: Dice, permission: string): NonNullable<ConditionalGrant['where']> {
  if (permission.startsWith('log')) return dice.pick([{ team: 'red' }, { team: { attribute: 'teams' } }])
  return dice.pick<NonNullable<ConditionalGrant['where']>>([
    { team: 'red' },
    { team: ['red', 'blue'] },
    { team: { attribute: 'teams' } },
    { level: { attribute: 'level' } },
    { level: [1, 2], team: 'red' },
    { 'place.city': 'rome' },
    { 'place.city': [...cities], level: { attribute: 'level' } },
  ])
}

function stepUpFrom(dice: Dice): NonNullable<PolicyDefinition['stepUp']> {
  return Object.fromEntries(
    dice
      .some(permissions, 30)
      .map((permission) => [
        permission,
        dice.pick([
          { assurance: 'AAL2' as const },
          { assurance: 'HIGHEST_ENROLLED' as const, maxAge: '5m' },
          { maxAge: '90s' },
          { assurance: 'AAL2' as const, maxAge: '1h' },
        ]),
      ]),
  )
}

export function generateCaller(dice: Dice): CallerFacts {
  const userId = dice.chance(4) ? '' : dice.pick(userIds)
  const roles = dice.some([...roleNames, 'emperor', 'constructor'], 35)
  const attributes = attributesFrom(dice)
  if (dice.chance(35)) {
    const scopes = dice.some(['doc:*', 'doc:read', 'doc:write@own', 'box:*@own', 'box:open', 'log:read'], 45)
    return { kind: 'machine', userId, roles, attributes, scopes }
  }
  const enrolled = dice.pick(['AAL1', 'AAL2'] as const)
  const assurance = enrolled === 'AAL1' ? 'AAL1' : dice.pick(['AAL1', 'AAL2'] as const)
  const ageSeconds = dice.pick([0, 60, 90, 91, 300, 301, 7_200])
  const authenticatedAt = new Date(now.getTime() - ageSeconds * 1_000)
  return { kind: 'person', userId, roles, attributes, enrolled, assurance, authenticatedAt }
}

function attributesFrom(dice: Dice): Thing {
  const attributes: Record<string, unknown> = {}
  if (dice.chance(50)) attributes['region'] = dice.pick(['eu', 'us', 'ap', ''])
  if (dice.chance(50)) attributes['level'] = dice.pick([1, 2, 3])
  if (dice.chance(50)) attributes['lead'] = dice.chance(70)
  if (dice.chance(50)) attributes['teams'] = dice.some(teams, 60)
  if (features.attributeTypes && dice.chance(20)) {
    Object.assign(
      attributes,
      dice.pick<Thing>([
        { region: ['eu', 'us'] },
        { level: [1, 2] },
        { teams: 'red' },
        { lead: 'true' },
        { level: '1' },
      ]),
    )
  }
  return attributes
}

/** What makes an object somebody's, or one that a condition meets; odd values as a database may hold them. */
export function generateStanding(dice: Dice): Thing {
  const owner = (): unknown =>
    dice.chance(24) ? dice.pick<unknown>(['', null, { $ne: null }, ...userIds.map((id) => [id])]) : dice.pick(userIds)
  return {
    ...(dice.chance(92) && { userId: owner() }),
    ...(dice.chance(80) && { ownerId: owner() }),
    ...(dice.chance(75) && { team: dice.pick<unknown>([...teams, '', null]) }),
    ...(dice.chance(75) && { level: dice.pick<unknown>([1, 2, 3, '1']) }),
    ...(dice.chance(75) && { place: dice.pick<unknown>([{ city: 'rome' }, { city: 'oslo' }, {}, null, 'rome']) }),
  }
}
