import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { anonymous, machineOf, personOf, type Person } from '../../src/kernel/caller.js'
import { systemClock } from '../../src/kernel/clock.js'
import {
  DomainError,
  Forbidden,
  InvalidInput,
  NotFound,
  Unauthenticated,
  Unavailable,
} from '../../src/kernel/errors.js'
import type { IdentityChange } from '../../src/kernel/identity-change.js'
import { systemRandom } from '../../src/kernel/random.js'
import type { Subject } from '../../src/kernel/subject.js'
import { connectDatabase } from '../../src/mongo/connection.js'
import { createMongoUserStore } from '../../src/users/mongo-store.js'
import { createUsers, EmailTaken, type Registration, type UsersService } from '../../src/users/service.js'
import type { UserStore } from '../../src/users/store.js'
import { testDatabase } from '../support/database.js'
import { holding } from '../support/holdings.js'

const identifierKey = Buffer.alloc(32, 7)
const absentId = `usr_${'0'.repeat(26)}`

let db: Awaited<ReturnType<typeof testDatabase>>
let store: UserStore
let users: UsersService
let announced: IdentityChange[] = []

beforeAll(async () => {
  db = await testDatabase()
  store = createMongoUserStore(db.database)
  users = usersOn(store)
})
afterAll(() => db.drop())
beforeEach(() => {
  announced = []
})

function usersOn(on: UserStore): UsersService {
  const announce = (change: IdentityChange): void => void announced.push(change)
  return createUsers({ store: on, clock: systemClock, random: systemRandom, identifierKey, announce })
}

let counter = 0
const freshEmail = (): string => `person${(counter += 1)}@example.com`
const register = (change: Partial<Registration> = {}): Promise<Subject> =>
  db.database.transact((tx) => users.register(tx, { email: freshEmail(), roles: ['member'], ...change }))

async function refusalOf(work: () => Promise<unknown>): Promise<DomainError> {
  const cause: unknown = await work().then(
    () => null,
    (cause: unknown) => cause,
  )
  if (cause instanceof DomainError) return cause
  throw new Error('It was not refused', { cause })
}
const asPerson = (user: Subject, ...permissions: string[]): Person =>
  personOf({
    user,
    sessionId: `ses_${'0'.repeat(26)}`,
    holdings: holding(...permissions),
    assurance: 'aal1',
    authenticatedAt: new Date(),
  })
const documents = (collection: string) => db.database.connection.collection<{ _id: string }>(collection)

describe('registering', () => {
  test('makes an active, unverified user that is found by every spelling of the address', async () => {
    const user = await register({ email: ' Zoe\u0308@Bücher.example ', displayName: ' Zoe\u0308 ' })
    expect(user).toMatchObject({
      email: 'zo\u00eb@xn--bcher-kva.example',
      displayName: 'Zo\u00eb',
      emailVerified: false,
      roles: ['member'],
      attributes: {},
      status: 'active',
      securityVersion: 1,
      enrolledAssurance: 'aal1',
      enrolledFactors: [],
    })
    expect(user.id).toMatch(/^usr_[0-9a-z]{26}$/)
    for (const spelling of ['zo\u00eb@bücher.example', 'ZOE\u0308@XN--BCHER-KVA.EXAMPLE']) {
      expect(await users.findByIdentifier(users.identify(spelling)?.identifier ?? '')).toBe(user.id)
    }
    expect(await users.find(user.id)).toEqual(user)
    expect(await users.findVerdict(user.id)).toEqual(user)
  })

  test('keeps the address out of the identifiers', async () => {
    await register({ email: 'secret.person@example.com' })
    expect(JSON.stringify(await documents('identifiers').find({}).toArray())).not.toContain('secret.person')
  })

  test('a second account for one address is refused, and leaves nothing behind', async () => {
    const { email } = await register()
    const before = await documents('users').countDocuments()
    await expect(register({ email: email.toUpperCase() })).rejects.toThrow(EmailTaken)
    expect(await documents('users').countDocuments()).toBe(before)
  })

  test('succeeds for exactly one of twenty who register one address at once', async () => {
    const email = freshEmail()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => register({ email })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(EmailTaken)
    expect(await documents('users').countDocuments({ email })).toBe(1)
  })

  test('what fails later in the transaction takes the user and the address with it', async () => {
    const email = freshEmail()
    const attempt = db.database.transact(async (tx) => {
      await users.register(tx, { email, roles: [] })
      throw new Error('later')
    })
    await expect(attempt).rejects.toThrow('later')
    expect(await documents('users').countDocuments({ email })).toBe(0)
    await expect(register({ email })).resolves.toMatchObject({ email })
  })

  test('every fault is named at once, and none repeats what was typed', async () => {
    const refusal = await refusalOf(() => register({ email: 'nonsense', displayName: 'x\u0000' }))
    expect(refusal).toBeInstanceOf(InvalidInput)
    expect(refusal.details['fields']).toEqual({
      'input.email': 'This is not an e-mail address.',
      'input.displayName': 'The display name has characters that cannot be shown.',
    })
    expect(users.registrationFaults({ email: 'ann@example.com', displayName: null })).toEqual({})
  })
})

describe('reading a user', () => {
  test('is for the person, and for whoever holds user:read', async () => {
    const [ann, eve] = [await register(), await register()]
    expect(users.get(asPerson(ann, 'user:read@own'), ann)).toEqual(ann)
    expect(users.get(asPerson(eve, 'user:read'), ann)).toEqual(ann)
  })

  test('a user of somebody else looks exactly like one that never was', async () => {
    const [ann, eve] = [await register(), await register()]
    const caller = asPerson(eve, 'user:read@own')
    const foreign = await refusalOf(async () => users.get(caller, ann))
    const absent = await refusalOf(async () => users.get(caller, null))
    expect(foreign).toBeInstanceOf(NotFound)
    expect({ message: foreign.message, facts: Object.entries(foreign) }).toEqual({
      message: absent.message,
      facts: Object.entries(absent),
    })
  })

  test('a machine sees its owner only as far as its scopes reach', async () => {
    const ann = await register()
    const machine = (...scopes: string[]) =>
      machineOf({ machineId: `key_${'0'.repeat(26)}`, owner: ann, scopes, holdings: holding(...scopes) })
    expect(() => users.get(machine(), ann)).toThrow(NotFound)
    expect(users.get(machine('user:read@own'), ann)).toEqual(ann)
  })

  test('nobody is asked to sign in first', async () => {
    expect(() => users.get(anonymous, null)).toThrow(Unauthenticated)
  })

  test('what cannot be an id is not found, and not looked for', async () => {
    const admin = asPerson(await register(), 'user:read')
    // A closed connection: any read would be Unavailable.
    const closed = await connectDatabase(db.uri, systemClock)
    const cutOff = usersOn(closed.reporting(createMongoUserStore(closed)))
    await closed.close()
    for (const id of ['', 'usr_', absentId.toUpperCase(), `ses_${'0'.repeat(26)}`, '{"$gt":""}', 'x'.repeat(100_000)]) {
      expect(await cutOff.resolveReference(admin, id, cutOff.find)).toBeNull()
    }
    await expect(cutOff.resolveReference(admin, absentId, cutOff.find)).rejects.toThrow(Unavailable)
  })

  test('by a reference of another subgraph is the same, with null for every refusal', async () => {
    const [ann, eve] = [await register(), await register()]
    const caller = asPerson(ann, 'user:read@own')
    expect(await users.resolveReference(caller, ann.id, users.find)).toEqual(ann)
    for (const id of [
      eve.id,
      absentId,
      'nonsense',
      '',
      null,
      undefined,
      7,
      { $gt: '' },
      [ann.id],
      { __proto__: ann },
    ]) {
      expect(await users.resolveReference(caller, id, users.find)).toBeNull()
    }
    expect(await users.resolveReference(anonymous, ann.id, users.find)).toBeNull()
    expect(await users.resolveReference(asPerson(eve, 'user:read'), ann.id, users.find)).toEqual(ann)
  })

  test('for a verdict waits for the majority, and no longer than an answer may take', async () => {
    const ann = await register()
    const { db: native } = db.database.connection
    await native?.setProfilingLevel('all')
    expect(await users.findVerdict(ann.id)).toEqual(ann)
    await native?.setProfilingLevel('off')
    const [read] = (await native?.collection('system.profile').find({ op: 'query' }).toArray()) ?? []
    expect(read?.['command']).toMatchObject({
      readConcern: { level: 'linearizable' },
      maxTimeMS: db.database.answerWithinMs,
    })
  })

  test('an operator in place of an id finds nobody', async () => {
    await register()
    const operator: string = JSON.parse('{"$gt":""}')
    await expect(store.find(operator)).rejects.toThrow(/Cast to string/)
    await expect(store.findIdByIdentifier(operator)).rejects.toThrow(/Cast to string/)
  })
})

describe('reading many users', () => {
  test('gives each in the order they were asked for, as often as they were, and null for who is not there', async () => {
    const [ada, eve] = [await register(), await register()]
    expect(await users.findMany([eve.id, absentId, ada.id, eve.id])).toEqual([eve, null, ada, eve])
  })
})

describe('updating the profile', () => {
  const able = 'profile:update@own'

  test('changes the name, keeps it, removes it', async () => {
    const ann = asPerson(await register({ displayName: 'Ann' }), able)
    expect(await users.updateProfile(ann, { displayName: ' Ann Lee ' })).toMatchObject({ displayName: 'Ann Lee' })
    expect(await users.updateProfile(ann, {})).toMatchObject({ displayName: 'Ann Lee' })
    expect(await users.updateProfile(ann, { displayName: null })).toMatchObject({ displayName: null })
    expect(await users.find(ann.userId)).toMatchObject({ displayName: null, securityVersion: 1 })
  })

  test('is announced once it is written, and only then', async () => {
    const user = await register({ displayName: 'Ann' })
    const ann = asPerson(user, able)
    await users.updateProfile(ann, {})
    await expect(users.updateProfile(ann, { displayName: '' })).rejects.toThrow(InvalidInput)
    expect(announced).toEqual([])
    await users.updateProfile(ann, { displayName: 'Anna' })
    expect(announced).toEqual([{ kind: 'user', userId: user.id }])
  })

  test('a bad name changes nothing and is named by its field', async () => {
    const ann = asPerson(await register({ displayName: 'Ann' }), able)
    await expect(users.updateProfile(ann, { displayName: 'a'.repeat(101) })).rejects.toMatchObject({
      details: { fields: { 'input.displayName': 'The display name is longer than 100 characters.' } },
    })
    expect(await users.find(ann.userId)).toMatchObject({ displayName: 'Ann' })
  })

  test('needs the permission', async () => {
    const ann = await register({ displayName: 'Ann' })
    await expect(users.updateProfile(asPerson(ann), { displayName: 'Eve' })).rejects.toThrow(Forbidden)
    expect(await users.find(ann.id)).toMatchObject({ displayName: 'Ann' })
  })

  test('a person who was deleted meanwhile is not found', async () => {
    const ann = asPerson({ ...(await register()), id: absentId }, able)
    await expect(users.updateProfile(ann, { displayName: 'Ann' })).rejects.toThrow(NotFound)
    expect(announced).toEqual([])
  })
})

describe('the security version', () => {
  const bump = (userId: string, expected: number) =>
    db.database.transact((tx) => users.bumpSecurityVersion(tx, userId, expected))

  test('rises for exactly one of many who read the same one', async () => {
    const { id } = await register()
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => bump(id, 1)))
    expect(outcomes.filter((version) => version !== null)).toEqual([2])
    expect(await users.findVerdict(id)).toMatchObject({ securityVersion: 2 })
  })

  test('does not rise for somebody suspended, nor for nobody', async () => {
    const { id } = await register()
    await documents('users').updateOne({ _id: id }, { $set: { status: 'suspended' } })
    expect(await bump(id, 1)).toBeNull()
    expect(await bump(absentId, 1)).toBeNull()
  })

  test('falls back with its transaction', async () => {
    const { id } = await register()
    const attempt = db.database.transact(async (tx) => {
      expect(await users.bumpSecurityVersion(tx, id, 1)).toBe(2)
      expect(await users.find(id, tx)).toMatchObject({ securityVersion: 2 })
      throw new Error('later')
    })
    await expect(attempt).rejects.toThrow('later')
    expect(await users.find(id)).toMatchObject({ securityVersion: 1 })
  })
})

test('the first start is told from every other', async () => {
  const fresh = await testDatabase()
  const empty = usersOn(createMongoUserStore(fresh.database))
  expect(await empty.isEmpty()).toBe(true)
  await fresh.database.transact((tx) => empty.register(tx, { email: 'first@example.com', roles: ['admin'] }))
  expect(await empty.isEmpty()).toBe(false)
  await fresh.drop()
})
