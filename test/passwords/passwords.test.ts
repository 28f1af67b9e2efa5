import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { NewAuditEvent } from '../../src/audit/events.js'
import { createBackground, type Background } from '../../src/kernel/background.js'
import { personOf, type Person } from '../../src/kernel/caller.js'
import { systemClock } from '../../src/kernel/clock.js'
import { newId } from '../../src/kernel/ids.js'
import { DomainError, Forbidden, InvalidInput, RateLimited } from '../../src/kernel/errors.js'
import { systemRandom } from '../../src/kernel/random.js'
import type { Subject } from '../../src/kernel/subject.js'
import { createMongoLimitStore } from '../../src/limits/mongo-store.js'
import { createLimits, defaultLimits, type LimitsService } from '../../src/limits/service.js'
import { createHasher, type Hasher } from '../../src/passwords/hasher.js'
import { createMongoCredentialStore } from '../../src/passwords/mongo-store.js'
import { defaultPasswordLimits } from '../../src/passwords/password-rules.js'
import { createScreening, type PasswordScreening } from '../../src/passwords/screening.js'
import { createGuessability } from '../../src/passwords/guessability.js'
import {
  createPasswords,
  CredentialsRejected,
  type PasswordsDependencies,
  type PasswordsService,
} from '../../src/passwords/service.js'
import type { CredentialStore } from '../../src/passwords/store.js'
import { ChangedMeanwhile } from '../../src/sessions/service.js'
import { createMongoUserStore } from '../../src/users/mongo-store.js'
import { createUsers, type UsersService } from '../../src/users/service.js'
import { testDatabase } from '../support/database.js'
import { holding } from '../support/holdings.js'

const password = 'correct horse battery'
const newPassword = 'staple staple staple'
const parameters = { memoryKiB: 64, passes: 1, parallelism: 1 }

let db: Awaited<ReturnType<typeof testDatabase>>
let store: CredentialStore
let users: UsersService
let limits: LimitsService
let hasher: Hasher
let screening: PasswordScreening
let passwords: PasswordsService
let background: Background
let recorded: NewAuditEvent[] = []
const expelled: string[] = []
let backgroundFaults: unknown[] = []
let counter = 0

class Outrun extends DomainError {
  constructor() {
    super('unauthenticated', 'SESSION_ENDED', 'Another change was faster.')
  }
}

beforeAll(async () => {
  db = await testDatabase()
  screening = createScreening({ breaches: null, guessability: createGuessability(), serviceWords: ['portcullis'] })
  const { connection } = db.database
  store = createMongoCredentialStore(connection)
  const deps = { store: createMongoUserStore(db.database), clock: systemClock, random: systemRandom }
  users = createUsers({ ...deps, identifierKey: Buffer.alloc(32, 1), announce: () => undefined })
  limits = createLimits({
    store: createMongoLimitStore(connection),
    // The fifth failure shuts the account for longer than any of these tests takes.
    settings: { ...defaultLimits, networkFailures: 1_000_000, accountFirstDelayMs: 60_000 },
    networkKey: Buffer.alloc(32, 2),
  })
})
afterAll(async () => {
  await screening.close()
  await db.drop()
})
beforeEach(async () => {
  recorded = []
  backgroundFaults = []
  background = createBackground((cause) => void backgroundFaults.push(cause))
  hasher = await hasherWith()
  passwords = passwordsWith()
})

const hasherWith = (change: Partial<Parameters<typeof createHasher>[0]> = {}): Promise<Hasher> =>
  createHasher({
    parameters,
    limits: defaultPasswordLimits,
    room: { concurrency: 2, queueLimit: 100 },
    random: systemRandom,
    ...change,
  })

/** The version is raised and the work is done in a real transaction; sessions have tests of their own. */
const changeSecurity: PasswordsDependencies['changeSecurity'] = (person, { work, event, keep, reason }) =>
  db.database.transact(async (tx) => {
    expect({ event, keep, reason }).toEqual({
      event: { name: 'password.changed', facts: {} },
      keep: person.sessionId,
      reason: 'password-changed',
    })
    const version = await users.bumpSecurityVersion(tx, person.userId, person.user.securityVersion)
    if (version === null) throw new Outrun()
    return work(tx)
  })

const passwordsWith = (change: Partial<PasswordsDependencies> = {}): PasswordsService =>
  createPasswords({
    store,
    hasher,
    limits,
    audit: { record: async (event) => void recorded.push(event) },
    background,
    clock: systemClock,
    rules: defaultPasswordLimits,
    screening,
    changeSecurity,
    endSession: async ({ sessionId }) => void expelled.push(sessionId),
    codes: { beginRow: async () => undefined },
    devices: { forgetOthers: async () => undefined },
    ...change,
  })

async function personWith(plaintext: string, permissions = ['password:change@own']): Promise<Person> {
  const email = `person${(counter += 1)}@example.com`
  const hash = await passwords.prepare(plaintext, 'input.password', { email })
  const user: Subject = await db.database.transact(async (tx) => {
    const registered = await users.register(tx, { email, roles: ['member'] })
    await passwords.set(tx, registered.id, hash)
    return registered
  })
  return personOf({
    user,
    sessionId: newId('ses', systemRandom),
    holdings: holding(...permissions),
    assurance: 'aal1',
    authenticatedAt: new Date(),
  })
}
const change = (person: Person, currentPassword: string, next: string): Promise<void> =>
  passwords.change(person, { currentPassword, newPassword: next })
const fieldsOf = (cause: unknown): unknown => (cause instanceof InvalidInput ? cause.details['fields'] : cause)
const isRight = async (person: Person, plaintext: string): Promise<boolean> =>
  (await passwords.verify(person.userId, plaintext)) !== 'wrong'

describe('a password', () => {
  test('is kept as a hash, and right only as it was typed', async () => {
    const ann = await personWith(password)
    expect(await isRight(ann, password)).toBe(true)
    expect(await isRight(ann, password.toUpperCase())).toBe(false)
    expect(await isRight(await personWith(newPassword), password)).toBe(false)
    const dump = await db.database.connection.collection('credentials').find({}).toArray()
    expect(JSON.stringify(dump)).not.toContain(password)
    const facts = { changedAt: expect.any(Date), isShort: false }
    expect(dump[0]).toEqual({ _id: expect.any(String), passwordHash: expect.any(String), ...facts })
  })

  test('is the same in NFC and NFD', async () => {
    const typed = 'Zoë’s naïve café, encore'
    const ann = await personWith(typed.normalize('NFD'))
    expect(await isRight(ann, typed.normalize('NFC'))).toBe(true)
    expect(await isRight(ann, typed.normalize('NFD'))).toBe(true)
  })

  test('of a stranger costs a read and a hash like any other', async () => {
    expect(await passwords.verify(null, password)).toBe('wrong')
    expect(hasher.stats).toEqual({ hashed: 1, decoyed: 1 })
    const ann = await personWith(password)
    const before = hasher.stats.hashed
    await isRight(ann, password)
    expect(hasher.stats).toEqual({ hashed: before + 1, decoyed: 1 })
  })

  test('of a stranger is looked up like any other', async () => {
    const ann = await personWith(password)
    const { db: native } = db.database.connection
    await native?.setProfilingLevel('all')
    await passwords.verify(null, password)
    await passwords.verify(ann.userId, password)
    await native?.setProfilingLevel('off')
    const reads = (await native?.collection('system.profile').find({ op: 'query' }).toArray()) ?? []
    expect(reads.map((read) => [read['ns'], Object.keys(read['command'].filter)])).toEqual([
      [`${native?.databaseName}.credentials`, ['_id']],
      [`${native?.databaseName}.credentials`, ['_id']],
    ])
  })

  test('of a megabyte costs no hash, whoever it is for', async () => {
    const ann = await personWith(password)
    const before = { ...hasher.stats }
    const huge = 'a'.repeat(1_000_000)
    expect(await isRight(ann, huge)).toBe(false)
    expect(await passwords.verify(null, huge)).toBe('wrong')
    await expect(passwords.prepare(huge, 'input.password', ann.user)).rejects.toThrow(InvalidInput)
    await expect(change(ann, password, huge)).rejects.toThrow(InvalidInput)
    await expect(change(ann, huge, newPassword)).rejects.toThrow(CredentialsRejected)
    expect(hasher.stats).toEqual(before)
  })

  test('that breaks the rules is named by its field, and not repeated', async () => {
    const attempt = passwords.prepare('hunter2', 'input.password', { email: 'ann@example.com' })
    const refusal: unknown = await attempt.catch((cause: unknown) => cause)
    expect(fieldsOf(refusal)).toEqual({ 'input.password': 'The password is shorter than 15 characters.' })
    expect(JSON.stringify(refusal)).not.toContain('hunter2')
    expect(passwords.rules()).toEqual({
      minLength: 15,
      minLengthWithSecondFactor: 8,
      maxLength: 128,
      guessabilityScore: 3,
      breachedRefused: false,
    })
  })
})

describe('changing the password', () => {
  test('makes the new one right, the old one wrong, and ends what the old one began', async () => {
    const ann = await personWith(password)
    await change(ann, password, newPassword)
    expect([await isRight(ann, password), await isRight(ann, newPassword)]).toEqual([false, true])
    expect(await users.find(ann.userId)).toMatchObject({ securityVersion: 2 })
  })

  test('needs the current one; a wrong one changes nothing and is on record', async () => {
    const ann = await personWith(password)
    await expect(change(ann, 'not the current one', newPassword)).rejects.toThrow(CredentialsRejected)
    await background.drained()
    expect([await isRight(ann, password), await isRight(ann, newPassword)]).toEqual([true, false])
    expect(await users.find(ann.userId)).toMatchObject({ securityVersion: 1 })
    expect(recorded).toEqual([
      {
        name: 'password.change-refused',
        actorId: ann.userId,
        subjectId: ann.userId,
        outcome: 'refused',
        facts: { sessionId: ann.sessionId },
      },
    ])
  })

  test.each([
    ['too short', 'short', 'The password is shorter than 15 characters.'],
    ['the current one', password, 'The new password is the current one.'],
  ])('to one that is %s is refused before anything is hashed', async (_name, next, sentence) => {
    const ann = await personWith(password)
    const before = { ...hasher.stats }
    const refusal: unknown = await change(ann, password, next).catch((cause: unknown) => cause)
    expect(fieldsOf(refusal)).toEqual({ 'input.newPassword': sentence })
    expect(hasher.stats).toEqual(before)
  })

  test('to the current one in another form of Unicode is refused too', async () => {
    const typed = 'naïve café passphrase'
    const ann = await personWith(typed.normalize('NFC'))
    await expect(change(ann, typed.normalize('NFC'), typed.normalize('NFD'))).rejects.toThrow(InvalidInput)
  })

  test('needs the permission', async () => {
    const ann = await personWith(password, [])
    await expect(change(ann, password, newPassword)).rejects.toThrow(Forbidden)
    expect(await isRight(ann, password)).toBe(true)
  })

  test('lets fifty parallel guesses have five hashes', async () => {
    const ann = await personWith(password)
    const before = hasher.stats.hashed
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => change(ann, `wrong guess number ${i}`, newPassword)),
    )
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as unknown) : null))
    expect(reasons.filter((reason) => reason instanceof CredentialsRejected)).toHaveLength(5)
    expect(reasons.filter((reason) => reason instanceof RateLimited)).toHaveLength(45)
    expect(hasher.stats.hashed - before).toBe(5)
    // The right one has to wait too: it cannot be told apart before the hash.
    await expect(change(ann, password, newPassword)).rejects.toThrow(RateLimited)
  })

  test('does not count attempts that found no room to hash', async () => {
    const ann = await personWith(password)
    const noRoom = await hasherWith({ room: { concurrency: 0, queueLimit: 0 } })
    const crowded = passwordsWith({ hasher: noRoom })
    for (let i = 0; i < 8; i++) {
      const attempt = crowded.change(ann, { currentPassword: password, newPassword })
      await expect(attempt).rejects.toThrow(RateLimited)
    }
    await expect(change(ann, password, newPassword)).resolves.toBeUndefined()
  })

  test('succeeds for exactly one of several at once', async () => {
    const ann = await personWith(password)
    const candidates = Array.from({ length: 4 }, (_, i) => `the new password no ${i}`)
    const outcomes = await Promise.allSettled(candidates.map((candidate) => change(ann, password, candidate)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const right = await Promise.all(candidates.map((candidate) => isRight(ann, candidate)))
    expect(right).toEqual(outcomes.map(({ status }) => status === 'fulfilled'))
    expect(await users.find(ann.userId)).toMatchObject({ securityVersion: 2 })
  })

  test('is off when the password that was proven is gone by then', async () => {
    const ann = await personWith(password)
    const reset = await passwords.prepare('set by somebody else', 'input.password', ann.user)
    const overtaken = passwordsWith({
      changeSecurity: async (person, security) => {
        await db.database.transact((tx) => passwords.set(tx, person.userId, reset))
        return changeSecurity(person, security)
      },
    })
    const attempt = overtaken.change(ann, { currentPassword: password, newPassword })
    await expect(attempt).rejects.toThrow(ChangedMeanwhile)
    expect(await isRight(ann, 'set by somebody else')).toBe(true)
    expect(await users.find(ann.userId)).toMatchObject({ securityVersion: 1 })
  })
})

describe('a hash of older parameters', () => {
  test('is replaced after a sign-in, without counting as a change', async () => {
    const ann = await personWith(password)
    const stronger = passwordsWith({ hasher: await hasherWith({ parameters: { ...parameters, passes: 2 } }) })
    const credentials = db.database.connection.collection<{ _id: string; passwordHash: string; changedAt: Date }>(
      'credentials',
    )
    const before = await credentials.findOne({ _id: ann.userId })
    expect(await passwords.rehashIfNeeded(ann.userId, password)).toBe(false)
    expect(await passwords.verify(ann.userId, password)).toBe('right')
    expect(await stronger.verify(ann.userId, password)).toBe('outdated')
    expect(await stronger.verify(ann.userId, newPassword)).toBe('wrong')
    expect(await stronger.rehashIfNeeded(ann.userId, password)).toBe(true)
    expect(await stronger.verify(ann.userId, password)).toBe('right')
    expect(await stronger.rehashIfNeeded(ann.userId, password)).toBe(false)
    const after = await credentials.findOne({ _id: ann.userId })
    expect(after?.passwordHash).toMatch(/t=2/)
    expect(after?.changedAt).toEqual(before?.changedAt)
    expect(await stronger.verify(ann.userId, password)).toBe('right')
  })

  test('does not bring back a password that was changed meanwhile', async () => {
    const ann = await personWith(password)
    await change(ann, password, newPassword)
    const stronger = passwordsWith({ hasher: await hasherWith({ parameters: { ...parameters, passes: 2 } }) })
    expect(await stronger.rehashIfNeeded(ann.userId, password)).toBe(false)
    expect([await isRight(ann, password), await isRight(ann, newPassword)]).toEqual([false, true])
  })

  test('loses against a change that comes between', async () => {
    const ann = await personWith(password)
    const old = (await store.findHash(ann.userId)) ?? ''
    await change(ann, password, newPassword)
    expect(await store.rehash(ann.userId, old, 'anything')).toBe(false)
    expect(await isRight(ann, newPassword)).toBe(true)
  })

  test('waits for the next sign-in when there is no room to hash', async () => {
    const ann = await personWith(password)
    const room = { concurrency: 0, queueLimit: 0 }
    const crowded = passwordsWith({ hasher: await hasherWith({ room, parameters: { ...parameters, passes: 2 } }) })
    expect(await crowded.rehashIfNeeded(ann.userId, password)).toBe(false)
  })
})
