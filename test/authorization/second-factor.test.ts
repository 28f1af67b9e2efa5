import { describe, expect, test } from '@jest/globals'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { accessOf, defineEntities, definePolicy, PolicyInvalid, sampleCallers } from '../../src/authorization/index.js'
import type { PolicyDefinition } from '../../src/authorization/index.js'
import { verdictOn } from '../../src/authorization/access.js'
import { refusalOf, type Guard } from '../../src/authorization/caller-rules.js'
import { machineOf, personOf } from '../../src/kernel/caller.js'
import { requireProof } from '../../src/kernel/step-up.js'
import type { Assurance, Subject } from '../../src/kernel/subject.js'
import { directives, openDoor, subjectOf } from './scenario.js'

const day = 86_400_000
const now = new Date('2030-01-10T12:00:00Z')
const definition: PolicyDefinition = {
  permissions: ['note:read', 'note:write', 'factor:manage', 'user:read', 'audit:read'],
  attributes: { clearance: 'string', teams: 'strings' },
  roles: {
    member: { can: ['note:write@own', 'factor:manage@own', 'user:read@own'] },
    support: { inherits: ['member'], can: ['user:read'] },
    admin: { inherits: ['support'], can: ['note:*', 'audit:read'] },
  },
  stepUp: { 'factor:manage': { maxAge: '5m' }, 'note:write': { maxAge: '90s' } },
  secondFactor: {
    required: [
      { roles: ['support'], grace: '7d' },
      { roles: ['admin'], grace: '12h' },
      { attributes: { clearance: ['secret', 'top-secret'] } },
      { roles: ['member'], attributes: { teams: 'money' }, grace: '1d' },
    ],
    meanwhile: ['factor:manage@own', 'user:read@own'],
  },
}
const policy = definePolicy(definition)

describe('A second factor is wanted', () => {
  test.each<[string, readonly string[], Subject['attributes'], number | null]>([
    ['of nobody whom no demand means', ['member'], {}, null],
    ['of a role', ['support'], {}, 7 * day],
    ['of whoever inherits from it', ['support'], { teams: ['money'] }, day],
    ['of whoever several demands mean, in the shortest of their times', ['admin'], {}, day / 2],
    ['by an attribute, at once', [], { clearance: 'top-secret' }, 0],
    ['by an attribute of another value not', [], { clearance: 'none' }, null],
    ['by an attribute of another type than declared not', [], { clearance: ['secret'] }, null],
    ['by one of many values', ['member'], { teams: ['sales', 'money'] }, day],
    ['by role and attribute only together', [], { teams: ['money'] }, null],
    ['by a role nobody knows not', ['emperor'], {}, null],
  ])('%s', (_name, roles, attributes, graceMs) => {
    expect(policy.secondFactorGraceMs(subjectOf('usr_ada', roles, { attributes }))).toBe(graceMs)
  })
})

/** Somebody who has proven just now, by one proof unless it says so. */
function callerOf(roles: readonly string[], change: Partial<Subject> = {}, assurance: Assurance = 'aal1') {
  const user = subjectOf('usr_ada', roles, change)
  const holdings = policy.holdingsOf(user, now)
  return personOf({ user, sessionId: 'ses_1', holdings, assurance, authenticatedAt: now })
}
const past = { secondFactorDueAt: new Date(now.getTime() - 1) }

const nothing: Guard = {
  kind: 'ANY',
  permissions: [],
  reach: [],
  within: [],
  assurance: null,
  ownerships: [],
  entities: [],
}
const ownership = { field: 'userId', or: 'user:read', conditional: false }
const guards: Readonly<Record<string, Guard>> = {
  'nothing but a caller': nothing,
  'audit:read': { ...nothing, permissions: ['audit:read'] },
  'one’s own notes': { ...nothing, reach: ['note:write'] },
  'a list of users': { ...nothing, within: ['user:read'] },
  'a user': { ...nothing, ownerships: [ownership] },
  'a note': { ...nothing, ownerships: [{ ...ownership, or: 'note:read' }] },
  'one’s own factors': { ...nothing, reach: ['factor:manage'] },
}

describe('Whoever is overdue', () => {
  const strong = { assurance: 'AAL2', methods: [], enrol: true }
  test.each<[string, object | null]>([
    ['nothing but a caller', null],
    ['audit:read', strong],
    ['one’s own notes', { ...strong, maxAgeSeconds: 90 }],
    // What is held of everything is not denied, but asked for as all the rest.
    ['a list of users', strong],
    ['a user', null],
    ['a note', strong],
    ['one’s own factors', null],
  ])('asks for %s', (name, details) => {
    const refusal = refusalOf(callerOf(['admin'], past), guards[name] ?? nothing, now)
    expect(refusal?.details ?? null).toEqual(details)
  })

  test('gets no further by a token of a factor that has gone since', () => {
    const refusal = refusalOf(callerOf(['admin'], past, 'aal2'), guards['audit:read'] ?? nothing, now)
    expect(refusal?.details).toEqual(strong)
    const unknown = callerOf(['admin'], { attributes: { clearance: 'secret' } }, 'aal2')
    const { enrolledAssurance: _assurance, enrolledFactors: _factors, ...user } = unknown.user
    expect(refusalOf({ ...unknown, user }, guards['audit:read'] ?? nothing, now)).toBeNull()
  })

  test('has of others nothing that is spared, and of its own what is', () => {
    const overdue = callerOf(['admin'], past)
    expect(overdue.can('user:read', { userId: 'usr_bob' })).toBe(false)
    expect(overdue.can('user:read', { userId: 'usr_ada' })).toBe(true)
    expect(overdue.reach('user:read')).toEqual([{ userId: 'usr_ada' }])
    expect(overdue.holdings.permissions).not.toContain('user:read')
  })

  test('is asked by services, too, and for a fresh password where that opens the way', () => {
    const overdue = callerOf(['admin'], past)
    expect(() => requireProof(overdue, 'audit:read', now)).toThrow('Add a second factor')
    expect(() => requireProof(overdue, 'factor:manage', now)).not.toThrow()
    const later = new Date(now.getTime() + 300_001)
    expect(() => requireProof(overdue, 'factor:manage', later)).toThrow('Prove again')
  })

  test.each<[string, readonly string[], Partial<Subject>, boolean]>([
    ['is overdue at the very moment', ['admin'], { secondFactorDueAt: now }, true],
    ['is not a millisecond before', ['admin'], { secondFactorDueAt: new Date(now.getTime() + 1) }, false],
    ['is not before the time has begun', ['admin'], {}, false],
    ['is at once where there is no time', [], { attributes: { clearance: 'secret' } }, true],
    [
      'is at once where there is no time, whatever was said',
      [],
      { ...future(), attributes: { clearance: 'secret' } },
      true,
    ],
    ['is not with a factor', ['admin'], { ...past, enrolledAssurance: 'aal2' }, false],
    ['is not where nothing is wanted any more', ['member'], past, false],
  ])('%s', (_name, roles, change, isOverdue) => {
    expect(callerOf(roles, change).holdings.proven !== undefined).toBe(isOverdue)
  })

  test('is denied what would be denied with a factor', () => {
    const overdue = callerOf(['member'], { attributes: { clearance: 'secret' } })
    expect(refusalOf(overdue, { ...nothing, permissions: ['audit:read'] }, now)?.code).toBe('FORBIDDEN')
    expect(refusalOf(overdue, { ...nothing, kind: 'MACHINE' }, now)?.code).toBe('FORBIDDEN')
  })

  test('has machines that hold nothing', () => {
    const scopes = ['user:read', 'note:*']
    const owned = (change: Partial<Subject>) => {
      const owner = subjectOf('usr_ada', ['admin'], change)
      return machineOf({ machineId: 'key_1', owner, scopes, holdings: policy.holdingsOfMachine(scopes, owner, now) })
    }
    expect(owned({}).holdings.permissions).toContain('user:read')
    expect(owned(past).holdings.permissions).toEqual([])
    expect(owned(past).can('note:read', { userId: 'usr_ada' })).toBe(false)
  })

  test('is told what a field would give with a factor, and what it gives without', () => {
    const sdl = `type Query { me: User @public }
      type User @owner(field: "id", or: "user:read") { email: String trail: String @auth(permission: "audit:read") }`
    const schema = makeExecutableSchema({ typeDefs: [directives, sdl] })
    const access = accessOf(schema, { policy, door: openDoor(schema), entities: defineEntities({}) })
    const verdict = (field: string) => verdictOn(field, callerOf(['admin'], past), access, now)
    expect(verdict('User.email')).toMatchObject({ outcome: 'own', stepUp: false })
    expect(verdict('User.trail')).toMatchObject({ outcome: 'allow', stepUp: true })
  })

  test('is shown beside somebody with a factor where there is no time', () => {
    const strict = definePolicy({ ...definition, secondFactor: { required: [{ roles: ['admin'] }] } })
    const samples = new Map(sampleCallers(strict).map(({ name, caller }) => [name, caller]))
    const holdingsOf = (name: string) => {
      const caller = samples.get(name)
      return caller === undefined || caller.kind === 'anonymous' ? null : caller.holdings
    }
    expect(holdingsOf('admin')?.proven).toBeUndefined()
    expect(holdingsOf('admin overdue')?.proven).toBeDefined()
    expect(holdingsOf("admin's machine")?.permissions).toContain('audit:read')
    expect(holdingsOf("admin overdue's machine")?.permissions).toEqual([])
  })

  test('is a kind of caller of its own in matrix and explanations, where there is time', () => {
    expect(sampleCallers(policy).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['admin', 'admin overdue', "admin overdue's machine", 'support overdue']),
    )
    expect(sampleCallers(policy).map(({ name }) => name)).not.toContain('member overdue')
  })
})

function future(): Partial<Subject> {
  return { secondFactorDueAt: new Date(now.getTime() + day) }
}

describe('Demands are refused', () => {
  const faultsOf = (secondFactor: object): readonly string[] => {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a file may say anything
      definePolicy({ ...definition, secondFactor } as PolicyDefinition)
    } catch (cause) {
      if (cause instanceof PolicyInvalid) return cause.faults.map(({ place, problem }) => `${place}: ${problem}`)
    }
    return []
  }

  test('with every fault at once', () => {
    const faults = faultsOf({
      required: [
        { roles: ['ghost'], grace: 'soon' },
        { roles: [], attributes: {} },
        { attributes: { shoeSize: 44, clearance: 3, teams: [] } },
        { role: ['admin'] },
      ],
      meanwhile: ['factor:mange@own', 'everything'],
      after: '7d',
    })
    expect(faults).toEqual([
      'secondFactor: "after" means nothing here',
      'secondFactor: "role" means nothing here',
      'secondFactor: names "ghost", which is no role',
      'secondFactor: has a grace that is no duration',
      'secondFactor: has an empty `roles`',
      'secondFactor: has an empty `attributes`',
      'secondFactor: asks for the unknown attribute "shoeSize"',
      'secondFactor: compares the attribute "clearance" with what it can never be',
      'secondFactor: "teams" is compared with nothing',
      'secondFactor: "factor:mange@own" matches no declared permission',
      'secondFactor: "everything" matches no declared permission',
    ])
  })

  test('not when they mean everybody', () => {
    const all = definePolicy({ ...definition, secondFactor: { required: [{ grace: '0s' }] } })
    expect(all.secondFactorGraceMs(subjectOf('usr_ada', []))).toBe(0)
  })
})
