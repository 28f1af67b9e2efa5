import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { breachHash } from '../../src/passwords/breach-range.js'
import { eventually } from '../support/eventually.js'
import { goodPassword, newEmail, signIn, signUp, signUpMutation, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, type Answer, type TestPortcullis } from '../support/portcullis.js'
import { listing, startBreachServer, type BreachServer } from './breach-server.js'

const stolen = 'tr0ub4dor and three others'
const stolenAndShort = 'hunter2'
const stolenAndGuessable = 'abababababababab'
const guessable = 'cdcdcdcdcdcdcdcd'
const heavy = 'p@ssw0rd'.repeat(8)

const isStolen = 'This password is in a list of stolen passwords. Choose one that you use nowhere else.'
const isGuessable = 'This password is easy to guess. Avoid repeated words and characters.'
const isContextual = 'This password is mostly a name, an address or the name of this service. Choose other words.'

let api: BreachServer
let server: TestPortcullis
beforeAll(async () => {
  api = await startBreachServer()
  server = await startTestPortcullis({ BREACHED_PASSWORDS: api.address })
})
afterAll(async () => {
  await server.close()
  await api.close()
})
beforeEach(() => {
  api.requests.length = 0
  api.behave(listing(stolen, stolenAndShort, stolenAndGuessable))
})

const trySignUp = (input: Record<string, unknown>, at = server): Promise<Answer> =>
  at.ask(signUpMutation, { variables: { input: { email: newEmail(), ...input } } })

const changeMutation = `mutation ($c: String!, $n: String!) { changePassword(input: { currentPassword: $c, newPassword: $n }) }`
const tryChange = (person: SignedInPerson, newPassword: string, current = person.password): Promise<Answer> =>
  server.ask(changeMutation, { token: person.accessToken, variables: { c: current, n: newPassword } })

/** Another server, which is gone afterwards whatever is found on it. */
async function withServer(
  settings: Record<string, string>,
  work: (at: TestPortcullis) => Promise<void>,
): Promise<void> {
  const at = await startTestPortcullis(settings)
  try {
    await work(at)
  } finally {
    await at.close()
  }
}

const fieldsOf = (answer: Answer): unknown => answer.errors[0]?.extensions.fields

/** Everybody here is Lovelace, with an address that begins with ada. What is wrong in two ways is told one of them. */
const refused = [
  ['is easy to guess', guessable, isGuessable],
  ['is mostly a name of the person', 'Lovelace Lovelace 1815', isContextual],
  ['is mostly of the address', 'Ada@Example: ada!', isContextual],
  ['is mostly the name of the service', 'P0rtcullis-2024', isContextual],
  ['was stolen elsewhere', stolen, isStolen],
  ['was stolen and is easy to guess', stolenAndGuessable, isStolen],
  ['was stolen and is too short', stolenAndShort, 'The password is shorter than 15 characters.'],
] as const

describe('A new account', () => {
  test.each(refused)('is refused for a password that %s', async (_name, password, sentence) => {
    const email = newEmail()
    const answer = await trySignUp({ email, password, displayName: 'Lovelace' })
    expect(answer.errors[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(fieldsOf(answer)).toEqual({ 'input.password': sentence })
    expect(answer.text).not.toContain(password)
    expect(server.logged()).not.toContain(password)
    expect(server.logged()).not.toContain(breachHash(password).slice(5))
    // It was the password alone.
    await signUp(server.ask, email)
  })

  test.each([goodPassword, 'Zwölf Boxkämpfer jagen', 'tL9BrF08aVQ0_qrwH65M1AOh', 'lovelace correct horse battery'])(
    'is made with %s',
    async (password) => {
      expect((await trySignUp({ password, displayName: 'Lovelace' })).errors).toEqual([])
    },
  )

  test('is refused for a stolen password in whatever form of Unicode it comes', async () => {
    const composed = 'Zwölf Boxkämpfer jagen'.normalize('NFC')
    api.behave(listing(composed))
    for (const password of [composed, composed.normalize('NFD')]) {
      expect(fieldsOf(await trySignUp({ password }))).toEqual({ 'input.password': isStolen })
    }
  })

  test('with a password of the wrong length asks nobody', async () => {
    const before = { ...server.app.screening.guessability, hashed: server.app.hasher.stats.hashed }
    for (const password of ['short', 'x'.repeat(129), 'x'.repeat(200_000)]) {
      expect(Object.keys(fieldsOf(await trySignUp({ password })) ?? {})).toEqual(['input.password'])
    }
    expect(api.requests).toEqual([])
    expect({ ...server.app.screening.guessability, hashed: server.app.hasher.stats.hashed }).toEqual(before)
  })

  test('is counted before its password is looked at: a stranger gets only so many looked at', async () => {
    const settings = { BREACHED_PASSWORDS: api.address, RATE_LIMITS: JSON.stringify({ signUpsPerNetwork: 3 }) }
    await withServer(settings, async (strict) => {
      const reasons = []
      for (let index = 0; index < 5; index += 1) reasons.push(reasonOf(await trySignUp({ password: stolen }, strict)))
      const looked = Array.from({ length: 3 }, () => 'BAD_USER_INPUT')
      expect(reasons).toEqual([...looked, 'RATE_LIMITED', 'RATE_LIMITED'])
    })
    expect(api.requests).toHaveLength(3)
  })
})

describe('A changed password', () => {
  let ada: SignedInPerson
  beforeAll(async () => {
    ada = await signUp(server.ask)
    const named = await server.ask('mutation { updateProfile(input: { displayName: "Lovelace" }) { id } }', {
      token: ada.accessToken,
    })
    expect(named.errors).toEqual([])
  })

  test.each(refused)('is refused when it %s, and the old one stays', async (_name, password, sentence) => {
    const answer = await tryChange(ada, password)
    expect(fieldsOf(answer)).toEqual({ 'input.newPassword': sentence })
    expect(server.logged()).not.toContain(password)
    await signIn(server.ask, ada)
  })

  test('is not looked at before the current one is proven', async () => {
    const answer = await tryChange(ada, stolen, 'not the current password')
    expect(reasonOf(answer)).toBe('CREDENTIALS_REJECTED')
    expect(api.requests).toEqual([])
  })

  test('is taken when it is a good one', async () => {
    const bea = await signUp(server.ask)
    expect((await tryChange(bea, 'another correct battery')).data).toEqual({ changePassword: true })
  })
})

test('Accounts with random passwords are made without asking anybody', async () => {
  const [made] = await server.app.accounts.provision([{ email: newEmail(), password: stolen, roles: ['member'] }])
  expect(made?.roles).toEqual(['member'])
  expect(api.requests).toEqual([])
})

test('A form can read the rules before anybody is signed in', async () => {
  const query =
    '{ signInOptions { password { minLength minLengthWithSecondFactor maxLength guessabilityScore breachedRefused } } }'
  const rules = {
    minLength: 15,
    minLengthWithSecondFactor: 8,
    maxLength: 128,
    guessabilityScore: 3,
    breachedRefused: true,
  }
  expect((await server.ask(query)).data).toEqual({ signInOptions: { password: rules } })
})

test('While a heavy password is judged, the server answers others', async () => {
  // Without a list that is asked first: the next thing to happen is the judgement.
  await withServer({}, async (plain) => {
    const order: string[] = []
    // Whatever the verdict is.
    const judged = plain.app.passwords.prepare(heavy, 'input.password', { email: newEmail() }).catch(() => undefined)
    const told = judged.then(() => order.push('judged'))
    const health = await fetch(`${plain.url}/health/live`)
    order.push(`health ${health.status}`)
    await told
    expect(order).toEqual(['health 200', 'judged'])
  })
})

describe('While the list of stolen passwords is down', () => {
  test('accounts are made, the audit trail says so, and the list is left alone', async () => {
    api.behave((response) => response.writeHead(503).end())
    await withServer({ BREACHED_PASSWORDS: api.address }, async (down) => {
      for (let index = 0; index < 3; index += 1) await signUp(down.ask, newEmail(), stolen)
      expect(api.requests).toHaveLength(1)
      await eventually(async () => {
        const trail = down.app.database.connection.collection('auditEvents')
        const [event, ...others] = await trail.find({ name: 'password.breach-unchecked' }).toArray()
        expect(event).toMatchObject({ actorId: null, subjectId: null, outcome: 'success', facts: { list: 'api' } })
        expect(others).toEqual([])
      })
      expect(down.logged()).toContain('Breached passwords are not looked for at the moment')
      expect(down.logged()).not.toContain(stolen)
      expect(down.logged()).not.toContain(breachHash(stolen).slice(5))
      // What else is wrong with a password is still refused.
      expect(fieldsOf(await trySignUp({ password: guessable }, down))).toEqual({ 'input.password': isGuessable })
    })
  })
})

describe('With a list in a file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breached-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('what is in it is refused, and everything else is not', async () => {
    const path = join(folder, 'sorted.txt')
    const hashes = [stolen, 'one', 'two', 'three'].map(breachHash).sort()
    await writeFile(path, hashes.map((hash) => `${hash}:7\r\n`).join(''))
    await withServer({ BREACHED_PASSWORDS: path }, async (offline) => {
      const answer = await trySignUp({ password: stolen }, offline)
      expect(fieldsOf(answer)).toEqual({ 'input.password': isStolen })
      await signUp(offline.ask)
    })
    expect(api.requests).toEqual([])
  })

  test.each([
    ['is not there', null, /cannot be read|file that can be read/],
    [
      'is not sorted',
      [stolen, 'one', 'two']
        .map(breachHash)
        .sort()
        .toReversed()
        .map((hash) => `${hash}:1\n`)
        .join(''),
      /is not sorted/,
    ],
  ])('the server does not start with one that %s', async (_name, text, expected) => {
    const path = join(folder, 'bad.txt')
    if (text !== null) await writeFile(path, text)
    await expect(startTestPortcullis({ BREACHED_PASSWORDS: path })).rejects.toThrow(expected)
  })
})
