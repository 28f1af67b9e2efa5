import { subject } from '@casl/ability'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { describe, expect, test } from '@jest/globals'
import {
  authorizeSchema,
  defineDoor,
  definePolicy,
  open,
  type PolicyDefinition,
} from '../../src/authorization/index.js'
import { machineOf, personOf, type Caller } from '../../src/kernel/caller.js'
import {
  behindOpenDoor,
  ask,
  callers,
  contextOf,
  faultsThrownBy,
  refusals,
  subjectOf,
  untyped,
  directives,
  policyFor,
} from './scenario.js'

const definition = {
  permissions: ['user:read', 'user:ban', 'audit:read', 'note:read'],
  attributes: { region: 'string', teams: 'strings', level: 'number', contractor: 'boolean' },
  properties: { user: { 'attributes.region': 'string', team: 'string', status: 'string', level: 'number' } },
  roles: {
    support: { can: [{ permission: 'user:read', where: { 'attributes.region': { attribute: 'region' } } }] },
    lead: { inherits: ['support'], can: [{ permission: 'user:ban', where: { team: { attribute: 'teams' } } }] },
    auditor: { can: [{ permission: 'audit:read', when: { region: ['eu', 'uk'], contractor: false } }] },
    clerk: { can: [{ permission: 'user:*', where: { status: ['active', 'suspended'], level: 1 } }] },
    author: { can: [{ permission: 'note:read@own', when: { contractor: true } }] },
  },
} satisfies PolicyDefinition
const policy = definePolicy(definition)

function callerWith(roles: readonly string[], attributes: Record<string, unknown>): Caller {
  const user = subjectOf('usr_ada', roles, { attributes })
  const at = new Date('2030-01-01T08:00:00Z')
  return personOf({
    user,
    sessionId: 'ses_1',
    holdings: policy.holdingsOf(user),
    assurance: 'aal1',
    authenticatedAt: at,
  })
}

describe('a permission that is held where the object meets a condition', () => {
  const inEurope = { region: 'eu' }
  test.each<[string, string, Record<string, unknown>, unknown, boolean]>([
    ['reaches an object that does', 'support', inEurope, { attributes: { region: 'eu' } }, true],
    ['reaches no other', 'support', inEurope, { attributes: { region: 'us' } }, false],
    ['reaches none without the property', 'support', inEurope, { attributes: {} }, false],
    ['reaches none without the way to it', 'support', inEurope, {}, false],
    ['reaches nothing without an object', 'support', inEurope, undefined, false],
    ['is not held by whom the attribute lacks', 'support', {}, { attributes: { region: undefined } }, false],
    [
      'is not held by whom the attribute lacks, whatever null is',
      'support',
      { region: null },
      { attributes: { region: null } },
      false,
    ],
    ['is not held by an empty attribute', 'support', { region: '' }, { attributes: { region: '' } }, false],
    [
      'cannot be had by an operator in the attribute',
      'support',
      { region: { $ne: 'x' } },
      { attributes: { region: 'us' } },
      false,
    ],
    [
      'cannot be had by an operator in the object',
      'support',
      inEurope,
      { attributes: { region: { $eq: 'eu' } } },
      false,
    ],
    ['reaches one of several', 'lead', { teams: ['red', 'blue'] }, { team: 'blue' }, false],
    ['needs all of its properties', 'clerk', {}, { status: 'active', level: 1 }, true],
    ['fails by one of its properties', 'clerk', {}, { status: 'active', level: 2 }, false],
    ['fails by a missing one', 'clerk', {}, { status: 'active' }, false],
  ])('%s', (_name, role, attributes, object, expected) => {
    expect(callerWith([role], attributes).can('user:read', untyped(object))).toBe(expected)
  })

  test('compares with any of a list of the caller', () => {
    const lead = callerWith(['lead'], { region: 'eu', teams: ['red', 'blue'] })
    expect(lead.can('user:ban', untyped({ team: 'blue' }))).toBe(true)
    expect(lead.can('user:ban', untyped({ team: 'green' }))).toBe(false)
  })

  test('is no permission for what is one’s own', () => {
    expect(callerWith(['support'], inEurope).can('user:read', { userId: 'usr_ada' })).toBe(false)
  })

  test('shows what it reaches, for lists', () => {
    expect(callerWith(['support'], inEurope).reach('user:read')).toEqual([{ 'attributes.region': 'eu' }])
    expect(callerWith(['lead'], { teams: ['red'] }).reach('user:ban')).toEqual([{ team: ['red'] }])
    expect(callerWith(['clerk'], {}).reach('user:read')).toEqual([{ status: ['active', 'suspended'], level: 1 }])
    expect(callerWith(['support'], {}).reach('user:read')).toEqual([])
  })

  test('is decided by CASL as by the caller', () => {
    for (const region of ['eu', 'us', undefined]) {
      const user = subjectOf('usr_ada', ['support'], { attributes: inEurope })
      const object = { attributes: { region } }
      const ability = policy.abilityOf(user)
      expect(ability.can('read', subject('user', { ...object }))).toBe(region === 'eu')
    }
  })
})

describe('a permission that is held when the caller has an attribute', () => {
  test.each<[string, Record<string, unknown>, boolean]>([
    ['by whom it fits', { region: 'uk', contractor: false }, true],
    ['not by whom one of them does not fit', { region: 'uk', contractor: true }, false],
    ['not by whom one of them lacks', { region: 'uk' }, false],
    ['not by another type', { region: 'uk', contractor: 'false' }, false],
    ['not by a list where one value is declared', { region: ['uk'], contractor: false }, false],
    ['not by what every object has', { region: 'constructor', contractor: false }, false],
  ])('%s', (_name, attributes, expected) => {
    expect(callerWith(['auditor'], attributes).can('audit:read')).toBe(expected)
  })

  test('holds for what is one’s own, too', () => {
    const own = { userId: 'usr_ada' }
    expect(callerWith(['author'], { contractor: true }).can('note:read', own)).toBe(true)
    expect(callerWith(['author'], { contractor: true }).can('note:read', { userId: 'usr_bob' })).toBe(false)
    expect(callerWith(['author'], {}).can('note:read', own)).toBe(false)
  })
})

describe('the scopes of a machine', () => {
  const owner = subjectOf('usr_ada', ['support', 'author'], { attributes: { region: 'eu', contractor: true } })
  test.each<[string, readonly string[], readonly string[]]>([
    ['nothing, without any', [], []],
    ['what they name', ['note:read'], ['note:read@own']],
    ['no more than the owner may', ['audit:read', 'user:ban'], []],
    ['a wildcard, as far as the owner reaches', ['user:*'], ['user:read@where']],
    ['nothing of what depends on a condition, where they ask for what is one’s own', ['user:*@own'], []],
    ['nothing that is no scope', ['*', '*:*', 'user', 'user:re', 'constructor:read'], []],
  ])('allow %s', (_name, scopes, expected) => {
    expect(policy.holdingsOfMachine(scopes, owner).permissions).toEqual(expected)
  })

  test('for what is one’s own leave that of everything', () => {
    const free = definePolicy({ permissions: ['a:read'], roles: { all: { can: ['a:read'] } } })
    const owner = subjectOf('usr_ada', ['all'])
    const holdings = free.holdingsOfMachine(['a:read@own'], owner)
    expect(holdings.permissions).toEqual(['a:read@own'])
    const machine = machineOf({ machineId: 'key_1', owner, scopes: ['a:read@own'], holdings })
    expect([machine.can('a:read'), machine.can('a:read', { userId: 'usr_ada' })]).toEqual([false, true])
  })
})

describe('nobody grants more than they hold', () => {
  const nobody = subjectOf('usr_new', [])
  const exceeds = (giver: string[], from: string[], to: string[], attributes: Record<string, unknown> = {}) =>
    policy.exceeds(subjectOf('usr_ada', giver, { attributes }), {
      from: { ...nobody, roles: from },
      to: { ...nobody, roles: to, attributes },
    })
  test.each<[string, boolean, boolean]>([
    ['somebody without any role gives one', exceeds([], [], ['clerk']), true],
    ['one gives what one has', exceeds(['clerk'], [], ['clerk']), false],
    [
      'one gives what depends on an attribute that both have',
      exceeds(['support'], [], ['support'], { region: 'eu' }),
      false,
    ],
    ['one gives more than one has', exceeds(['support'], [], ['lead'], { region: 'eu', teams: ['red'] }), true],
    ['one takes what one has not', exceeds(['support'], ['clerk'], []), true],
    ['nothing changes', exceeds([], ['clerk'], ['clerk']), false],
    ['a role is given that allows nothing yet', exceeds([], [], ['support']), true],
    ['a role is given that allows nothing yet, by one who has it', exceeds(['support'], [], ['support']), false],
  ])('%s', (_name, actual, expected) => {
    expect(actual).toBe(expected)
  })

  test('what one holds for a time only, one does not give for good', () => {
    const timed = definePolicy({
      permissions: ['report:read'],
      attributes: { onDuty: 'boolean' },
      roles: {
        officer: { can: [{ permission: 'report:read', when: { onDuty: true } }] },
        full: { can: ['report:read'] },
      },
    })
    const officer = subjectOf('usr_ada', ['officer'], { attributes: { onDuty: true } })
    expect(timed.holdingsOf(officer).holds('report:read')).toBe(true)
    expect(timed.exceeds(officer, { from: nobody, to: { ...nobody, roles: ['full'] } })).toBe(true)
    expect(timed.exceeds(officer, { from: nobody, to: { ...nobody, roles: ['officer'] } })).toBe(false)
  })

  test('attributes grant, too', () => {
    const support = (attributes: Record<string, unknown>) => subjectOf('usr_new', ['support'], { attributes })
    const giver = subjectOf('usr_ada', ['support'], { attributes: { region: 'eu' } })
    expect(policy.exceeds(giver, { from: support({}), to: support({ region: 'eu' }) })).toBe(false)
    expect(policy.exceeds(giver, { from: support({}), to: support({ region: 'us' }) })).toBe(true)
  })

  test('whoever holds everything of it may give a part of it', () => {
    const both = definePolicy({
      permissions: ['a:read'],
      roles: { all: { can: ['a:read'] }, own: { can: ['a:read@own'] } },
    })
    const change = { from: nobody, to: { ...nobody, roles: ['own'] } }
    expect(both.exceeds(subjectOf('usr_ada', ['all']), change)).toBe(false)
    expect(both.exceeds(subjectOf('usr_ada', ['own']), { from: nobody, to: { ...nobody, roles: ['all'] } })).toBe(true)
  })
})

test('a role that holds a permission only for some, or only when, is none that holds it', () => {
  const roles = definePolicy({
    permissions: ['a:do'],
    attributes: { region: 'string' },
    properties: { a: { status: 'string' } },
    roles: {
      all: { can: ['a:*'] },
      heir: { inherits: ['all'], can: [] },
      own: { can: ['a:do@own'] },
      when: { can: [{ permission: 'a:do', when: { region: 'eu' } }] },
      where: { can: [{ permission: 'a:do', where: { status: 'open' } }] },
    },
  })
  expect(roles.rolesHolding('a:do')).toEqual(['all', 'heir'])
})

describe('in a schema', () => {
  const sdl = `type Query { users: [User] @public, count: Int @auth(permission: "user:read") }
    type User @owner(field: "id", or: "user:read") { id: ID! name: String }`
  const users = [
    { id: 'usr_eve', name: 'Eve', attributes: { region: 'eu' } },
    { id: 'usr_una', name: 'Una', attributes: { region: 'us' } },
  ]
  const schema = behindOpenDoor(sdl, { Query: { users: () => users, count: () => 2 } })

  test('each object is judged by its own properties', async () => {
    const result = await ask(schema, '{ users { name } }', contextOf(callerWith(['support'], { region: 'eu' })))
    expect(result.data).toEqual({ users: [{ name: 'Eve' }, { name: null }] })
    expect(refusals(result)).toEqual({ 'users.1.name': 'FORBIDDEN' })
  })

  test('on a list that finds only what may be seen, a condition is enough, and so is one’s own where it is asked for', async () => {
    const lists = makeExecutableSchema({
      typeDefs: [
        directives,
        'type Query { others: Int @auth(permission: "user:read"), own: Int @auth(permission: "user:read@own") }',
      ],
      resolvers: { Query: { others: () => 1, own: () => 1 } },
    })
    const filtered = authorizeSchema(lists, {
      policy: policyFor('"user:read"'),
      door: defineDoor({
        Query: {
          others: { ask: open, scope: 'filter', permission: 'user:read' },
          own: { ask: open, scope: 'filter', permission: 'user:read@own' },
        },
      }),
    })
    const answersTo = async (who: Caller) => refusals(await ask(filtered, '{ others own }', contextOf(who)))
    expect(await answersTo(callerWith(['support'], { region: 'eu' }))).toEqual({})
    expect(await answersTo(callers.support)).toEqual({})
    expect(await answersTo(callers.owner)).toEqual({ others: 'FORBIDDEN' })
    expect(await answersTo(callerWith(['support'], {}))).toEqual({ others: 'FORBIDDEN', own: 'FORBIDDEN' })
  })

  test('conditions are about objects of their own resource', async () => {
    const mixed = behindOpenDoor(
      `type Query { things: [Thing] @public } type Thing @owner(field: "id", or: "user:read") { id: ID! name: String }`,
      { Query: { things: () => users } },
    )
    const result = await ask(mixed, '{ things { name } }', contextOf(callerWith(['support'], { region: 'eu' })))
    expect(result.data).toEqual({ things: [{ name: null }, { name: null }] })
  })

  test('a condition is not enough where everything is asked for', async () => {
    const result = await ask(schema, '{ count }', contextOf(callerWith(['support'], { region: 'eu' })))
    expect(refusals(result)).toEqual({ count: 'FORBIDDEN' })
    expect(refusals(await ask(schema, '{ count }', contextOf(callers.support)))).toEqual({})
  })
})

describe('a policy is refused', () => {
  const faultsOf = (can: unknown[], change: Partial<PolicyDefinition> = {}) =>
    faultsThrownBy(() => definePolicy({ ...definition, roles: { clerk: { can: untyped(can) } }, ...change }))
  test.each<[string, unknown, string]>([
    [
      'an unknown attribute',
      { permission: 'user:read', when: { regoin: 'eu' } },
      'asks for the unknown attribute "regoin"',
    ],
    [
      'an attribute like what every object has',
      { permission: 'user:read', when: { constructor: 'x' } },
      'asks for the unknown attribute "constructor"',
    ],
    [
      'an attribute compared with another type',
      { permission: 'user:read', when: { level: 'high' } },
      'compares the attribute "level" with what it can never be',
    ],
    [
      'an unknown property',
      { permission: 'user:read', where: { stauts: 'active' } },
      'asks for the unknown property "stauts"',
    ],
    [
      'a property of another resource',
      { permission: 'note:read', where: { status: 'active' } },
      'asks for the unknown property "status"',
    ],
    [
      'an unknown attribute of the caller',
      { permission: 'user:read', where: { team: { attribute: 'tame' } } },
      'asks for the unknown attribute "tame"',
    ],
    ['an operator', { permission: 'user:read', where: { team: { $ne: 'x' } } }, '"team" is compared with nothing'],
    ['nothing to compare with', { permission: 'user:read', where: { team: null } }, '"team" is compared with nothing'],
    ['an empty text', { permission: 'user:read', where: { team: '' } }, '"team" is compared with nothing'],
    ['an empty list', { permission: 'user:read', where: { team: [] } }, '"team" is compared with nothing'],
    [
      'a condition beside ownership',
      { permission: 'user:read@own', where: { team: 'red' } },
      '"user:read@own" has a `where` beside @own',
    ],
    ['a key it would not obey', { permission: 'user:read', unless: {} }, '"unless" means nothing here'],
  ])('for %s', (_name, entry, problem) => {
    expect(faultsOf([entry])).toContain(`role clerk: ${problem}`)
  })

  test('for a property without a type', () => {
    expect(faultsOf([], { properties: untyped({ user: { status: 'text', 'a..b': 'string' } }) })).toEqual([
      'property user status: is not a property',
      'property user a..b: is not a property',
    ])
  })

  test('for an attribute without a type', () => {
    expect(faultsOf([], { attributes: untyped({ region: 'text' }) })).toEqual(['attribute region: is not an attribute'])
  })

  test.each<[string, unknown, string]>([
    ['for an unknown permission', { 'user:raed': {} }, 'stepUp user:raed: names an unknown permission'],
    [
      'with an unknown assurance',
      { 'user:read': { assurance: 'AAL9' } },
      'stepUp user:read: asks for an unknown assurance',
    ],
    [
      'with an age that is none',
      { 'user:read': { maxAge: '5 minutes' } },
      'stepUp user:read: has a maxAge that is no duration',
    ],
    ['with an age of nothing', { 'user:read': { maxAge: '0m' } }, 'stepUp user:read: has a maxAge that is no duration'],
    ['with a key it would not obey', { 'user:read': { age: '5m' } }, 'stepUp user:read: "age" means nothing here'],
  ])('for a step-up %s', (_name, stepUp, fault) => {
    expect(faultsOf([], { stepUp: untyped(stepUp) })).toEqual([fault])
  })

  test('with the file that it was read from', () => {
    expect(() => definePolicy({ permissions: [], roles: { A: { can: [] } } }, { file: 'policy.yaml' })).toThrow(
      /policy\.yaml role A: is not a role name/,
    )
  })
})
