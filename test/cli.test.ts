import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signIn, signUp } from './support/people.js'
import { startTestPortcullis, type TestPortcullis } from './support/portcullis.js'

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
  const me = await server.ask('{ me { roles } }', { token: admin.accessToken })
  expect(me.data.me.roles).toEqual(['admin'])
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
