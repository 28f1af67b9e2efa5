import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { definePolicy } from '../../src/authorization/index.js'
import { anonymous, machineOf, type Caller } from '../../src/kernel/caller.js'
import { Forbidden, InvalidInput, Unauthenticated } from '../../src/kernel/errors.js'
import type { Position } from '../../src/kernel/page.js'
import type { Subject } from '../../src/kernel/subject.js'
import type { UserFilter } from '../../src/users/service.js'
import { startTestAdministration, type TestAdministration } from '../support/administration.js'

const policy = definePolicy({
  permissions: ['user:read', 'user:suspend', 'user:assign-roles'],
  attributes: { department: 'string', regions: 'strings' },
  properties: {
    user: {
      status: 'string',
      emailVerified: 'boolean',
      enrolledAssurance: 'string',
      'attributes.department': 'string',
      'attributes.region': 'string',
      roles: 'strings',
    },
  },
  roles: {
    member: { can: ['user:read@own'] },
    admin: { can: ['user:read', 'user:suspend'] },
    colleague: {
      can: [
        'user:read@own',
        { permission: 'user:read', where: { 'attributes.department': { attribute: 'department' } } },
      ],
    },
    regional: {
      can: [{ permission: 'user:read', where: { status: 'active', 'attributes.region': { attribute: 'regions' } } }],
    },
    // `roles` has no place in the filter of a list.
    lost: { can: [{ permission: 'user:read', where: { roles: 'member' } }] },
  },
})

let world: TestAdministration
let people: Record<string, Subject>
beforeAll(async () => {
  world = await startTestAdministration(policy)
  people = {}
  for (const [name, roles, attributes] of [
    ['ann', ['admin'], {}],
    ['ben', ['member'], { department: 'finance', region: 'north' }],
    ['cat', ['colleague', 'member'], { department: 'finance', region: 'south' }],
    ['dan', ['regional'], { department: 'sales', regions: ['north', 'east'], region: 'west' }],
    ['eve', ['lost'], { department: 'sales', region: 'east' }],
    ['fay', ['colleague'], {}],
  ] as const) {
    people[name] = await world.register(roles, attributes)
  }
  await world.documents('users').updateOne({ _id: person('eve').id }, { $set: { status: 'suspended' } })
})
afterAll(() => world.close())

function person(name: string): Subject {
  const found = people[name]
  if (found === undefined) throw new Error(`Nobody is called ${name}`)
  return found
}
const nameOf = ({ id }: Subject): string => Object.entries(people).find(([, user]) => user.id === id)?.[0] ?? 'somebody'
const as = (name: string): Caller => world.asPerson(person(name))

async function listed(caller: Caller, filter: UserFilter = {}): Promise<string> {
  const { users, totalCount, hasNextPage } = await world.users.list(caller, { first: 100, after: null }, filter)
  expect({ totalCount, hasNextPage }).toEqual({ totalCount: users.length, hasNextPage: false })
  return users.map(nameOf).join(' ')
}

describe('a list of users', () => {
  test('has everybody for holders of user:read, newest first', async () => {
    expect(await listed(as('ann'))).toBe('fay eve dan cat ben ann')
  })

  test.each([
    ['those who meet the condition, and oneself', 'cat', 'cat ben'],
    ['those who meet all of the condition, by any value of a list', 'dan', 'ben'],
    ['oneself only, where what the condition compares with is not known', 'fay', null],
    ['nobody, on a condition that has no place in the filter', 'eve', ''],
  ])('has %s', async (_name, caller, expected) => {
    if (expected === null) await expect(listed(as(caller))).rejects.toThrow(Forbidden)
    else expect(await listed(as(caller))).toBe(expected)
  })

  test('has exactly those that its reader may open one by one', async () => {
    for (const reader of ['ann', 'cat', 'dan']) {
      const caller = as(reader)
      const open: string[] = []
      for (const [name, { id }] of Object.entries(people)) {
        const found = await world.users.resolveReference(caller, id, world.users.find)
        if (found !== null) open.unshift(name)
      }
      expect([reader, await listed(caller)]).toEqual([reader, open.join(' ')])
    }
  })

  test('is refused to those who may read themselves only, to machines without the scope, and to nobody in particular', async () => {
    const owner = person('ann')
    const machine = (...scopes: string[]) =>
      machineOf({ machineId: 'key_1', owner, scopes, holdings: policy.holdingsOfMachine(scopes, owner) })
    await expect(listed(as('ben'))).rejects.toThrow(Forbidden)
    await expect(listed(machine())).rejects.toThrow(Forbidden)
    await expect(listed(machine('user:read@own'))).rejects.toThrow(Forbidden)
    await expect(listed(anonymous)).rejects.toThrow(Unauthenticated)
    expect(await listed(machine('user:read'))).toBe('fay eve dan cat ben ann')
  })

  test('comes in pages without gaps or repetition, each with the whole count', async () => {
    // Two of one millisecond: the id decides.
    const { createdAt } = person('cat')
    await world.documents('users').updateOne({ _id: person('ben').id }, { $set: { createdAt } })
    const names: string[] = []
    let after: Position | null = null
    for (let page = 0; page < 6; page += 1) {
      const found: Awaited<ReturnType<typeof world.users.list>> = await world.users.list(
        as('ann'),
        { first: 1, after },
        {},
      )
      expect(found).toMatchObject({ totalCount: 6, hasNextPage: page < 5 })
      names.push(...found.users.map(nameOf))
      after = found.users[0] ?? null
    }
    expect(names.toSorted()).toEqual(['ann', 'ben', 'cat', 'dan', 'eve', 'fay'])
    await world
      .documents('users')
      .updateOne({ _id: person('ben').id }, { $set: { createdAt: person('ben').createdAt } })
  })

  test('is filtered by address in any spelling, status, role and time', async () => {
    const ann = as('ann')
    expect(await listed(ann, { email: person('ben').email.toUpperCase() })).toBe('ben')
    expect(await listed(ann, { email: 'nobody@example.com' })).toBe('')
    expect(await listed(ann, { status: 'suspended' })).toBe('eve')
    expect(await listed(ann, { role: 'member' })).toBe('cat ben')
    expect(await listed(ann, { role: 'member', status: 'suspended' })).toBe('')
    const { createdAt } = person('cat')
    expect(await listed(ann, { createdAfter: createdAt })).toBe('fay eve dan cat')
    expect(await listed(ann, { createdBefore: createdAt })).toBe('ben ann')
    expect(await listed(ann, { createdAfter: createdAt, createdBefore: person('dan').createdAt })).toBe('cat')
    expect(await listed(ann, { email: null, status: null, role: null, createdAfter: null })).toBe(
      'fay eve dan cat ben ann',
    )
  })

  test('finds nobody by address that its reader may not read', async () => {
    expect(await listed(as('cat'), { email: person('dan').email })).toBe('')
    expect(await listed(as('cat'), { email: person('ben').email })).toBe('ben')
  })

  test('says what is no address, by its field', async () => {
    const refusal = await listed(as('ann'), { email: 'a b@c' }).catch((cause: unknown) => cause)
    expect(refusal).toBeInstanceOf(InvalidInput)
    expect(refusal).toMatchObject({ details: { fields: { 'filter.email': 'This is not an e-mail address.' } } })
  })
})

test('a reference to somebody whom the condition does not reach is null, as if there was nobody', async () => {
  expect(await world.users.resolveReference(as('cat'), person('ben').id, world.users.find)).toEqual(person('ben'))
  expect(await world.users.resolveReference(as('cat'), person('dan').id, world.users.find)).toBeNull()
})
