import { subject } from '@casl/ability'
import { describe, expect, test } from '@jest/globals'
import { definePolicy, PolicyInvalid } from '../../src/authorization/index.js'
import { callers, faultsThrownBy, person, policy, subjectOf, untyped } from './scenario.js'

const permissions = ['session:read', 'session:revoke', 'session:manage', 'all:read', 'user:read']

describe('what a role grants', () => {
  test.each([
    ['nothing, without a role', [], []],
    ['nothing, for a role that no longer exists', ['emperor'], []],
    ['nothing, for the names every object has', ['constructor', '__proto__', 'toString'], []],
    ['its own permissions', ['member'], ['note:read@own', 'note:write@own', 'user:read@own']],
    ['inherited ones too', ['support'], ['note:read', 'note:read@own', 'note:write@own', 'user:read', 'user:read@own']],
    [
      'a wildcard, spelled out',
      ['admin'],
      [
        'audit:read',
        'note:read',
        'note:read@own',
        'note:write',
        'note:write@own',
        'user:manage',
        'user:read',
        'user:read@own',
      ],
    ],
    ['the known ones among stale ones', ['emperor', 'member'], ['note:read@own', 'note:write@own', 'user:read@own']],
  ])('%s', (_name, roles, expected) => {
    expect(policy.holdingsOf(subjectOf('usr_ada', roles)).permissions).toEqual(expected)
  })

  test('a wildcard on what one owns stays on what one owns', () => {
    const own = definePolicy({ permissions, roles: { member: { can: ['session:*@own'] } } })
    expect(own.holdingsOf(subjectOf('usr_ada', ['member'])).permissions).toEqual([
      'session:manage@own',
      'session:read@own',
      'session:revoke@own',
    ])
  })

  test('the order and number of roles do not matter, and equal sets share one answer', () => {
    expect(policy.holdingsOf(subjectOf('usr_ada', ['support', 'member', 'member']))).toBe(
      policy.holdingsOf(subjectOf('usr_bob', ['member', 'support'])),
    )
  })

  test('sets of roles cannot be told to collide', () => {
    const two = definePolicy({ permissions, roles: { a: { can: ['user:read'] }, b: { can: ['session:read'] } } })
    two.holdingsOf(subjectOf('usr_ada', ['a', 'b']))
    expect(two.holdingsOf(subjectOf('usr_ada', ['a b'])).permissions).toEqual([])
  })
})

describe('a holder of nothing but x@own', () => {
  const ada = person('usr_ada', ['member'])

  test.each([
    ['does not hold x', undefined, false],
    ['may do it to an own object', { userId: 'usr_ada' }, true],
    ['may not do it to a foreign object', { userId: 'usr_bob' }, false],
    ['may not do it to an object that belongs to nobody', {}, false],
    ['may not do it to an object with an empty owner', { userId: '' }, false],
    ['may not do it by an operator', { userId: { $ne: null } }, false],
  ])('%s', (_name, object, expected) => {
    expect(ada.can('note:read', untyped(object))).toBe(expected)
  })

  test.each(['', undefined, null])('owns nothing when the own id is %p', (missing) => {
    const userId = untyped(missing)
    const holdings = policy.holdingsOf(subjectOf(userId, ['member']))
    expect(holdings.holdsOwn('note:read')).toBe(false)
    expect(holdings.permissions).toEqual([])
    expect(policy.abilityOf(subjectOf(userId, ['member'])).rules).toEqual([])
    expect(person(userId, ['member']).can('note:read', { userId: userId })).toBe(false)
  })
})

describe('CASL', () => {
  test('decides as the caller does, for every permission, role and owner', () => {
    for (const roles of [[], ['member'], ['support'], ['admin']]) {
      const caller = person('usr_ada', roles)
      const ability = policy.abilityOf(subjectOf('usr_ada', roles))
      for (const permission of policy.permissions) {
        const [resource = '', action = ''] = permission.split(':')
        for (const userId of ['usr_ada', 'usr_bob', '', undefined]) {
          const object = untyped({ userId })
          expect([roles, permission, userId, ability.can(action, subject(resource, { ...object }))]).toEqual([
            roles,
            permission,
            userId,
            caller.can(permission, object),
          ])
        }
      }
    }
  })

  test('its magic words `manage` and `all` are words like any other', () => {
    const plain = definePolicy({ permissions, roles: { clerk: { can: ['session:manage', 'all:read'] } } })
    expect(plain.holdingsOf(subjectOf('usr_ada', ['clerk'])).permissions).toEqual(['all:read', 'session:manage'])
    expect(plain.abilityOf(subjectOf('usr_ada', ['clerk'])).can('revoke', 'session')).toBe(false)
  })
})

describe('a policy is refused', () => {
  test.each([
    [
      'a role that is none',
      { heir: { inherits: ['ghost'], can: [] } },
      'role heir: inherits "ghost", which is no role',
    ],
    [
      'a permission nobody declared',
      { clerk: { can: ['session:raed'] } },
      'role clerk: "session:raed" matches no declared permission',
    ],
    [
      'a wildcard that matches nothing',
      { clerk: { can: ['sesion:*'] } },
      'role clerk: "sesion:*" matches no declared permission',
    ],
    ['everything at once', { clerk: { can: ['*'] } }, 'role clerk: "*" is not a permission'],
    [
      'an unknown suffix',
      { clerk: { can: ['session:read@team'] } },
      'role clerk: "session:read@team" is not a permission',
    ],
    ['a role name with a space', { 'a b': { can: [] } }, 'role a b: is not a role name'],
    ['a role that inherits itself', { loop: { inherits: ['loop'], can: [] } }, 'role loop: inherits from itself'],
  ])('for %s', (_name, roles, fault) => {
    expect(faultsThrownBy(() => definePolicy({ permissions, roles }))).toEqual([fault])
  })

  test('for a key it would silently not obey', () => {
    const misspelt = { permissions, roles: { clerk: { can: [], inherit: ['admin'] } }, stepUps: {} }
    expect(faultsThrownBy(() => definePolicy(misspelt))).toEqual([
      'policy: "stepUps" means nothing here',
      'role clerk: "inherit" means nothing here',
    ])
  })

  test('with every fault in one message, each with its remedy', () => {
    const define = () =>
      definePolicy({
        permissions: ['Session.read'],
        roles: { a: { inherits: ['b'], can: ['x:y'] }, b: { inherits: ['a'], can: [] } },
      })
    expect(faultsThrownBy(define)).toEqual([
      'permissions: "Session.read" is not a permission',
      'role a: "x:y" matches no declared permission',
      'role a: inherits from itself',
      'role b: inherits from itself',
    ])
    expect(define).toThrow(PolicyInvalid)
    expect(define).toThrow(/role b: inherits from itself\. Break the cycle at a\./)
  })
})

test('a machine without a scope holds nothing of what its owner holds', () => {
  expect(callers.unscoped.can('note:read', { userId: 'usr_ada' })).toBe(false)
  expect(callers.machine.can('note:read', { userId: 'usr_ada' })).toBe(true)
})
