import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setClock } from '../support/set-clock.js'
import { eventually } from '../support/eventually.js'
import { cookiesOf, reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { refresh, signIn, signInMutation, signUp } from '../support/people.js'

const access = '__Host-portcullis-access'
const refreshCookie = '__Host-portcullis-refresh'

const meQuery = '{ me { id } }'

let server: TestPortcullis

const sessions = () => server.app.database.connection.collection('sessions')
const sessionDocument = (id: string) => sessions().findOne({ _id: id as never })

async function refreshed(token: string): Promise<{ accessToken: string; refreshToken: string }> {
  const answer = await refresh(server.ask, token)
  expect(answer.errors).toEqual([])
  return answer.data.refreshSession.tokens
}

describe('With the default ages', () => {
  beforeAll(async () => {
    server = await startTestPortcullis()
  })
  afterAll(async () => {
    await server.close()
  })

  test('the token of the sign-in rotates at its first use, and the next one is too young to', async () => {
    const ada = await signUp(server.ask)
    const first = await refreshed(ada.refreshToken)
    expect(first.refreshToken).not.toBe(ada.refreshToken)
    const second = await refreshed(first.refreshToken)
    expect(second.refreshToken).toBe(first.refreshToken)
    expect(second.accessToken).not.toBe(first.accessToken)
    const me = await server.ask(meQuery, { token: second.accessToken })
    expect(me.data.me.id).toBe(ada.userId)
  })

  test('100 parallel refreshes of one token have one successor, and everybody gets it', async () => {
    const ada = await signUp(server.ask)
    const answers = await Promise.all(Array.from({ length: 100 }, () => refreshed(ada.refreshToken)))
    expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    const document = await sessionDocument(ada.sessionId)
    expect(document?.family.generation).toBe(1)
    expect(document?.family.ring).toHaveLength(1)
  })

  test('a replay inside the grace does not extend the session', async () => {
    const ada = await signUp(server.ask)
    await refreshed(ada.refreshToken)
    await server.app.background.drained()
    const before = await sessionDocument(ada.sessionId)
    await refreshed(ada.refreshToken)
    expect(await sessionDocument(ada.sessionId)).toEqual(before)
  })

  test.each([
    ['empty', () => ''],
    ['not three parts', (token: string) => token.split('.').slice(0, 2).join('.')],
    ['four parts', (token: string) => `${token}.x`],
    ['another family secret', (token: string) => replacePart(token, 1, 'A'.repeat(43))],
    [
      'another family secret and token secret',
      (token: string) => replacePart(replacePart(token, 1, 'A'.repeat(43)), 2, 'A'.repeat(43)),
    ],
    ['a session that never was', (token: string) => replacePart(token, 0, `ses_${'0'.repeat(26)}`)],
    ['a longer secret', (token: string) => `${token}A`],
    [
      'trailing bits',
      (token: string) => `${token.slice(0, -1)}${String.fromCharCode(token.charCodeAt(token.length - 1) + 1)}`,
    ],
    ['one megabyte', () => 'A'.repeat(200_000)],
    ['an operator', () => '{"$ne":null}'],
  ])('a forged token (%s) is refused, and nothing changes', async (_name, forge) => {
    const ada = await signUp(server.ask)
    // The event of the sign-in moves out of the session document.
    await server.app.background.drained()
    const before = await sessionDocument(ada.sessionId)
    const answer = await refresh(server.ask, forge(ada.refreshToken))
    expect(reasonOf(answer)).toBe('REFRESH_REJECTED')
    expect(answer.text).not.toContain(ada.sessionId)
    expect(await sessionDocument(ada.sessionId)).toEqual(before)
    await refreshed(ada.refreshToken)
  })

  test('the token of a cookie session is refused in a body, and the other way round; nothing changes', async () => {
    const ada = await signUp(server.ask)
    const inCookies = await server.ask(signInMutation, {
      variables: { input: { email: ada.email, password: ada.password, delivery: 'COOKIE' } },
      browser: true,
    })
    expect(inCookies.text).toContain('"tokens":null')
    const cookies = cookiesOf(inCookies)
    const fromCookie = decodeURIComponent(cookies[refreshCookie] ?? '')
    expect(reasonOf(await refresh(server.ask, fromCookie))).toBe('REFRESH_REJECTED')
    const misplaced = await server.ask('mutation { refreshSession { session { id } } }', {
      cookies: { [refreshCookie]: ada.refreshToken },
    })
    expect(reasonOf(misplaced)).toBe('REFRESH_REJECTED')
    await refreshed(ada.refreshToken)
    const again = await server.ask('mutation { refreshSession { session { id } tokens { accessToken } } }', { cookies })
    expect(again.errors).toEqual([])
    expect(again.data.refreshSession.tokens).toBeNull()
    expect(Object.keys(cookiesOf(again)).sort()).toEqual([access, refreshCookie].sort())
  })

  test('the token of an ended session is refused, and nothing changes', async () => {
    const ada = await signUp(server.ask)
    await server.ask('mutation { signOut }', { token: ada.accessToken })
    await eventually(async () => expect((await sessionDocument(ada.sessionId))?.pendingEvents).toEqual([]))
    const before = await sessionDocument(ada.sessionId)
    expect(reasonOf(await refresh(server.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
    expect((await sessionDocument(ada.sessionId))?.family).toEqual(before?.family)
  })

  test('a refused refresh clears the cookies', async () => {
    const ada = await signUp(server.ask)
    const signedIn = await server.ask(signInMutation, {
      variables: { input: { email: ada.email, password: ada.password, delivery: 'COOKIE' } },
      browser: true,
    })
    const cookies = cookiesOf(signedIn)
    await server.ask('mutation { signOutEverywhere(input: { includeCurrent: true }) }', { token: ada.accessToken })
    const refused = await server.ask('mutation { refreshSession { session { id } } }', { cookies })
    expect(reasonOf(refused)).toBe('REFRESH_REJECTED')
    expect(cookiesOf(refused)).toEqual({ [access]: '', [refreshCookie]: '' })
  })

  test('a dump of the database holds no token and no secret of one', async () => {
    const ada = await signUp(server.ask)
    const { refreshToken } = await refreshed(ada.refreshToken)
    await server.app.background.drained()
    const { connection } = server.app.database
    let dump = ''
    for (const { name } of await connection.listCollections()) {
      dump += JSON.stringify(await connection.collection(name).find({}).toArray())
    }
    for (const token of [ada.refreshToken, refreshToken]) {
      for (const secret of token.split('.').slice(1)) expect(dump).not.toContain(secret)
    }
    expect(dump).not.toContain(ada.accessToken)
    expect(dump).not.toContain(ada.password)
    // As PEM, as the DER of a P-256 key, and as a JWK.
    expect(dump).not.toMatch(/PRIVATE KEY|MIGHAgEA|"d":/)
    expect(server.logged()).not.toContain(refreshToken.split('.')[2])
  })
})

describe('Without a least age', () => {
  beforeAll(async () => {
    server = await startTestPortcullis({ REFRESH_MIN_AGE: '0ms' })
  })
  afterAll(async () => {
    await server.close()
  })

  test('a tab several generations behind gets the newest token inside the grace', async () => {
    const ada = await signUp(server.ask)
    const second = await refreshed(ada.refreshToken)
    const third = await refreshed(second.refreshToken)
    const fourth = await refreshed(third.refreshToken)
    expect((await refreshed(ada.refreshToken)).refreshToken).toBe(fourth.refreshToken)
    expect((await refreshed(second.refreshToken)).refreshToken).toBe(fourth.refreshToken)
  })

  test('a slow answer that puts an older token back does not sign anybody out', async () => {
    const ada = await signUp(server.ask)
    const first = await refreshed(ada.refreshToken)
    await refreshed(first.refreshToken)
    const late = await refreshed(first.refreshToken)
    const me = await server.ask(meQuery, { token: (await refreshed(late.refreshToken)).accessToken })
    expect(me.errors).toEqual([])
  })

  test('a full ring of live graces rotates no more, and nobody is signed out', async () => {
    const ada = await signUp(server.ask)
    let token = ada.refreshToken
    for (let use = 0; use < 12; use += 1) token = (await refreshed(token)).refreshToken
    const document = await sessionDocument(ada.sessionId)
    expect(document?.family.ring).toHaveLength(8)
    expect(document?.family.generation).toBe(8)
    expect((await refreshed(ada.refreshToken)).refreshToken).toBe(token)
  })

  test('a sign-out with a forged family secret is refused, as for a session that never was, and ends nothing', async () => {
    const ada = await signUp(server.ask)
    const forged = [
      replacePart(ada.refreshToken, 1, 'A'.repeat(43)),
      replacePart(ada.refreshToken, 0, `ses_${'0'.repeat(26)}`),
    ]
    const answers = []
    for (const t of forged) {
      answers.push(
        await server.ask('mutation ($t: String) { signOut(input: { refreshToken: $t }) }', { variables: { t } }),
      )
    }
    expect(answers.map(reasonOf)).toEqual(['REFRESH_REJECTED', 'REFRESH_REJECTED'])
    expect(answers[0]?.text).toBe(answers[1]?.text)
    await refreshed(ada.refreshToken)
  })

  test('a seal that does not open is UNAVAILABLE and ends nothing', async () => {
    const ada = await signUp(server.ask)
    await refreshed(ada.refreshToken)
    await sessions().updateOne({ _id: ada.sessionId as never }, { $set: { 'family.ring.0.sealed': 'A'.repeat(80) } })
    const answer = await refresh(server.ask, ada.refreshToken)
    expect(answer.errors[0]?.extensions.code).toBe('UNAVAILABLE')
    expect((await sessionDocument(ada.sessionId))?.endedAt).toBeNull()
  })
})

describe('With a short grace', () => {
  const time = setClock()
  beforeAll(async () => {
    server = await startTestPortcullis({ REFRESH_MIN_AGE: '0ms', REFRESH_GRACE: '500ms' }, time)
  })
  afterAll(async () => {
    await server.close()
  })

  test('an old token after the grace ends the family; the person keeps the other sessions', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const stolen = await refreshed(ada.refreshToken)
    const thief = await refreshed(stolen.refreshToken)
    time.pass(600)
    expect(reasonOf(await refresh(server.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
    expect(reasonOf(await refresh(server.ask, thief.refreshToken))).toBe('REFRESH_REJECTED')
    const shown = await server.ask(meQuery, { token: thief.accessToken })
    expect([shown.status, reasonOf(shown)]).toEqual([401, 'SESSION_ENDED'])
    await refreshed(other.refreshToken)
    const view = await server.ask('query ($id: ID!) { session(id: $id) { endReason endedAt } }', {
      token: other.accessToken,
      variables: { id: ada.sessionId },
    })
    expect(view.data.session.endReason).toBe('REFRESH_REUSED')
    await server.app.background.drained()
    const events = await server.app.database.connection
      .collection('auditEvents')
      .find({ subjectId: ada.userId, 'facts.sessionId': ada.sessionId })
      .toArray()
    expect(events.map(({ name }) => name as string).sort()).toEqual([
      'refresh.reused',
      'session.ended',
      'session.started',
      'user.signed-up',
    ])
  })

  test('the direct predecessor after the grace ends the session as a lost answer, not as theft', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    await refreshed(ada.refreshToken)
    time.pass(600)
    expect(reasonOf(await refresh(server.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
    const view = await server.ask('query ($id: ID!) { session(id: $id) { endReason } }', {
      token: other.accessToken,
      variables: { id: ada.sessionId },
    })
    expect(view.data.session.endReason).toBe('ANSWER_LOST')
  })

  test('signing out with a spent token ends the session and is not reuse', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const next = await refreshed((await refreshed(ada.refreshToken)).refreshToken)
    time.pass(600)
    const answer = await server.ask('mutation ($t: String) { signOut(input: { refreshToken: $t }) }', {
      variables: { t: ada.refreshToken },
    })
    expect(answer.data).toEqual({ signOut: true })
    expect(reasonOf(await refresh(server.ask, next.refreshToken))).toBe('REFRESH_REJECTED')
    const view = await server.ask('query ($id: ID!) { session(id: $id) { endReason } }', {
      token: other.accessToken,
      variables: { id: ada.sessionId },
    })
    expect(view.data.session.endReason).toBe('SIGNED_OUT')
  })
})

function replacePart(token: string, index: number, part: string): string {
  return token
    .split('.')
    .map((old, at) => (at === index ? part : old))
    .join('.')
}
