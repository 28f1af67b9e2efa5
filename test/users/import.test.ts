import { pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hashSync } from '@node-rs/bcrypt'
import { argon2d, argon2i, argon2id, hash as argon2Hash } from 'argon2'
import { eventually } from '../support/eventually.js'
import { fileOf, fileWith, importUsers } from '../support/imports.js'
import { newEmail, signIn, signInMutation, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let server: TestPortcullis
beforeAll(async () => {
  server = await startTestPortcullis()
})
afterAll(async () => {
  await server.close()
})

const password = 'old pass'
const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
const salt = randomBytes(16)
const cheap = { memoryCost: 64, timeCost: 1, parallelism: 1 }
const bcryptOf = (text: string): string => hashSync(text, { cost: 4 })
const scryptOf = (text: string): string =>
  `$scrypt$ln=4,r=8,p=1$${bare(salt)}$${bare(scryptSync(text, salt, 32, { N: 16, r: 8, p: 1 }))}`
const pbkdf2Of = (text: string, digest: string): string =>
  `$pbkdf2-${digest}$i=10$${bare(salt)}$${bare(pbkdf2Sync(text, salt, 10, 32, digest))}`

const run = (args: readonly string[], screen = {}) => importUsers(server.app, args, screen)
const on = (collection: string) =>
  server.app.database.connection.collection<{ _id: string; passwordHash?: string; name?: string }>(collection)
const userOf = (email: string) => server.app.database.connection.collection('users').findOne({ email })
async function storedHashOf(email: string): Promise<string | undefined> {
  const user = await userOf(email)
  const credential = await on('credentials').findOne({ _id: String(user?._id) })
  return credential?.passwordHash
}
const trySignIn = async (email: string, given: string) =>
  reasonOf(await server.ask(signInMutation, { variables: { input: { email, password: given } } }))

describe('Somebody who was imported', () => {
  test.each<[string, (text: string) => string | Promise<string>]>([
    ['argon2id', (text) => argon2Hash(text, { ...cheap, type: argon2id })],
    ['argon2i', (text) => argon2Hash(text, { ...cheap, type: argon2i })],
    ['argon2d', (text) => argon2Hash(text, { ...cheap, type: argon2d })],
    ['bcrypt', bcryptOf],
    ['bcrypt of PHP', (text) => bcryptOf(text).replace('$2b$', '$2y$')],
    ['scrypt', scryptOf],
    ['PBKDF2 with SHA-1', (text) => pbkdf2Of(text, 'sha1')],
    ['PBKDF2 with SHA-256', (text) => pbkdf2Of(text, 'sha256')],
    ['PBKDF2 with SHA-512', (text) => pbkdf2Of(text, 'sha512')],
  ])('with %s signs in with the old password, and has a hash of ours from then on', async (_name, hashOf) => {
    const email = newEmail()
    const passwordHash = await hashOf(password)
    const { code } = await run([fileOf([{ email, passwordHash }])])
    expect([code, await storedHashOf(email)]).toEqual([0, `imported:${passwordHash}`])
    expect(await trySignIn(email, `${password}!`)).toBe('CREDENTIALS_REJECTED')
    expect(await storedHashOf(email)).toContain('imported:')
    await signIn(server.ask, { email, password })
    await eventually(async () => expect(await storedHashOf(email)).toMatch(/^\$argon2id\$/))
    await signIn(server.ask, { email, password })
    expect(await trySignIn(email, `${password}!`)).toBe('CREDENTIALS_REJECTED')
  })

  test('with bcrypt of a long password has all of it after the first sign-in', async () => {
    const email = newEmail()
    const long = `${'long '.repeat(15)}end`
    await run([fileOf([{ email, passwordHash: bcryptOf(long) }])])
    await signIn(server.ask, { email, password: long })
    await eventually(async () => expect(await storedHashOf(email)).toMatch(/^\$argon2id\$/))
    expect(await trySignIn(email, `${long.slice(0, 72)}???`)).toBe('CREDENTIALS_REJECTED')
    await signIn(server.ask, { email, password: long })
  })

  test('whose password was hashed as it was typed signs in on every keyboard afterwards', async () => {
    const email = newEmail()
    const typed = 'cafe\u0301 creme'
    await run([fileOf([{ email, passwordHash: bcryptOf(typed) }])])
    await signIn(server.ask, { email, password: typed })
    await eventually(async () => expect(await storedHashOf(email)).toMatch(/^\$argon2id\$/))
    await signIn(server.ask, { email, password: typed.normalize('NFC') })
  })

  test('without a password is there and cannot sign in', async () => {
    const email = newEmail()
    const { out } = await run([fileOf([{ email }])])
    expect(out).toContain('added: 1, 1 of them without a password')
    expect(await trySignIn(email, password)).toBe('CREDENTIALS_REJECTED')
    expect(await userOf(email)).not.toBeNull()
  })

  test('has what the line says, under one spelling of the address', async () => {
    const email = newEmail()
    const line = {
      email: ` ${email.toUpperCase()}`,
      emailVerified: true,
      displayName: ' Ada ',
      roles: ['support', 'member', 'support'],
      attributes: { plan: 'gold', seats: 3 },
      createdAt: '2019-02-28T23:59:59.5+02:00',
      passwordHash: bcryptOf(password),
    }
    expect((await run([fileOf([line])])).code).toBe(0)
    const { userId } = await signIn(server.ask, { email, password })
    expect(await userOf(email)).toEqual({
      _id: userId,
      email,
      emailVerified: true,
      displayName: 'Ada',
      roles: ['support', 'member'],
      attributes: { plan: 'gold', seats: 3 },
      createdAt: new Date('2019-02-28T21:59:59.500Z'),
      status: 'active',
      securityVersion: 1,
      enrolledAssurance: 'aal1',
      enrolledFactors: [],
    })
  })

  test('is a member whose address is not proven, where the line says nothing', async () => {
    const email = newEmail()
    await run([fileOf([{ email }])])
    const user = await userOf(email)
    expect([user?.['roles'], user?.['emailVerified'], user?.['displayName'], user?.['attributes']]).toEqual([
      ['member'],
      false,
      null,
      {},
    ])
    expect(Date.now() - Number(user?.['createdAt'])).toBeLessThan(60_000)
  })
})

describe('A faulty line', () => {
  const email = 'faulty@example.com'
  const faulty: [string, unknown, string][] = [
    ['no object', '["ada@example.com"]', 'The line is not a JSON object.'],
    ['cut off', '{"email": "ada', 'The line is not a JSON object.'],
    ['an unknown key', { email, username: 'ada' }, 'There is an unknown key: username.'],
    ['an unknown key that says something', { email, 'ada@secret.example': 1 }, 'There is an unknown key.'],
    [
      'a prototype',
      '{"email": "faulty@example.com", "__proto__": {"roles": ["admin"]}}',
      'There is an unknown key: __proto__.',
    ],
    ['no address', { displayName: 'Ada' }, 'email is missing.'],
    ['an address that is none', { email: 'secret' }, 'email is not an e-mail address.'],
    ['an address that is a number', { email: 7 }, 'email is not an e-mail address.'],
    ['a text for a yes', { email, emailVerified: 'true' }, 'emailVerified is neither true nor false.'],
    ['a name of nothing', { email, displayName: '   ' }, 'The display name is empty.'],
    ['a name that is a number', { email, displayName: 5 }, 'displayName is not a text.'],
    ['one role', { email, roles: 'admin' }, 'roles is not a list of names.'],
    ['a role that is none', { email, roles: ['member', 'king'] }, 'There is no such role.'],
    ['a role of Object', { email, roles: ['constructor'] }, 'There is no such role.'],
    ['attributes that are a list', { email, attributes: [1] }, 'Attributes are an object.'],
    [
      'an attribute in an attribute',
      { email, attributes: { a: { b: 1 } } },
      expect.stringMatching(/^A value is a text/) as unknown as string,
    ],
    [
      'an attribute with a dollar',
      { email, attributes: { $where: '1' } },
      expect.stringMatching(/^A name is a lower-case letter/) as unknown as string,
    ],
    ['a day without a time', { email, createdAt: '2024-01-01' }, 'createdAt is not a time of RFC 3339.'],
    ['the 30th of February', { email, createdAt: '2024-02-30T00:00:00Z' }, 'createdAt is not a time of RFC 3339.'],
    ['a time without a zone', { email, createdAt: '2024-02-03T00:00:00' }, 'createdAt is not a time of RFC 3339.'],
    ['seconds', { email, createdAt: 1_700_000_000 }, 'createdAt is not a time of RFC 3339.'],
    ['a suspension in a word', { email, suspension: true }, 'suspension is not an object of at and reason.'],
    ['a list of suspensions', { email, suspension: [] }, 'suspension is not an object of at and reason.'],
    ['a suspension until', { email, suspension: { until: 1 } }, 'suspension is not an object of at and reason.'],
    ['a reason that is none', { email, suspension: { reason: 1 } }, 'suspension.reason is not a text.'],
    [
      'a reason too long',
      { email, suspension: { reason: 'x'.repeat(501) } },
      'The reason is longer than 500 characters.',
    ],
    ['a suspension to come', { email, suspension: { at: '2999-01-01T00:00:00Z' } }, 'suspension.at is in the future.'],
    ['a time to come', { email, createdAt: '2999-01-01T00:00:00Z' }, 'createdAt is in the future.'],
    ['a plain password', { email, passwordHash: 'hunter2' }, 'The password hash is of no form that is known here.'],
    ['a hash that is null', { email, passwordHash: null }, 'passwordHash is not a text.'],
    [
      'a hash of minutes',
      { email, passwordHash: bcryptOf('x').replace('$04$', '$31$') },
      expect.stringContaining('too long') as unknown as string,
    ],
    ['64 KB', { email, displayName: 'x'.repeat(70_000) }, 'The line is longer than 64 KB.'],
  ]

  test.each(faulty)(
    'with %s is refused by number and reason, repeats nothing, and the others are in',
    async (_name, line, reason) => {
      const good = newEmail()
      const path = fileOf([{ email: good }, line, { email: newEmail() }])
      const { code, err, out } = await run([path, '--json'])
      const report = JSON.parse(out)
      expect(report.faults).toEqual([{ line: 2, reason }])
      expect([code, err]).toEqual([1, `line 2: ${report.faults[0].reason}\n`])
      expect([report.lines, report.added, report.faulty]).toEqual([3, 2, 1])
      expect(err).not.toMatch(/secret|hunter2|king|xxx/)
      expect(await userOf(good)).not.toBeNull()
      expect(await userOf(email)).toBeNull()
    },
  )

  test('is one that is not UTF-8', async () => {
    const [good, bad] = [newEmail(), newEmail()]
    const content = Buffer.concat([
      Buffer.from(`{"email":"${good}"}\n{"email":"${bad}","displayName":"`),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ])
    const { code, err } = await run([fileWith(content)])
    expect([code, err]).toEqual([1, 'line 2: The line is not UTF-8.\n'])
    expect([await userOf(good), await userOf(bad)].map((user) => user !== null)).toEqual([true, false])
  })

  test('is one with the address of an earlier line, in any spelling', async () => {
    const email = newEmail()
    const lines = [{ email, displayName: 'First' }, { email: 'x', roles: [] }, { email: email.toUpperCase() }]
    const { err } = await run([fileOf(lines)])
    expect(err).toBe('line 2: email is not an e-mail address.\nline 3: The address is that of line 1.\n')
    expect((await userOf(email))?.['displayName']).toBe('First')
  })

  test('is one whose address belongs to somebody who is not from an import', async () => {
    const ada = await signUp(server.ask)
    const { code, err } = await run([
      fileOf([{ email: newEmail() }, { email: ada.email, passwordHash: bcryptOf('x') }]),
    ])
    expect([code, err]).toEqual([1, 'line 2: The address belongs to somebody else here.\n'])
    await signIn(server.ask, ada)
    expect(await trySignIn(ada.email, 'x')).toBe('CREDENTIALS_REJECTED')
  })
})

describe('The file', () => {
  test('may have CRLF, a byte order mark, empty lines, and a last line without an end', async () => {
    const emails = [newEmail(), newEmail(), newEmail()]
    const [a, b, c] = emails.map((email) => JSON.stringify({ email, displayName: 'Zoë' }))
    const { code, out, err } = await run([fileWith(`\uFEFF${a}\r\n\r\n   \r\n${b}\r\n${c}`), '--json'])
    expect([code, err, JSON.parse(out)]).toMatchObject([0, '', { lines: 3, added: 3, faults: [] }])
    for (const email of emails) expect((await userOf(email))?.['displayName']).toBe('Zoë')
  })

  test('is read in pieces of any size, of standard input too', async () => {
    const emails = Array.from({ length: 20 }, newEmail)
    const bytes = Buffer.from(emails.map((email) => `${JSON.stringify({ email, displayName: 'Zoë' })}\n`).join(''))
    const input = Readable.from(Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1)))
    expect((await run(['-'], { input })).code).toBe(0)
    for (const email of emails) expect((await userOf(email))?.['displayName']).toBe('Zoë')
  })

  test.each([
    ['is not given', () => [], /^Which file\?/],
    ['is not there', () => [join(tmpdir(), 'no-such-file.jsonl')], /^There is no file /],
    ['is a folder', () => [tmpdir()], /is a folder\.$/],
    ['is empty', () => [fileWith('\n\n')], /^This is not JSON Lines/],
    [
      'is an array over many lines',
      () => [fileWith('[\n  {\n    "email": "ada@example.com"\n  }\n]\n')],
      /^This is not JSON Lines/,
    ],
    ['is an array in one line', () => [fileWith('[{"email":"ada@example.com"}]')], /^This is not JSON Lines/],
    ['is CSV', () => [fileWith('email,name\nada@example.com,Ada\n')], /^This is not JSON Lines/],
    ['is UTF-16', () => [fileWith(Buffer.from('{"email":"ada@example.com"}\n', 'utf16le'))], /^This is not JSON Lines/],
    ['is no text at all', () => [fileWith(randomBytes(300_000))], /^This is not JSON Lines/],
  ])('that %s is code 2 and one line, and nothing is written', async (_name, args, sentence) => {
    const before = await on('users').countDocuments()
    const { code, out, err } = await run(args())
    expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1])
    expect(err.trim()).toMatch(sentence)
    expect(await on('users').countDocuments()).toBe(before)
  })
})

describe('The report', () => {
  test('of a dry run is that of the run, and nothing is written', async () => {
    const ada = await signUp(server.ask)
    const lines = [{ email: newEmail(), passwordHash: bcryptOf('x') }, { email: 'x' }, { email: ada.email }]
    const path = fileOf(lines)
    const counts = () =>
      Promise.all(['users', 'identifiers', 'credentials', 'auditEvents'].map((name) => on(name).countDocuments()))
    const before = await counts()
    const dry = await run([path, '--dry-run', '--json'])
    expect([dry.code, await counts()]).toEqual([1, before])
    const real = await run([path, '--json'])
    const [dryReport, report] = [dry, real].map(({ out }) => JSON.parse(out))
    expect({ ...dryReport, seconds: 0 }).toEqual({ ...report, dryRun: true, seconds: 0 })
    expect(report).toMatchObject({ version: 1, lines: 3, added: 1, alreadyThere: 0, faulty: 2, withoutPassword: 0 })
    expect((await run([path, '--dry-run'])).out).toMatch(
      /nothing was written\n {2}would be added: 0,[^]*already there: 1/,
    )
  })

  test('is a few lines for people, with progress beside it: a bar at a terminal', async () => {
    const path = fileOf([{ email: newEmail() }, { email: 'x' }])
    const { out, shown } = await run([path])
    expect(out).toMatch(
      /^2 lines in \d+\.\d s \(\d+\/s\)\n {2}added: 1, 1 of them[^\n]+\n {2}already there: 0\n {2}faulty: 1\n$/,
    )
    expect(shown).toContain('100 %, 2 lines')
    const atTerminal = await run([path], { isTerminal: true })
    expect([atTerminal.shown, atTerminal.err]).toEqual([expect.stringContaining('█'), expect.stringMatching(/^\r/)])
  })

  test('is in the audit trail twice: that it began, and what came of it; not when it did nothing', async () => {
    const names = { name: { $in: ['users.import-started', 'users.imported'] } }
    const before = await on('auditEvents').countDocuments(names)
    const path = fileOf([{ email: newEmail() }, { email: newEmail(), passwordHash: bcryptOf('x') }, { email: 'x' }])
    await run([path])
    await run([path])
    expect(await on('auditEvents').countDocuments(names)).toBe(before + 2)
    const [started, ended] = await on('auditEvents').find(names).sort({ _id: 1 }).skip(before).toArray()
    expect([started?.name, ended]).toMatchObject([
      'users.import-started',
      { name: 'users.imported', facts: { added: 2, alreadyThere: 0, faulty: 1, withoutPassword: 1 } },
    ])
    expect(JSON.stringify(ended)).not.toContain('@')
  })
})
