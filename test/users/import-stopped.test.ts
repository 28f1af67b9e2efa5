import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hashSync } from '@node-rs/bcrypt'
import { createImport, type ImportCounts, type ImportService } from '../../src/import/service.js'
import { Unavailable } from '../../src/kernel/errors.js'
import { createMongoUserStore } from '../../src/users/mongo-store.js'
import { createImportedUsers } from '../../src/users/imported-users.js'
import type { ImportedUsersService } from '../../src/users/service.js'
import { eventually } from '../support/eventually.js'
import { fileOf, importUsers } from '../support/imports.js'
import { newEmail, signIn, signInMutation, signUp, signUpMutation } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')
const password = 'old pass'
const passwordHash = hashSync(password, { cost: 4 })
const anotherPassword = 'a password of my own'

let server: TestPortcullis
let users: ImportedUsersService
beforeAll(async () => {
  server = await startTestPortcullis()
  const { keys, policy, clock, database } = server.app
  const store = createMongoUserStore(database)
  users = createImportedUsers({ store, policy, clock, identifierKey: keys.firstDataKey().derive('identifiers') })
})
afterAll(async () => {
  await server.close()
})

const on = (collection: string) => server.app.database.connection.collection<{ _id: string }>(collection)
const trySignIn = async (email: string, given = password) =>
  reasonOf(await server.ask(signInMutation, { variables: { input: { email, password: given } } }))
const trySignUp = async (email: string) =>
  reasonOf(await server.ask(signUpMutation, { variables: { input: { email, password: anotherPassword } } }))
async function userIdOf(email: string): Promise<string | undefined> {
  return (await on('users').findOne({ email }))?._id
}

/** The import of the running service, some of whose steps go another way. */
function importWith(
  change: Partial<ImportedUsersService>,
  insertImported = server.app.passwords.insertImported,
): ImportService {
  const { passwords, audit, clock } = server.app
  return createImport({ users: { ...users, ...change }, passwords: { ...passwords, insertImported }, audit, clock })
}

function runOf(imports: ImportService, lines: readonly object[]): Promise<ImportCounts> {
  const source = Readable.from([Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))])
  return imports.run(source, { dryRun: false, onFault: () => undefined, onProgress: () => undefined })
}

const stop = () => Promise.reject(new Error('killed'))

describe('An import that was stopped', () => {
  test.each<[string, () => ImportService, boolean]>([
    ['before the addresses', () => importWith({ claim: stop }), false],
    ['before the passwords', () => importWith({}, stop), true],
    ['before the users', () => importWith({ insert: stop }), true],
  ])('%s lets nobody in, and the next one completes it', async (_name, half, isAddressKept) => {
    const [first, second, third] = [newEmail(), newEmail(), newEmail()]
    const lines = [first, second, third].map((email) => ({ email, passwordHash }))
    await expect(runOf(half(), lines)).rejects.toThrow('killed')
    expect(await trySignIn(first)).toBe('CREDENTIALS_REJECTED')
    // Somebody who signs up in between has the address or has it not, but never somebody else's account.
    expect(await trySignUp(second)).toBe(isAddressKept ? 'EMAIL_TAKEN' : null)
    const { code, out } = await importUsers(server.app, [fileOf(lines), '--json'])
    expect([code, JSON.parse(out).added]).toEqual(isAddressKept ? [0, 3] : [1, 2])
    await signIn(server.ask, { email: first, password })
    expect(await on('identifiers').countDocuments({ userId: await userIdOf(first) })).toBe(1)
  })

  test('has left no password behind that the next file does not say', async () => {
    const [corrected, without] = [newEmail(), newEmail()]
    const wrong = hashSync('wrong pass', { cost: 4 })
    const half = [corrected, without].map((email) => ({ email, passwordHash: wrong }))
    await expect(runOf(importWith({ insert: stop }), half)).rejects.toThrow('killed')
    await importUsers(server.app, [fileOf([{ email: corrected, passwordHash }, { email: without }])])
    await signIn(server.ask, { email: corrected, password })
    for (const email of [corrected, without]) expect(await trySignIn(email, 'wrong pass')).toBe('CREDENTIALS_REJECTED')
  })

  test('by kill -9 is completed by the next one, with nobody twice', async () => {
    const emails = Array.from({ length: 12_000 }, (_, i) => `killed.${i}@example.com`)
    const path = fileOf(emails.map((email) => ({ email, passwordHash })))
    const killed = { email: /^killed\./ }
    const env = { PATH: process.env['PATH'], ...server.env }
    const command = spawn(process.execPath, [cli, 'user', 'import', path], { env, stdio: 'ignore' })
    const exited = once(command, 'exit')
    const someAreIn = async () => expect(await on('users').countDocuments(killed)).toBeGreaterThan(0)
    await eventually(someAreIn)
    command.kill('SIGKILL')
    expect((await exited)[1]).toBe('SIGKILL')
    const before = (await on('users').find(killed).toArray()).map(({ _id }) => _id)
    // Whoever is there by then has all of it.
    expect(await on('credentials').countDocuments({ _id: { $in: before } })).toBe(before.length)
    expect(await on('identifiers').countDocuments({ userId: { $in: before } })).toBe(before.length)
    const { code, out } = await importUsers(server.app, [path, '--json'])
    const { added, alreadyThere, faulty } = JSON.parse(out) as ImportCounts
    expect([code, added + alreadyThere, faulty]).toEqual([0, emails.length, 0])
    // The database finishes what it was given last: there may be more than were seen.
    expect([alreadyThere >= before.length, added > 0]).toEqual([true, true])
    const ids = (await on('users').find(killed).toArray()).map(({ _id }) => _id)
    const counts = await Promise.all([
      on('identifiers').countDocuments({ userId: { $in: ids } }),
      on('credentials').countDocuments({ _id: { $in: ids } }),
    ])
    expect([ids.length, ...counts]).toEqual([emails.length, emails.length, emails.length])
    for (const email of ['killed.0@example.com', 'killed.11999@example.com'])
      await signIn(server.ask, { email, password })
  }, 120_000)
})

describe('An import that is run again', () => {
  test('changes nobody who is there: not their password, not their name', async () => {
    const email = newEmail()
    const path = fileOf([{ email, displayName: 'Before', passwordHash }])
    await importUsers(server.app, [path])
    const { accessToken: token, userId } = await signIn(server.ask, { email, password })
    await server.ask('mutation { updateProfile(input: { displayName: "After" }) { displayName } }', { token })
    const change = `mutation { changePassword(input: { currentPassword: "${password}", newPassword: "${anotherPassword}" }) }`
    // The new hash after the sign-in may be between the two halves of the change.
    await eventually(async () => expect(reasonOf(await server.ask(change, { token }))).toBeNull())
    const { code, out } = await importUsers(server.app, [path, '--json'])
    expect([code, JSON.parse(out)]).toMatchObject([0, { added: 0, alreadyThere: 1, faulty: 0 }])
    expect(await trySignIn(email)).toBe('CREDENTIALS_REJECTED')
    await signIn(server.ask, { email, password: anotherPassword })
    expect(await on('users').findOne({ _id: userId })).toMatchObject({ displayName: 'After' })
  })

  test('does not let an address lead to somebody again who has given it up', async () => {
    const email = newEmail()
    const path = fileOf([{ email, passwordHash }])
    await importUsers(server.app, [path])
    const { userId } = await signIn(server.ask, { email, password })
    // What a change of address does.
    await on('identifiers').deleteOne({ userId })
    const { code, out } = await importUsers(server.app, [path, '--json'])
    expect([code, JSON.parse(out)]).toMatchObject([0, { added: 0, alreadyThere: 1 }])
    expect(await trySignIn(email)).toBe('CREDENTIALS_REJECTED')
    expect(await on('identifiers').countDocuments({ userId })).toBe(0)
  })

  test('at the same time makes everybody once', async () => {
    const emails = Array.from({ length: 300 }, newEmail)
    const path = fileOf(emails.map((email) => ({ email, passwordHash })))
    const runs = await Promise.all([1, 2, 3].map(() => importUsers(server.app, [path, '--json'])))
    const reports = runs.map(({ out }) => JSON.parse(out) as ImportCounts)
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(reports.reduce((sum, { added }) => sum + added, 0)).toBe(emails.length)
    expect(await on('users').countDocuments({ email: { $in: emails } })).toBe(emails.length)
  })
})

test('Who signs up while the import runs keeps the address, and the line is a faulty one', async () => {
  const [quick, other] = [newEmail(), newEmail()]
  const imports = importWith({
    async claim(accounts) {
      await signUp(server.ask, quick, anotherPassword)
      return users.claim(accounts)
    },
  })
  const lines = [quick, other].map((email) => ({ email, passwordHash }))
  expect(await runOf(imports, lines)).toMatchObject({ added: 1, alreadyThere: 0, faulty: 1 })
  await signIn(server.ask, { email: quick, password: anotherPassword })
  expect(await trySignIn(quick)).toBe('CREDENTIALS_REJECTED')
  await signIn(server.ask, { email: other, password })
})

test('A database that is away for a moment is waited for, and nobody is counted twice', async () => {
  let tries = 0
  const imports = importWith({
    async insert(accounts) {
      tries += 1
      const inserted = await users.insert(accounts)
      // The answer is lost, not the write.
      if (tries === 1) throw new Unavailable()
      return inserted
    },
  })
  const lines = Array.from({ length: 3 }, () => ({ email: newEmail(), passwordHash }))
  const counts = await runOf(imports, lines)
  expect([tries, counts]).toMatchObject([2, { added: 3, alreadyThere: 0, faulty: 0 }])
})

test('The built command says what to do when there is no database', async () => {
  const path = fileOf([{ email: newEmail() }])
  const { code, text } = await new Promise<{ code: unknown; text: string }>((resolve) => {
    const env = { PATH: process.env['PATH'] }
    execFile(process.execPath, [cli, 'user', 'import', path], { env }, (error, _out, err) =>
      resolve({ code: error?.code, text: err }),
    )
  })
  expect([code, text]).toEqual([
    3,
    expect.stringMatching(/^MONGODB_URI and PORTCULLIS_SECRET must be set[^]*Run it again/),
  ])
})
