import { spawnSync } from 'node:child_process'
import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hashSync } from '@node-rs/bcrypt'
import { hash as argon2Hash } from 'argon2'
import { goodPassword, newEmail, signIn, signInMutation } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { importUsers } from '../support/imports.js'

let server: TestPortcullis
const folder = mkdtempSync(join(tmpdir(), 'portcullis-moving-in-'))
beforeAll(async () => {
  server = await startTestPortcullis()
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
const lines = (name: string, ...records: readonly object[]): string =>
  file(name, records.map((record) => `${JSON.stringify(record)}\n`).join(''))

/** A file of a realm with one user, as `kc.sh export` writes it. */
function realmOf(user: object, secret: { value: Buffer; salt: Buffer }, data: object): readonly string[] {
  const [value, salt] = [secret.value.toString('base64'), secret.salt.toString('base64')]
  const credential = {
    type: 'password',
    secretData: JSON.stringify({ value, salt, additionalParameters: {} }),
    credentialData: JSON.stringify({ additionalParameters: {}, ...data }),
  }
  return [file('realm.json', JSON.stringify({ realm: 'shop', users: [{ ...user, credentials: [credential] }] }))]
}

const salt = randomBytes(16)
const pbkdf2Of = (digest: string): Buffer => pbkdf2Sync(goodPassword, salt, 1_000, 64, digest)

type Exported = (email: string) => readonly string[] | Promise<readonly string[]>

/** As the systems export them, one for each way of hashing. */
const exportsOf: readonly [script: string, kind: string, Exported][] = [
  [
    'better-auth',
    'scrypt',
    (email) => {
      const salt = randomBytes(16).toString('hex')
      const key = scryptSync(goodPassword, salt, 64, { N: 16_384, r: 16, p: 1, maxmem: 2 ** 26 }).toString('hex')
      const createdAt = '2024-05-01 09:00:00.123'
      return [
        lines('people.jsonl', { email, emailVerified: 1, name: 'A "B" C', createdAt, password: `${salt}:${key}` }),
      ]
    },
  ],
  [
    'better-auth',
    'bcrypt of their own, in an array',
    (email) => {
      const password = hashSync(goodPassword, { cost: 4 })
      return [file('people.json', JSON.stringify([{ email, emailVerified: true, password, banned: null }]))]
    },
  ],
  [
    'auth0',
    'password_hash',
    (email) => [
      lines('users.jsonl', { email, email_verified: true, name: email, created_at: '2024-05-01T09:00:00.000Z' }),
      lines('hashes.jsonl', { email: email.toUpperCase(), password_hash: hashSync(goodPassword, { cost: 4 }) }),
    ],
  ],
  [
    'auth0',
    'passwordHash',
    (email) => [lines('u.jsonl', { email, passwordHash: hashSync(goodPassword, { cost: 4 }) })],
  ],
  ['auth0', 'bcrypt', (email) => custom(email, 'bcrypt', { value: hashSync(goodPassword, { cost: 4 }) })],
  [
    'auth0',
    'argon2',
    async (email) =>
      custom(email, 'argon2', { value: await argon2Hash(goodPassword, { memoryCost: 64, timeCost: 1 }) }),
  ],
  [
    'auth0',
    'pbkdf2',
    (email) => {
      const value = `$pbkdf2-sha512$i=1000,l=64$${bare(salt)}$${bare(pbkdf2Of('sha512'))}`
      return custom(email, 'pbkdf2', { value, encoding: 'utf8' })
    },
  ],
  [
    'auth0',
    'scrypt',
    (email) => {
      const value = scryptSync(goodPassword, salt, 64, { N: 1024, r: 8, p: 2 }).toString('hex')
      const rest = {
        salt: { value: salt.toString('base64'), encoding: 'base64' },
        keylen: 64,
        cost: 1024,
        parallelization: 2,
      }
      return custom(email, 'scrypt', { value, encoding: 'hex' }, rest)
    },
  ],
  ...(['sha1', 'sha256', 'sha512'] as const).map((digest): [string, string, Exported] => [
    'keycloak',
    `PBKDF2 with ${digest}`,
    (email) => {
      const algorithm = digest === 'sha1' ? 'pbkdf2' : `pbkdf2-${digest}`
      return realmOf(
        { email, emailVerified: true },
        { value: pbkdf2Of(digest), salt },
        { algorithm, hashIterations: 1_000 },
      )
    },
  ]),
  [
    'keycloak',
    'argon2',
    async (email) => {
      const value = await argon2Hash(goodPassword, { ...keycloakArgon2, salt, raw: true })
      const additionalParameters = {
        hashLength: ['32'],
        memory: ['64'],
        type: ['id'],
        version: ['1.3'],
        parallelism: ['1'],
      }
      const data = { algorithm: 'argon2', hashIterations: 5, additionalParameters }
      return realmOf({ email, firstName: 'Ada', createdTimestamp: 1_714_554_000_000 }, { value, salt }, data)
    },
  ],
]

const keycloakArgon2 = { memoryCost: 64, timeCost: 5, parallelism: 1, hashLength: 32 }

function custom(email: string, algorithm: string, hash: object, rest: object = {}): readonly string[] {
  return [lines('custom.jsonl', { email, custom_password_hash: { algorithm, hash, ...rest } })]
}

function convert(system: string, args: readonly string[]): { out: string; err: string } {
  const script = join(import.meta.dirname, '..', '..', 'examples', 'import', `${system}.mjs`)
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  expect(status).toBe(0)
  return { out: stdout, err: stderr }
}

test.each(exportsOf)('people of %s (%s) sign in with the password they had', async (system, _kind, exported) => {
  const email = newEmail()
  const { out } = convert(system, await exported(email))
  const outcome = await importUsers(server.app, [file('users.jsonl', out)])
  expect([outcome.code, outcome.err]).toEqual([0, ''])
  const { accessToken: token } = await signIn(server.ask, { email, password: goodPassword })
  // Nobody is called by their address because nobody gave a name.
  expect((await server.ask('{ me { displayName } }', { token })).data.me.displayName).not.toBe(email)
})

const password = hashSync(goodPassword, { cost: 4 })
const banned = { password, banned: true, banReason: 'Spam' }
const [yesterday, tomorrow] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString())
const keptOut: readonly [string, string, object, reason: string | null, said: string][] = [
  ['better-auth', 'banned', banned, 'Spam', '1 banned, suspended\n'],
  [
    'better-auth',
    'banned for a time',
    { ...banned, banExpires: tomorrow },
    'Spam',
    '1 banned for a time, suspended until reinstated\n',
  ],
  ['better-auth', 'whose ban has ended', { ...banned, banExpires: yesterday }, null, ''],
  [
    'better-auth',
    'banned until a second of their database',
    { ...banned, banExpires: Math.round(Date.now() / 1000) + 86_400 },
    'Spam',
    '1 banned for a time, suspended until reinstated\n',
  ],
  [
    'better-auth',
    'banned for a reason with an emoji at its end',
    { ...banned, banReason: `${'x'.repeat(499)}😀😀`, name: `Buy\u200b${'!'.repeat(200)}` },
    `${'x'.repeat(499)}😀`,
    '1 banned, suspended\n',
  ],
  [
    'better-auth',
    'banned in the words of another database',
    { ...banned, banned: 't' },
    'Spam',
    '1 banned, suspended\n',
  ],
  ['better-auth', 'not banned in the words of another database', { ...banned, banned: 'f' }, null, ''],
  [
    'better-auth',
    'banned for a reason of many lines',
    { ...banned, banReason: `Spam\r\n${'x'.repeat(600)}` },
    `Spam ${'x'.repeat(495)}`,
    '1 banned, suspended\n',
  ],
  [
    'better-auth',
    'banned for a reason of nothing',
    { ...banned, banReason: '\n' },
    'banned in better-auth',
    '1 banned, suspended\n',
  ],
  ['auth0', 'blocked', { blocked: true, passwordHash: password }, 'blocked in Auth0', '1 blocked, suspended\n'],
]

test.each(keptOut)('of %s, somebody %s', async (system, _state, record, reason, said) => {
  const email = newEmail()
  const { out, err } = convert(system, [lines('kept-out.jsonl', { email, emailVerified: true, ...record })])
  expect(err).toBe(said)
  await importedAs(email, out, reason)
})

test('of keycloak, somebody disabled', async () => {
  const email = newEmail()
  const args = realmOf(
    { email, enabled: false },
    { value: pbkdf2Of('sha256'), salt },
    {
      algorithm: 'pbkdf2-sha256',
      hashIterations: 1_000,
    },
  )
  const { out, err } = convert('keycloak', args)
  expect(err).toBe('1 disabled, suspended\n')
  await importedAs(email, out, 'disabled in Keycloak')
})

/** Whoever is suspended has the account, and cannot sign in to it before they are reinstated. */
async function importedAs(email: string, out: string, reason: string | null): Promise<void> {
  expect(await importUsers(server.app, [file('users.jsonl', out)])).toMatchObject({ code: 0, err: '' })
  const { app } = server
  const user = await app.users.find(
    (await app.users.findByIdentifier(app.users.identify(email)?.identifier ?? '')) ?? '',
  )
  expect([user?.status, user?.suspension?.reason]).toEqual(
    reason === null ? ['active', undefined] : ['suspended', reason],
  )
  const input = { email, password: goodPassword }
  const answer = await server.ask(signInMutation, { variables: { input } })
  expect(reasonOf(answer)).toBe(reason === null ? null : 'CREDENTIALS_REJECTED')
}

test('a name keeps what joins its letters and what keeps them apart', () => {
  const name = 'می\u200cخواهم \u{1f469}\u200d\u{1f680}'
  const { out } = convert('better-auth', [lines('name.jsonl', { email: newEmail(), name: ` ${name}\u202e\n` })])
  expect(JSON.parse(out).displayName).toBe(name)
})

test.each([
  ['auth0', lines('nobody.jsonl', { name: 'Ada' })],
  ['keycloak', file('nobody.json', JSON.stringify({ users: [{ username: 'x' }] }))],
])('who has no address at %s does not move in, and is counted', (system, path) => {
  expect(convert(system, [path])).toEqual({ out: '', err: '1 without an address, left out\n' })
})

test('a hash that nobody here understands leaves its owner without a password, which is said', () => {
  const md5 = lines('md5.jsonl', {
    email: 'a@example.com',
    custom_password_hash: { algorithm: 'md5', hash: { value: 'x' } },
  })
  expect(convert('auth0', [md5])).toEqual({
    out: '{"email":"a@example.com","emailVerified":false}\n',
    err: '1 with md5, left without a password\n',
  })
})

test('roles of Keycloak become ours where somebody says which', () => {
  const realm = file(
    'roles.json',
    JSON.stringify({ users: [{ email: 'a@example.com', realmRoles: ['staff', 'other'] }] }),
  )
  expect(JSON.parse(convert('keycloak', [realm, '--role', 'staff=support']).out).roles).toEqual(['member', 'support'])
  expect(JSON.parse(convert('keycloak', [realm]).out).roles).toBeUndefined()
})
