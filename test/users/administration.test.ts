import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { definePolicy } from '../../src/authorization/index.js'
import { anonymous, machineOf, type Person } from '../../src/kernel/caller.js'
import { DomainError, InvalidInput } from '../../src/kernel/errors.js'
import type { Subject } from '../../src/kernel/subject.js'
import { startTestAdministration, type TestAdministration } from '../support/administration.js'

const policy = definePolicy({
  permissions: [
    'user:read',
    'user:assign-roles',
    'user:set-attributes',
    'user:suspend',
    'user:reinstate',
    'session:revoke',
    'report:read',
  ],
  attributes: { department: 'string', clearance: 'number', teams: 'strings', contractor: 'boolean' },
  properties: { user: { status: 'string', 'attributes.department': 'string' } },
  roles: {
    member: { can: ['user:read@own', 'session:revoke@own'] },
    support: { inherits: ['member'], can: ['user:read'] },
    // May hand out roles, and may do little else.
    registrar: {
      inherits: ['support'],
      can: ['user:assign-roles', 'user:set-attributes', 'user:suspend', 'user:reinstate'],
    },
    admin: { inherits: ['registrar'], can: ['session:revoke', 'report:read'] },
    analyst: { can: [{ permission: 'report:read', when: { department: 'finance' } }] },
    // Keeps order among the people of its own department.
    warden: { can: [{ permission: 'user:suspend', where: { 'attributes.department': { attribute: 'department' } } }] },
    clerk: { can: ['user:set-attributes'] },
    owner: { can: ['user:suspend@own'] },
  },
  stepUp: { 'user:assign-roles': { maxAge: '5m' } },
})

const absentId = `usr_${'0'.repeat(26)}`

let world: TestAdministration
let boss: Subject
let admin: Person
beforeAll(async () => {
  world = await startTestAdministration(policy)
  boss = await world.register(['admin'])
})
afterAll(async () => {
  await world.close()
  expect(world.faults).toEqual([])
})
beforeEach(() => {
  world.announced.length = 0
  admin = world.asPerson(boss)
})

const member = (): Promise<Subject> => world.register(['member'])
const now = (user: Subject) => world.users.find(user.id)
const eventsOf = (user: Subject) =>
  world.documents('auditEvents').find({ subjectId: user.id }).sort({ at: 1 }).toArray()

/** The code and what it says of fields, of a refusal. */
async function refusalOf(work: Promise<unknown>): Promise<unknown> {
  const cause: unknown = await work.then(
    (done) => ({ done }),
    (cause: unknown) => cause,
  )
  if (cause instanceof InvalidInput) return cause.details['fields']
  if (cause instanceof DomainError) return cause.code
  throw new Error('It was not refused', { cause })
}

type Deed = (actor: Person, userId: string) => Promise<unknown>
const deeds: [string, Deed][] = [
  ['setting roles', (actor, id) => world.administration.setRoles(actor, id, ['support'])],
  ['setting attributes', (actor, id) => world.administration.setAttributes(actor, id, { floor: 3 })],
  ['suspending', (actor, id) => world.administration.suspend(actor, id, 'because')],
  ['reinstating', (actor, id) => world.administration.reinstate(actor, id)],
]

describe.each(deeds)('%s', (name, deed) => {
  /** Somebody to whom the deed makes a difference. */
  async function somebody(): Promise<Subject> {
    const user = await member()
    if (name === 'reinstating') await world.administration.suspend(admin, user.id)
    return user
  }

  test('is not for those who hold nothing of the permission, whoever it is about', async () => {
    const eve = world.asPerson(await world.register(['support']))
    const user = await somebody()
    const before = await now(user)
    for (const id of [user.id, eve.userId, absentId, 'nonsense'])
      expect(await refusalOf(deed(eve, id))).toBe('FORBIDDEN')
    expect(await now(user)).toEqual(before)
  })

  test('finds no user that there is not', async () => {
    for (const id of [absentId, 'nonsense', '', '{"$gt":""}'])
      expect(await refusalOf(deed(admin, id))).toBe('NOT_FOUND')
  })

  test('looks for nothing that cannot be an id', async () => {
    const reads = await world.readsOf('users', async () => {
      for (const id of ['nonsense', `ses_${'0'.repeat(26)}`]) await refusalOf(deed(admin, id))
    })
    expect(reads).toBe(0)
  })

  test('is written down once, with who did it, and announced', async () => {
    const user = await somebody()
    world.announced.length = 0
    const known = (await eventsOf(user)).length
    await deed(admin, user.id)
    const [event, ...more] = (await eventsOf(user)).slice(known)
    expect(more).toEqual([])
    expect(event).toMatchObject({ actorId: boss.id, subjectId: user.id, outcome: 'success' })
    expect(world.announced).toContainEqual({ kind: 'user', userId: user.id })
  })

  test('done twice is done once: no second event, and the same answer', async () => {
    const user = await somebody()
    const first = await deed(admin, user.id)
    const known = (await eventsOf(user)).length
    const { actCount } = (await world.documents('users').findOne({ _id: boss.id })) as unknown as { actCount: number }
    expect(await deed(admin, user.id)).toEqual(first)
    expect(await eventsOf(user)).toHaveLength(known)
    expect(await world.documents('users').findOne({ _id: boss.id })).toMatchObject({ actCount })
  })

  test('is done once by many at once', async () => {
    const user = await somebody()
    const known = (await eventsOf(user)).length
    const others = await Promise.all(Array.from({ length: 5 }, () => world.register(['admin'])))
    await Promise.all(others.map((other) => deed(world.asPerson(other), user.id)))
    expect(await eventsOf(user)).toHaveLength(known + 1)
  })

  test.each<[string, object]>([
    ['lost the role', { roles: ['member'] }],
    ['was suspended', { status: 'suspended' }],
    ['changed the password', { securityVersion: 7 }],
    ['got other attributes', { attributes: { department: 'finance' } }],
  ])('is not done for somebody who %s since the request began', async (_name, change) => {
    const fading = await world.register(['admin'])
    const user = await somebody()
    const before = await now(user)
    await world.documents('users').updateOne({ _id: fading.id }, { $set: change })
    expect(await refusalOf(deed(world.asPerson(fading), user.id))).toBe('CHANGED_MEANWHILE')
    expect(await now(user)).toEqual(before)
  })
})

describe('roles', () => {
  const set = (actor: Person, user: Subject, ...roles: string[]) => world.administration.setRoles(actor, user.id, roles)

  test('are exactly those that were given, each once; the sessions live', async () => {
    const user = await member()
    expect(await set(admin, user, 'support', 'member', 'support')).toMatchObject({ roles: ['support', 'member'] })
    expect(await now(user)).toMatchObject({ roles: ['support', 'member'], securityVersion: 1 })
    expect(await set(admin, user)).toMatchObject({ roles: [] })
    const [first, second] = await eventsOf(user)
    expect(first).toMatchObject({ name: 'user.roles-changed', facts: { from: 'member', to: 'support,member' } })
    expect(second).toMatchObject({ name: 'user.roles-changed', facts: { from: 'support,member', to: '' } })
  })

  test.each([['emperor'], ['constructor'], ['__proto__'], ['Admin'], [''], ['member,admin']])(
    '%p is none, and is not given',
    async (role) => {
      const user = await member()
      expect(await refusalOf(set(admin, user, 'member', role))).toEqual({ roles: 'There is no such role.' })
      expect(await now(user)).toEqual(user)
    },
  )

  test('are 20 at most', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `role-${index}`)
    expect(await refusalOf(set(admin, await member(), ...many))).toEqual({ roles: 'There are more than 20 roles.' })
  })

  test('that the policy has forgotten can be taken away', async () => {
    const user = await world.register(['emperor', 'member'])
    expect(await set(admin, user, 'member')).toMatchObject({ roles: ['member'] })
  })

  test('beyond what one holds are neither given nor taken, to others or oneself', async () => {
    const clerk = await world.register(['registrar'])
    const registrar = world.asPerson(clerk)
    const fault = { roles: 'This takes more than you may do yourself.' }
    expect(await refusalOf(set(registrar, await member(), 'admin'))).toEqual(fault)
    expect(await refusalOf(set(registrar, clerk, 'admin'))).toEqual(fault)
    expect(await refusalOf(set(registrar, boss, 'member'))).toEqual(fault)
    expect(await now(boss)).toEqual(expect.objectContaining({ roles: ['admin'] }))
    expect(await set(registrar, await member(), 'support')).toMatchObject({ roles: ['support'] })
  })

  test('want a fresh proof', async () => {
    const stale = world.asPerson(boss, { authenticatedAt: new Date(Date.now() - 301_000) })
    const user = await member()
    expect(await refusalOf(set(stale, user, 'support'))).toBe('STEP_UP_REQUIRED')
    expect(await now(user)).toEqual(user)
  })
})

describe('attributes', () => {
  const set = (actor: Person, user: Subject, attributes: unknown) =>
    world.administration.setAttributes(actor, user.id, attributes)

  test('are replaced as a whole; the event has their names and nothing of what they say', async () => {
    const user = await member()
    await set(admin, user, { department: 'finance', clearance: 2, teams: ['a', 'b'], contractor: false })
    await set(admin, user, { clearance: 3, department: 'finance', floor: 4.5 })
    expect(await now(user)).toMatchObject({ attributes: { clearance: 3, department: 'finance', floor: 4.5 } })
    expect((await now(user))?.attributes).not.toHaveProperty('teams')
    expect(Object.keys((await now(user))?.attributes ?? {})).toEqual(['clearance', 'department', 'floor'])
    const [, event] = await eventsOf(user)
    expect(event).toMatchObject({
      name: 'user.attributes-changed',
      facts: { names: 'clearance,contractor,floor,teams' },
    })
  })

  test('of another type than the policy declares are refused', async () => {
    const fault = { attributes: 'The policy has another type for department.' }
    expect(await refusalOf(set(admin, await member(), { department: 7 }))).toEqual(fault)
  })

  test('that open what one may not do oneself are not given, nor taken', async () => {
    const clerk = world.asPerson(await world.register(['registrar']))
    const analyst = await world.register(['analyst'])
    const fault = { attributes: 'This takes more than you may do yourself.' }
    expect(await refusalOf(set(clerk, analyst, { department: 'finance' }))).toEqual(fault)
    expect(await set(clerk, analyst, { department: 'sales' })).toMatchObject({ attributes: { department: 'sales' } })
    const insider = await world.register(['analyst'], { department: 'finance' })
    expect(await refusalOf(set(clerk, insider, {}))).toEqual(fault)
    expect(await set(admin, analyst, { department: 'finance' })).toMatchObject({
      attributes: { department: 'finance' },
    })
  })
})

test('nobody brings somebody else into their own reach by an attribute, nor out of it', async () => {
  const wardenAndClerk = await world.register(['warden', 'clerk'], { department: 'finance' })
  const actor = world.asPerson(wardenAndClerk)
  const [far, near] = [
    await world.register([], { department: 'sales' }),
    await world.register([], { department: 'finance' }),
  ]
  const set = (user: Subject, attributes: object) => world.administration.setAttributes(actor, user.id, attributes)
  const fault = { attributes: 'This takes more than you may do yourself.' }
  expect(await refusalOf(set(far, { department: 'finance' }))).toEqual(fault)
  expect(await refusalOf(set(near, { department: 'sales' }))).toEqual(fault)
  expect((await now(far))?.attributes).toEqual({ department: 'sales' })
  expect(await set(far, { department: 'sales', floor: 3 })).toMatchObject({ attributes: { floor: 3 } })
})

test('nor into somebody else’s: what conditions read is set by those who need no condition', async () => {
  const clerk = world.asPerson(await world.register(['clerk']))
  const admin = world.asPerson(boss)
  const target = await world.register(['member'])
  const fault = { attributes: 'This takes more than you may do yourself.' }
  expect(await refusalOf(world.administration.setAttributes(clerk, target.id, { department: 'finance' }))).toEqual(
    fault,
  )
  expect(await world.administration.setAttributes(admin, target.id, { department: 'finance' })).toMatchObject({
    attributes: { department: 'finance' },
  })
})

describe('suspension', () => {
  const { suspend, reinstate } = {
    suspend: (actor: Person, user: Subject, reason?: string) => world.administration.suspend(actor, user.id, reason),
    reinstate: (actor: Person, user: Subject) => world.administration.reinstate(actor, user.id),
  }

  test('is kept with its time and reason, raises the security version, and leaves nothing when it ends', async () => {
    const user = await member()
    const suspended = await suspend(admin, user, '  Sold the silver. ')
    expect(suspended).toMatchObject({
      status: 'suspended',
      securityVersion: 2,
      suspension: { at: expect.any(Date), reason: 'Sold the silver.' },
    })
    expect(await now(user)).toEqual(suspended)
    expect(JSON.stringify(await eventsOf(user))).not.toContain('silver')
    expect(world.announced).toContainEqual({ kind: 'user', userId: user.id, securityVersion: 2 })
    await world.settled()
    expect(await world.documents('sessionSweeps').countDocuments({ userId: user.id })).toBe(0)
    expect(await reinstate(admin, user)).toEqual({ ...user, securityVersion: 2 })
    expect((await eventsOf(user)).map((event) => 'name' in event && event.name)).toEqual([
      'user.suspended',
      'user.reinstated',
    ])
  })

  test('of a new user there is none', async () => {
    const { id } = await member()
    expect(await world.documents('users').findOne({ _id: id })).not.toHaveProperty('suspension')
  })

  test('needs no reason', async () => {
    expect(await suspend(admin, await member(), ' ')).toMatchObject({ suspension: { reason: null } })
  })

  test('with a reason that cannot be shown, or is too long, does not happen', async () => {
    const user = await member()
    expect(await refusalOf(suspend(admin, user, 'x\u0000'))).toHaveProperty('reason')
    expect(await refusalOf(suspend(admin, user, 'x'.repeat(501)))).toHaveProperty('reason')
    expect(await now(user)).toEqual(user)
    expect(await suspend(admin, user, '\u{1f600}'.repeat(500))).toHaveProperty('suspension')
  })

  test('is not for oneself', async () => {
    await world.register(['admin'])
    expect(await refusalOf(suspend(admin, boss))).toEqual({ id: 'You cannot suspend yourself.' })
  })

  test('of somebody who may do more than the actor does not happen, nor does its end', async () => {
    const clerk = world.asPerson(await world.register(['registrar']))
    const other = await world.register(['admin'])
    const fault = { id: 'This user may do more than you.' }
    expect(await refusalOf(suspend(clerk, other))).toEqual(fault)
    await suspend(admin, other)
    expect(await refusalOf(reinstate(clerk, other))).toEqual(fault)
    expect(await reinstate(admin, other)).toMatchObject({ status: 'active' })
  })

  test('on a condition reaches those who meet it; to others it looks as if there was nobody', async () => {
    const warden = world.asPerson(await world.register(['warden'], { department: 'finance' }))
    const near = await world.register([], { department: 'finance' })
    const far = await world.register([], { department: 'sales' })
    expect(await suspend(warden, near)).toMatchObject({ status: 'suspended' })
    expect(await refusalOf(suspend(warden, far))).toBe('NOT_FOUND')
    expect(await refusalOf(suspend(warden, await world.register([])))).toBe('NOT_FOUND')
    expect(await now(far)).toEqual(far)
  })

  test('by one who may do it to oneself only finds nobody else', async () => {
    const owner = await world.register(['owner'])
    expect(await refusalOf(suspend(world.asPerson(owner), await member()))).toBe('NOT_FOUND')
    expect(await refusalOf(suspend(world.asPerson(owner), owner))).toEqual({ id: 'You cannot suspend yourself.' })
  })
})

describe('ending all sessions', () => {
  test('is for oneself, and for holders of session:revoke; to others it looks as if there was nobody', async () => {
    const [ann, ben] = [await member(), await member()]
    expect(await world.revokeAll(world.asPerson(ann), ann.id)).toBe(0)
    expect(await world.revokeAll(admin, ann.id)).toBe(0)
    for (const id of [ben.id, absentId, 'nonsense']) {
      expect(await refusalOf(world.revokeAll(world.asPerson(ann), id))).toBe('NOT_FOUND')
    }
    expect(await now(ann)).toMatchObject({ securityVersion: 3 })
    expect(await now(ben)).toEqual(ben)
    expect((await eventsOf(ann)).map((event) => 'actorId' in event && event.actorId)).toEqual([ann.id, boss.id])
  })

  test('is not for those who hold nothing of the permission, nor for nobody in particular', async () => {
    const clerk = world.asPerson(await world.register([]))
    expect(await refusalOf(world.revokeAll(clerk, clerk.userId))).toBe('FORBIDDEN')
    expect(await refusalOf(world.revokeAll(anonymous, clerk.userId))).toBe('SIGN_IN_REQUIRED')
  })

  test('by a machine needs the scope, and is written down as done by the machine', async () => {
    const user = await member()
    const machine = (...scopes: string[]) =>
      machineOf({ machineId: 'key_1', owner: boss, scopes, holdings: policy.holdingsOfMachine(scopes, boss) })
    expect(await refusalOf(world.revokeAll(machine('user:read'), user.id))).toBe('FORBIDDEN')
    expect(await refusalOf(world.revokeAll(machine('session:revoke@own'), user.id))).toBe('NOT_FOUND')
    expect(await world.revokeAll(machine('session:revoke'), user.id)).toBe(0)
    expect(await eventsOf(user)).toMatchObject([{ actorId: 'key_1', name: 'user.sessions-revoked' }])
  })

  test('is not done for somebody who lost the role since the request began', async () => {
    const fading = await world.register(['admin'])
    const user = await member()
    await world.documents('users').updateOne({ _id: fading.id }, { $set: { roles: ['member'] } })
    expect(await refusalOf(world.revokeAll(world.asPerson(fading), user.id))).toBe('CHANGED_MEANWHILE')
    expect(await now(user)).toEqual(user)
  })

  test('of somebody suspended changes nothing', async () => {
    const user = await member()
    await world.administration.suspend(admin, user.id)
    expect(await world.revokeAll(admin, user.id)).toBe(0)
    expect(await now(user)).toMatchObject({ securityVersion: 2 })
  })
})

test('a change that only a primary without a majority shows is made, and not taken for done', async () => {
  const user = await member()
  const stale = world.administrationReading({
    // A transaction has a majority, or fails.
    async find(id, tx) {
      const found = await world.store.find(id, tx)
      return found === null || tx !== undefined ? found : { ...found, status: 'suspended' }
    },
  })
  await stale.suspend(admin, user.id)
  expect(await now(user)).toMatchObject({ status: 'suspended', securityVersion: user.securityVersion + 1 })
})
