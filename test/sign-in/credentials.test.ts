import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { goodPassword, newEmail, signIn, signInMutation, signUp, signUpMutation } from '../support/people.js'
import { reasonOf, startTestPortcullis, type Answer, type TestPortcullis } from '../support/portcullis.js'

let server: TestPortcullis
beforeAll(async () => {
  server = await startTestPortcullis()
})
afterAll(async () => {
  await server.close()
})

const collection = (name: string) => server.app.database.connection.collection(name)
const trySignIn = (email: string, password: string, ask = server.ask) =>
  ask(signInMutation, { variables: { input: { email, password } } })
const trySignUp = (input: Record<string, unknown>) => server.ask(signUpMutation, { variables: { input } })

/** All that a client sees, less what differs in every answer. */
function shown({ status, headers, text }: Answer) {
  const names = [...headers.keys()].filter((name) => !['date', 'x-request-id', 'content-length'].includes(name))
  return { status, text, headers: names.map((name) => [name, headers.get(name)]) }
}

describe('Signing in', () => {
  test('an unknown address, a wrong password and a suspended account are one answer, and each costs a hash', async () => {
    const known = await signUp(server.ask)
    const suspended = await signUp(server.ask)
    await collection('users').updateOne({ _id: suspended.userId as never }, { $set: { status: 'suspended' } })
    const before = { ...server.app.hasher.stats }
    const answers = [
      await trySignIn(newEmail(), goodPassword),
      await trySignIn(known.email, 'a wrong password, really'),
      await trySignIn(suspended.email, goodPassword),
      await trySignIn(suspended.email, 'a wrong password, really'),
    ]
    expect(new Set(answers.map((answer) => JSON.stringify(shown(answer)))).size).toBe(1)
    expect(reasonOf(answers[0] as Answer)).toBe('CREDENTIALS_REJECTED')
    const { hashed, decoyed } = server.app.hasher.stats
    expect([hashed - before.hashed, decoyed - before.decoyed]).toEqual([4, 1])
  })

  test('a refusal is in the audit trail of a known account, once, and nowhere for an unknown address', async () => {
    const ada = await signUp(server.ask)
    const stranger = newEmail()
    await trySignIn(ada.email, 'a wrong password, really')
    await trySignIn(stranger, 'a wrong password, really')
    const events = await eventually(async () => {
      const found = await collection('auditEvents').find({ name: 'sign-in.refused', subjectId: ada.userId }).toArray()
      expect(found).toHaveLength(1)
      return found
    })
    expect(JSON.stringify(events)).not.toContain(ada.email)
    expect(server.logged()).not.toContain(ada.email)
    expect(server.logged()).not.toContain(stranger)
  })

  test('a megabyte of password is refused without a hash, for known and unknown alike', async () => {
    const ada = await signUp(server.ask)
    const { hashed } = server.app.hasher.stats
    const long = 'x'.repeat(200_000)
    const answers = [await trySignIn(ada.email, long), await trySignIn(newEmail(), long)]
    expect(answers.map(reasonOf)).toEqual(['CREDENTIALS_REJECTED', 'CREDENTIALS_REJECTED'])
    expect(shown(answers[0] as Answer)).toEqual(shown(answers[1] as Answer))
    expect((await trySignIn(ada.email, 'x'.repeat(1_000_000))).status).toBe(413)
    expect(server.app.hasher.stats.hashed).toBe(hashed)
  })

  test('a password works however the keyboard composes it', async () => {
    const composed = 'Zwölf Boxkämpfer jagen'.normalize('NFC')
    const ada = await signUp(server.ask, newEmail(), composed)
    expect((await signIn(server.ask, { email: ada.email, password: composed.normalize('NFD') })).userId).toBe(
      ada.userId,
    )
  })

  test('an address works however it is spelled', async () => {
    const email = newEmail()
    const ada = await signUp(server.ask, email)
    const spelled = `  ${email.toUpperCase()} `
    expect((await signIn(server.ask, { email: spelled, password: ada.password })).userId).toBe(ada.userId)
  })

  test('the answer makes the new person the caller for its own payload, and for nothing after it', async () => {
    const ada = await signUp(server.ask)
    const answer = await server.ask(
      `mutation ($i: SignInInput!) { signIn(input: $i) { ... on SignedIn {
        user { email roles sessions { totalCount edges { node { current } } } } session { current device { name ipPrefix } } } } }`,
      {
        variables: { i: { email: ada.email, password: ada.password } },
        headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
      },
    )
    expect(answer.errors).toEqual([])
    const { user, session } = answer.data.signIn
    expect(user).toMatchObject({ email: ada.email, roles: ['member'], sessions: { totalCount: 2 } })
    expect(user.sessions.edges.map(({ node }: { node: { current: boolean } }) => node.current)).toEqual([true, false])
    expect(session).toEqual({ current: true, device: { name: 'Firefox on Linux', ipPrefix: '127.0.0.0/24' } })
    expect(reasonOf(await server.ask('{ me { id } }'))).toBe('SIGN_IN_REQUIRED')
  })
})

describe('The throttle', () => {
  let strict: TestPortcullis
  let roomy: TestPortcullis
  beforeAll(async () => {
    // Hashes that take their time, so that those that wait for one are there at once.
    roomy = await startTestPortcullis({ ARGON2_MEMORY: '64MiB', ARGON2_PASSES: '3' })
    strict = await startTestPortcullis({
      RATE_LIMITS: JSON.stringify({ accountFailures: 5, networkFailures: 40, signUpsPerNetwork: 3 }),
    })
  })
  afterAll(async () => {
    await roomy.close()
    await strict.close()
  })

  test('50 parallel guesses get five hashes and one, and the answer is the same for an unknown address', async () => {
    const ada = await signUp(strict.ask)
    for (const email of [ada.email, newEmail()]) {
      const { hashed } = strict.app.hasher.stats
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, guess) => trySignIn(email, `a wrong password ${guess}`, strict.ask)),
      )
      expect(strict.app.hasher.stats.hashed - hashed).toBeLessThanOrEqual(6)
      const limited = answers.filter((answer) => reasonOf(answer) === 'RATE_LIMITED')
      expect(limited.length).toBeGreaterThanOrEqual(10)
      expect(limited[0]?.errors[0]?.extensions.retryAfterSeconds).toBeGreaterThan(0)
      expect(limited[0]?.headers.get('retry-after')).toMatch(/^\d+$/)
    }
    // However long that may take: the test waits for nothing.
    const later = { $set: { expire: new Date(Date.now() + 3_600_000) } }
    await strict.app.database.connection.collection('rateLimits').updateMany({}, later)
    // Even the right password waits its turn: otherwise the throttle would tell which guess was right.
    expect(reasonOf(await trySignIn(ada.email, ada.password, strict.ask))).toBe('RATE_LIMITED')
  })

  test('one network does not get all the room for hashes', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => trySignIn(newEmail(), goodPassword, roomy.ask)))
    const refused = answers.filter((answer) => reasonOf(answer) === 'RATE_LIMITED')
    expect(refused.length).toBeGreaterThan(0)
    expect(answers.filter((answer) => reasonOf(answer) === 'CREDENTIALS_REJECTED').length).toBeGreaterThanOrEqual(16)
  })

  test('sign-ups are counted by network', async () => {
    const answers = []
    for (let index = 0; index < 4; index += 1) {
      answers.push(
        await strict.ask(signUpMutation, { variables: { input: { email: newEmail(), password: goodPassword } } }),
      )
    }
    expect(answers.map(reasonOf)).toContain('RATE_LIMITED')
  })

  test('no address and no network is in the database in the clear', async () => {
    const documents = await strict.app.database.connection.collection('rateLimits').find({}).toArray()
    expect(documents.length).toBeGreaterThan(0)
    expect(JSON.stringify(documents)).not.toMatch(/127\.0\.0|@example/)
  })
})

describe('Signing up', () => {
  test('tells everything that is wrong at once, without repeating it', async () => {
    const answer = await trySignUp({ email: 'not@an@address', password: 'too short', displayName: 'x'.repeat(101) })
    expect(answer.errors[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(Object.keys(answer.errors[0]?.extensions.fields ?? {}).sort()).toEqual([
      'input.displayName',
      'input.email',
      'input.password',
    ])
    expect(answer.text).not.toContain('not@an@address')
    expect(answer.text).not.toContain('too short"')
  })

  test('an address has one account, also when twenty sign up at once, and a lost race leaves nothing behind', async () => {
    const email = newEmail()
    const answers = await Promise.all(Array.from({ length: 20 }, () => trySignUp({ email, password: goodPassword })))
    const won = answers.filter(({ errors }) => errors.length === 0)
    expect(won).toHaveLength(1)
    const codes = new Set(
      answers.filter(({ errors }) => errors.length > 0).map((answer) => answer.errors[0]?.extensions.code),
    )
    // Under such a storm some may be told to try again; none may be told anything else.
    expect([...codes].filter((code) => code !== 'CONFLICT' && code !== 'UNAVAILABLE')).toEqual([])
    const userId = won[0]?.data.signUp.user.id
    const users = await collection('users').find({ email }).toArray()
    expect(users.map(({ _id }) => String(_id))).toEqual([userId])
    expect(await collection('identifiers').countDocuments({ userId })).toBe(1)
    expect(await collection('credentials').countDocuments({ _id: userId })).toBe(1)
    expect(await collection('sessions').countDocuments({ userId })).toBe(1)
  })

  test.each(['roles', 'emailVerified', 'id', 'status', 'securityVersion', 'ownerId', '__proto__', '$set'])(
    'no input sets %s',
    async (field) => {
      const answer = await trySignUp({ email: newEmail(), password: goodPassword, [field]: ['admin'] })
      expect(answer.errors[0]?.extensions.code).toMatch(/^BAD_(USER_INPUT|REQUEST)$/)
      expect(answer.data).toBeUndefined()
    },
  )

  test('is refused while it is closed, before anything is spent', async () => {
    const closed = await startTestPortcullis({ SIGN_UP: 'closed' })
    const answer = await closed.ask(signUpMutation, {
      variables: { input: { email: newEmail(), password: goodPassword } },
    })
    const { hashed } = closed.app.hasher.stats
    await closed.close()
    expect([answer.errors[0]?.extensions.code, reasonOf(answer), hashed]).toEqual(['FORBIDDEN', 'SIGN_UP_CLOSED', 0])
  })
})

describe('Changing the password', () => {
  const change = `mutation ($c: String!, $n: String!) { changePassword(input: { currentPassword: $c, newPassword: $n }) }`

  test('makes the new one the only one, ends the other sessions and is in the audit trail once', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const next = 'a completely different one'
    const answer = await server.ask(change, { token: ada.accessToken, variables: { c: ada.password, n: next } })
    expect(answer.data).toEqual({ changePassword: true })
    expect(reasonOf(await trySignIn(ada.email, ada.password))).toBe('CREDENTIALS_REJECTED')
    await signIn(server.ask, { email: ada.email, password: next })
    expect((await server.ask('{ me { id } }', { token: other.accessToken })).status).toBe(401)
    expect((await server.ask('{ me { id } }', { token: ada.accessToken })).errors).toEqual([])
    expect(await collection('auditEvents').countDocuments({ name: 'password.changed', subjectId: ada.userId })).toBe(1)
    await eventually(async () => {
      const ended = await collection('auditEvents').find({ name: 'session.ended', subjectId: ada.userId }).toArray()
      expect(ended.map(({ facts }) => facts)).toEqual([{ sessionId: other.sessionId, reason: 'password-changed' }])
    })
  })

  test('what it ended is ended in the database, too, by whoever comes after an instance that died', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    // As a killed instance leaves it: the version is raised, the sweep is planned, nothing is swept.
    await collection('users').updateOne({ _id: ada.userId as never }, { $set: { securityVersion: 2 } })
    await collection('sessions').updateOne({ _id: ada.sessionId as never }, { $set: { securityVersion: 2 } })
    const sweep = { userId: ada.userId, securityVersion: 2, reason: 'password-changed' }
    await collection('sessionSweeps').insertOne({ _id: `${ada.userId} 2` as never, ...sweep })
    await server.app.sessions.sweep()
    const reasons = await collection('sessions').find({ userId: ada.userId }).sort({ createdAt: 1 }).toArray()
    expect(reasons.map(({ _id, endReason }) => [String(_id), endReason])).toEqual([
      [ada.sessionId, null],
      [other.sessionId, 'password-changed'],
    ])
    expect(await collection('sessionSweeps').countDocuments({ userId: ada.userId })).toBe(0)
  })

  test('of two at once one wins, and the session of the other ends with the old password', async () => {
    const ada = await signUp(server.ask)
    const bea = await signIn(server.ask, ada)
    const attempts = [ada, bea].map(({ accessToken }, index) =>
      server.ask(change, { token: accessToken, variables: { c: ada.password, n: `a different password ${index}` } }),
    )
    const answers = await Promise.all(attempts)
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    const lost = answers.find(({ errors }) => errors.length > 0)
    // Which of these depends on how far the other was; none of them says that the session is over when it is not.
    expect(['CHANGED_MEANWHILE', 'CREDENTIALS_REJECTED', 'SESSION_ENDED']).toContain(reasonOf(lost as Answer))
    const works = await Promise.all([0, 1].map((index) => trySignIn(ada.email, `a different password ${index}`)))
    expect(works.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
  })

  test('racing sign-ins with the old password leave no living session behind', async () => {
    const ada = await signUp(server.ask)
    const [, ...signIns] = await Promise.all([
      server.ask(change, { token: ada.accessToken, variables: { c: ada.password, n: 'a completely different one' } }),
      ...Array.from({ length: 10 }, () => trySignIn(ada.email, ada.password)),
    ])
    for (const answer of signIns) {
      const token = answer.data?.signIn?.tokens.accessToken as string | undefined
      if (token !== undefined) expect((await server.ask('{ me { id } }', { token })).status).toBe(401)
    }
    expect((await server.ask('{ me { id } }', { token: ada.accessToken })).errors).toEqual([])
  })
})
