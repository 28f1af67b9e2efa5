import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { factorFlows } from './mfa/factors.js'
import { goodPassword, newEmail, signIn, signUp } from './support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from './support/portcullis.js'

const cli = join(import.meta.dirname, '..', 'dist', 'cli.js')

let server: TestPortcullis
beforeAll(async () => {
  server = await startTestPortcullis()
})
afterAll(async () => {
  await server.close()
})

function portcullis(env: Record<string, string>, ...args: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr })
    })
  })
}

test('`user create` makes the first administrator, who can sign in with the password that was shown', async () => {
  const { code, text } = await portcullis(server.env, 'user', 'create', 'root@example.com', '--role', 'admin')
  expect(code).toBe(0)
  const password = /password: (\S+)/.exec(text)?.[1] ?? ''
  const admin = await signIn(server.ask, { email: 'root@example.com', password })
  const me = await server.ask('{ me { roles emailVerified } }', { token: admin.accessToken })
  // Else a reset by mail would take the second factor of an administrator.
  expect(me.data.me).toEqual({ roles: ['admin'], emailVerified: true })
  const event = { name: 'user.provisioned', subjectId: admin.userId }
  expect(await server.app.database.connection.collection('auditEvents').countDocuments(event)).toBe(1)
})

test.each([
  ['an address that is taken', ['root2@example.com'], /account with this address already/],
  ['an address that is none', ['nonsense'], /not an e-mail address/],
  ['a role that is none', ['x@example.com', '--role', 'king'], /no role king/],
  ['no address', [], /missing required argument/],
])('`user create` with %s is code 1 and one line', async (_name, args, message) => {
  if (args[0] === 'root2@example.com') await signUp(server.ask, 'root2@example.com')
  const { code, text } = await portcullis(server.env, 'user', 'create', ...args)
  expect([code, text.trim().split('\n').length]).toEqual([1, 1])
  expect(text).toMatch(message)
})

describe('`user reset-authenticators`', () => {
  const reset = (email: string, env: Record<string, string> = {}) =>
    portcullis({ ...server.env, ...env }, 'user', 'reset-authenticators', email)

  test('lets the last administrator back in, ends the sessions, is in the trail, and is told', async () => {
    const flows = factorFlows(server)
    await server.app.accounts.provision([{ email: 'last@example.com', password: goodPassword, roles: ['admin'] }])
    const last = await flows.enrolled(await signIn(server.ask, { email: 'last@example.com', password: goodPassword }))
    expect((await flows.signIn(last)).data.signIn.__typename).toBe('SecondFactorRequired')
    // Nothing is sent by the command itself, which ends at once.
    await server.app.mail.stop()
    const { code, text } = await reset(' Last@Example.com')
    expect([code, text]).toEqual([
      0,
      `${last.userId} has no second factor any more: the password is enough to sign in.\n`,
    ])
    expect(reasonOf(await flows.refresh(last))).toBe('REFRESH_REJECTED')
    const again = await signIn(server.ask, last)
    expect((await flows.authenticators(again.accessToken)).map(({ kind }) => kind)).toEqual(['PASSWORD'])
    const documents = (name: string) => server.app.database.connection.collection(name)
    // Nobody with an account has ended them.
    const ended = { name: 'session.ended', subjectId: last.userId, 'facts.reason': 'factors-changed' }
    expect(await documents('auditEvents').find(ended).toArray()).toMatchObject([{ actorId: null }])
    expect((await server.app.risk.listKept(last.userId)).map(({ id }) => id)).toHaveLength(1)
    const event = { name: 'user.authenticators-reset', subjectId: last.userId, actorId: null }
    expect((await documents('auditEvents').find(event).toArray()).map(({ facts }) => facts.factorsRemoved)).toEqual([
      expect.stringMatching(/^totp:aut_\w+ recovery-code:aut_\w+$/),
    ])
    const notice = { 'message.about': 'authenticators-reset', 'message.userId': last.userId }
    expect(await documents('outbox').countDocuments(notice)).toBe(1)
  })

  test('says what signs in afterwards', async () => {
    const documents = (name: string) => server.app.database.connection.collection<{ _id: string }>(name)
    const short = { isShort: true }
    const suspended = { status: 'suspended' }
    const all = [
      [{}, {}, 'the password is enough to sign in'],
      [short, {}, 'no password works until a new one is set by mail'],
      [{}, suspended, 'the password is enough to sign in, and the account is suspended'],
    ] as const
    for (const [credential, user, expected] of all) {
      const ada = await signUp(server.ask)
      await documents('credentials').updateOne({ _id: ada.userId }, { $set: { changedAt: new Date(), ...credential } })
      await documents('users').updateOne({ _id: ada.userId }, { $set: { displayName: null, ...user } })
      expect((await reset(ada.email)).text).toBe(`${ada.userId} has no second factor any more: ${expected}.\n`)
    }
  })

  test('says that it does not know where the answer of the database was lost, and can be run again', async () => {
    const ada = await signUp(server.ask)
    const { connection } = server.app.database
    const session = await connection.startSession()
    session.startTransaction()
    // Whoever else wants to write it finds a conflict until they give up.
    const users = connection.collection<{ _id: string }>('users')
    await users.updateOne({ _id: ada.userId }, { $set: { displayName: 'Held' } }, { session })
    expect(await reset(ada.email, { DATABASE_TIMEOUT: '3s' })).toEqual({
      code: 1,
      text: 'It is not known whether it happened; run it again.\n',
    })
    await session.abortTransaction()
    await session.endSession()
    expect((await reset(ada.email)).code).toBe(0)
  })

  test.each([
    ['an address that nobody has', 'nobody@example.com', /no account with this address/],
    ['an address that is none', 'nonsense', /not an e-mail address/],
  ])('with %s is code 1 and one line', async (_name, email, message) => {
    const { code, text } = await reset(email)
    expect([code, text.trim().split('\n').length]).toEqual([1, 1])
    expect(text).toMatch(message)
  })
})

describe('`user change-email`', () => {
  const change = (email: string, to: string, ...options: string[]) =>
    portcullis(server.env, 'user', 'change-email', email, to, ...options)

  test('gives the account another address, and says what follows', async () => {
    const ada = await signUp(server.ask)
    const to = newEmail()
    const text = `${ada.userId} has that address now. All sessions and the password have ended; the service mails a link for a new one there.\n`
    expect(await change(ada.email, to)).toEqual({ code: 0, text })
    expect((await server.app.users.find(ada.userId))?.email).toBe(to)
    expect(await change(ada.email, to)).toEqual({ code: 1, text: 'There is no account with this address.\n' })
  })

  test('says which factors stay, and takes them where it is told to', async () => {
    const [first, second, third] = [newEmail(), newEmail(), newEmail()]
    await server.app.accounts.provision([{ email: first, password: goodPassword, roles: ['member'] }])
    await factorFlows(server).enrolled(await signIn(server.ask, { email: first, password: goodPassword }))
    expect((await change(first, second)).text).toMatch(
      /a link for a new one there\.\nThe second factors stay, and a passkey/,
    )
    expect((await change(second, third, '--reset-authenticators')).text).toMatch(/a link for a new one there\.\n$/)
  })
})

describe('`policy`', () => {
  test('check finds nothing wrong with our own schema, without any setting', async () => {
    expect(await portcullis({}, 'policy', 'check')).toEqual({
      code: 0,
      text: expect.stringMatching(/^\d+ fields, \d+ permissions, 3 roles: no fault\n$/),
    })
  })

  test('print writes a file that is the policy as it is', async () => {
    const { code, text } = await portcullis({}, 'policy', 'print')
    expect(code).toBe(0)
    const file = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'policy.yaml')
    writeFileSync(file, text)
    const printed = await portcullis({}, 'policy', 'matrix', '--policy', file)
    expect(printed).toEqual(await portcullis({}, 'policy', 'matrix'))
    // Also with what was changed in it.
    writeFileSync(file, text.replace('required: []', 'required: [{ roles: [admin], grace: 7d }]'))
    expect((await portcullis({ POLICY_FILE: file }, 'policy', 'print')).text).toContain('grace: 7d')
  })

  test('matrix prints what is committed', async () => {
    const { code, text } = await portcullis({}, 'policy', 'matrix')
    const committed = readFileSync(join(import.meta.dirname, '..', 'docs', 'permission-matrix.md'), 'utf8')
    expect([code, committed.endsWith(text)]).toEqual([0, true])
    expect((await portcullis({}, 'policy', 'matrix', '--format', 'pdf')).code).toBe(1)
  })

  test('explain says which rules decide', async () => {
    const operation = 'mutation { revokeSession(id: "x") { endReason } }'
    const { code, text } = await portcullis({}, 'policy', 'explain', '--as', 'member', operation)
    expect([code, text.split('\n')]).toEqual([
      0,
      [
        'revokeSession: own',
        '    door: atPace',
        '    Mutation.revokeSession @owner(entity: "Session", or: "session:revoke")',
        'revokeSession.endReason: own',
        '    Session @owner(field: "userId", or: "session:read")',
        '',
      ],
    ])
    expect(await portcullis({}, 'policy', 'explain', '--as', 'king', operation)).toEqual({
      code: 1,
      text: expect.stringMatching(/^There is no caller king\. There are: anonymous, member, support, admin,/),
    })
  })

  test('check names every fault of another schema, with file, place and remedy', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
    const at = (name: string) => join(folder, name)
    writeFileSync(at('a.graphql'), 'type Query @auth {\n  a: Int\n}\n')
    writeFileSync(at('b.graphql'), 'type Note {\n  id: ID @auth(permission: "note:raed")\n  text: String\n}\n')
    copyFileSync(join(import.meta.dirname, '..', 'schema', 'directives.graphql'), at('directives.graphql'))
    writeFileSync(at('policy.yaml'), 'permissions: [note:read]\nroles:\n  member:\n    can: [note:read]\n')
    writeFileSync(at('door.mjs'), 'export const door = undefined\n')
    const args = ['policy', 'check', '--schema', at('*.graphql'), '--policy', at('policy.yaml')]
    const { code, text } = await portcullis({}, ...args)
    expect([code, text.replaceAll(`${folder}/`, '').split('\n')]).toEqual([
      1,
      [
        '3 faults:',
        expect.stringMatching(/b\.graphql:2 Note\.id: names the unknown permission "note:raed"\. Declare it/),
        expect.stringMatching(/b\.graphql:3 Note\.text: has no rule\. Write @public/),
        expect.stringMatching(/permission note:read: is asked for by nothing in the schema\. Remove it/),
        '',
      ],
    ])
    writeFileSync(at('b.graphql'), 'type Note @owner(or: "note:read") {\n  id: ID\n}\n')
    const mended = await portcullis({}, ...args)
    expect([mended.code, mended.text]).toEqual([0, expect.stringContaining('No door was given')])
    const doorless = await portcullis({}, ...args, '--door', at('door.mjs'))
    expect([doorless.code, doorless.text]).toEqual([1, expect.stringContaining('exports no `door`')])
  })
})

test('after `keys reseal` under a new secret the old one can go', async () => {
  const old = server.env.PORTCULLIS_SECRET ?? ''
  const next = randomBytes(32).toString('base64')
  const ada = await signUp(server.ask)
  const { code, text } = await portcullis({ ...server.env, PORTCULLIS_SECRET: `${next},${old}` }, 'keys', 'reseal')
  expect([code, text.trim()]).toEqual([0, '2 keys sealed under the first secret'])
  const withoutOld = await startTestPortcullis({ ...server.env, PORTCULLIS_SECRET: next })
  expect((await withoutOld.ask('{ me { id } }', { token: ada.accessToken })).data.me.id).toBe(ada.userId)
  await withoutOld.close()
})

test('without settings the service says what to do in one line', async () => {
  const { code, text } = await portcullis({}, 'serve')
  expect([code, text.trim().split('\n').length]).toEqual([1, 1])
  expect(text).toMatch(/MONGODB_URI and PORTCULLIS_SECRET must be set. `npm start`/)
})
