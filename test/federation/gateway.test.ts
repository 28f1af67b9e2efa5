import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { goodPassword, newEmail, refreshMutation, signIn, signUp } from '../support/people.js'
import type { SignedInPerson } from '../support/people.js'
import { cookiesOf, reasonOf, testOrigin, type Answer } from '../support/portcullis.js'
import { startFederation, type Federation } from './federation.js'

let federation: Federation
let ada: SignedInPerson
let eve: SignedInPerson
let support: SignedInPerson
let noteId: string

beforeAll(async () => {
  federation = await startFederation()
  const { ask, portcullis } = federation
  ada = await signUp(ask)
  eve = await signUp(ask)
  const staff = await signUp(ask)
  await portcullis.app.database.connection
    .collection('users')
    .updateOne({ _id: staff.userId as never }, { $set: { roles: ['support'] } })
  support = await signIn(ask, staff)
  const added = await ask('mutation { addNote(text: "dear diary") { id } }', { token: ada.accessToken })
  noteId = added.data.addNote.id
}, 90_000)
afterAll(async () => {
  await federation.close()
})

const cookieSignUp = async (): Promise<Record<string, string>> => {
  const answer = await federation.ask(
    'mutation ($input: SignUpInput!) { signUp(input: $input) { ... on SignedIn { tokens { accessToken } } } }',
    { variables: { input: { email: newEmail(), password: goodPassword, delivery: 'COOKIE' } }, browser: true },
  )
  expect([answer.errors, answer.data.signUp.tokens]).toEqual([[], null])
  return cookiesOf(answer)
}

/** Status, body and codes, without what only says where in the query it was. */
const shapeOf = ({ status, text }: Answer): string => `${status} ${text}`

describe('Through the gateway', () => {
  const mine = '{ me { id email notes { text author { email } } } }'

  test('a person sees what both subgraphs hold of them', async () => {
    const { data, errors } = await federation.ask(mine, { token: ada.accessToken })
    expect([errors, data.me]).toEqual([
      [],
      { id: ada.userId, email: ada.email, notes: [{ text: 'dear diary', author: { email: ada.email } }] },
    ])
  })

  test('somebody else sees their own and nothing of it', async () => {
    const { data } = await federation.ask(mine, { token: eve.accessToken })
    expect(data.me).toEqual({ id: eve.userId, email: eve.email, notes: [] })
  })

  test('nobody is asked to sign in, in words that name no subgraph', async () => {
    const answer = await federation.ask(mine)
    expect([answer.data, answer.errors[0]?.extensions]).toEqual([
      { me: null },
      { code: 'UNAUTHENTICATED', reason: 'SIGN_IN_REQUIRED' },
    ])
    expect(answer.text).not.toMatch(/127\.0\.0\.1|portcullis|notes|stacktrace/)
  })

  test('support reads anybody, and their notes one by one, but not the list that is for the person alone', async () => {
    const answer = await federation.ask(
      'query ($id: ID!, $note: ID!) { user(id: $id) { email notes { text } } note(id: $note) { text author { email } } }',
      { token: support.accessToken, variables: { id: ada.userId, note: noteId } },
    )
    expect(answer.data).toEqual({
      user: { email: ada.email, notes: null },
      note: { text: 'dear diary', author: { email: ada.email } },
    })
    expect(answer.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['user', 'notes'], 'FORBIDDEN'],
    ])
  })

  test.each([
    [
      'user',
      'query ($id: ID!) { user(id: $id) { id email notes { text } } }',
      () => ada.userId,
      `usr_${'0'.repeat(26)}`,
    ],
    [
      'note',
      'query ($id: ID!) { note(id: $id) { id text } }',
      () => noteId,
      'note_00000000-0000-0000-0000-000000000000',
    ],
  ])('a %s of somebody else looks exactly like one that is not there', async (_name, query, foreign, absent) => {
    const [theirs, none] = await Promise.all(
      [foreign(), absent].map((id) => federation.ask(query, { token: eve.accessToken, variables: { id } })),
    )
    expect(reasonOf(theirs as Answer)).toBe('NOT_FOUND')
    expect(shapeOf(theirs as Answer)).toBe(shapeOf(none as Answer))
    expect(theirs?.text).not.toMatch(/dear diary|ada\./)
  })

  test.each([
    ['a mangled token', () => `${ada.accessToken.slice(0, -4)}AAAA`],
    ['a token that is none', () => 'nonsense'],
  ])('%s fails the request as a whole, whichever subgraph was asked', async (_name, token) => {
    for (const query of [mine, '{ notes { text } }', '{ me { id } notes { text } }']) {
      const answer = await federation.ask(query, { token: token() })
      expect([answer.status, answer.data, reasonOf(answer)]).toEqual([401, undefined, 'TOKEN_INVALID'])
      expect(answer.text).not.toMatch(/127\.0\.0\.1/)
    }
  })
})

describe('Sessions through the gateway', () => {
  test('by bearer: signing in, refreshing, signing out', async () => {
    const session = await signIn(federation.ask, ada)
    const refreshed = await federation.ask(refreshMutation, { variables: { token: session.refreshToken } })
    expect(refreshed.data.refreshSession.session.id).toBe(session.sessionId)
    const { accessToken } = refreshed.data.refreshSession.tokens
    expect((await federation.ask('mutation { signOut }', { token: accessToken })).data).toEqual({ signOut: true })
    expect((await federation.ask('{ me { id } }', { token: accessToken })).status).toBe(401)
  })

  const guess = (name: string) =>
    `${name}: signIn(input: { email: "${ada.email}", password: "guess number ${name}!" }) { __typename }`

  test.each<[string, () => string]>([
    ['two of them', () => `${guess('a')} ${guess('b')}`],
    ['two of them around a field of another subgraph', () => `${guess('a')} addNote(text: "x") { id } ${guess('b')}`],
    ['one and another field', () => `${guess('a')} addNote(text: "x") { id }`],
    ['one beside a field that is skipped', () => `${guess('a')} addNote(text: "x") @skip(if: true) { id }`],
    [
      'two of them in fragments',
      () => `... { ${guess('a')} } ... on Mutation { addNote(text: "x") { id } ${guess('b')} }`,
    ],
  ])('an operation that signs in must be alone before the plan makes several of it: %s', async (_name, fields) => {
    const before = federation.portcullis.app.hasher.stats.hashed
    const answer = await federation.ask(`mutation { ${fields()} }`, { token: ada.accessToken })
    expect([answer.status, answer.data, reasonOf(answer)]).toEqual([400, undefined, 'ALONE_REQUIRED'])
    expect(federation.portcullis.app.hasher.stats.hashed).toBe(before)
  })

  test('by cookie: they come, they work in both subgraphs, they are renewed, they go', async () => {
    const cookies = await cookieSignUp()
    expect(Object.keys(cookies).sort()).toEqual(
      ['access', 'device', 'refresh'].map((name) => `__Host-portcullis-${name}`),
    )
    const written = await federation.ask('mutation { addNote(text: "by cookie") { text author { id } } }', { cookies })
    expect([written.errors, written.data.addNote.text]).toEqual([[], 'by cookie'])
    expect((await federation.ask('{ me { notes { text } } }', { cookies })).data.me.notes).toHaveLength(1)

    const refreshed = await federation.ask('mutation { refreshSession { tokens { accessToken } } }', { cookies })
    expect(refreshed.data.refreshSession.tokens).toBeNull()
    const renewed = cookiesOf(refreshed)
    expect(renewed['__Host-portcullis-refresh']).not.toBe(cookies['__Host-portcullis-refresh'])
    for (const cookie of refreshed.headers.getSetCookie())
      expect(cookie).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect((await federation.ask('{ me { id } }', { cookies: renewed })).errors).toEqual([])

    const signedOut = await federation.ask('mutation { signOut }', { cookies: renewed })
    expect([signedOut.data.signOut, Object.values(cookiesOf(signedOut))]).toEqual([true, ['', '']])
    const after = await federation.ask('{ me { id } }', { cookies: renewed })
    expect([after.status, reasonOf(after)]).toEqual([401, 'SESSION_ENDED'])
  })

  test('the refresh cookie alone refreshes, and is an expired session to everything else', async () => {
    const { '__Host-portcullis-refresh': refresh = '' } = await cookieSignUp()
    const cookies = { '__Host-portcullis-refresh': refresh }
    const expired = await federation.ask('{ me { id } }', { cookies })
    expect([expired.status, reasonOf(expired), expired.headers.getSetCookie()]).toEqual([401, 'TOKEN_EXPIRED', []])
    const refreshed = await federation.ask('mutation { refreshSession { session { id } } }', { cookies })
    expect([refreshed.errors, Object.keys(cookiesOf(refreshed))]).toEqual([
      [],
      expect.arrayContaining(Object.keys(cookies)),
    ])
  })

  test.each<[string, Record<string, string>]>([
    ['a foreign page', { origin: 'http://evil.test', 'x-portcullis-csrf': '1' }],
    ['no page', { 'x-portcullis-csrf': '1' }],
    ['a form, which cannot send our header', { origin: testOrigin }],
  ])('cookies from %s do nothing, in either subgraph', async (_name, headers) => {
    const cookies = await cookieSignUp()
    const { '__Host-portcullis-refresh': refresh = '' } = cookies
    const before = federation.atNotes.length
    for (const query of [
      'mutation { addNote(text: "forged") { id } }',
      'mutation { signOutEverywhere }',
      '{ notes { id } }',
    ]) {
      const answer = await federation.ask(query, { cookies, browser: false, headers })
      expect([answer.status, answer.data, reasonOf(answer)]).toEqual([403, undefined, 'ORIGIN_REJECTED'])
    }
    const alone = await federation.ask('mutation { refreshSession { session { id } } }', {
      cookies: { '__Host-portcullis-refresh': refresh },
      browser: false,
      headers,
    })
    expect([reasonOf(alone), alone.headers.getSetCookie()]).toEqual(['ORIGIN_REJECTED', []])
    expect(federation.atNotes).toHaveLength(before)
    expect((await federation.ask('{ notes { text } }', { cookies })).data.notes).toEqual([])
  })

  test('an access cookie beside a bearer token, or twice, is refused', async () => {
    const cookies = await cookieSignUp()
    const both = await federation.ask('{ me { id } }', { cookies, token: ada.accessToken })
    expect([both.status, reasonOf(both)]).toEqual([400, 'AMBIGUOUS_CREDENTIALS'])
    const { '__Host-portcullis-access': access = '' } = cookies
    const twice = await federation.ask('{ me { id } }', {
      browser: true,
      headers: { cookie: `__Host-portcullis-access=${access}; __Host-portcullis-access=${ada.accessToken}` },
    })
    expect([twice.status, reasonOf(twice)]).toEqual([400, 'AMBIGUOUS_CREDENTIALS'])
  })
})

test('pages that are allowed may read answers and send cookies, others may not', async () => {
  const preflight = async (origin: string) => {
    const { status, headers } = await fetch(`${federation.gatewayUrl}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-portcullis-csrf',
      },
    })
    const names = ['origin', 'credentials', 'headers'].map((name) => headers.get(`access-control-allow-${name}`))
    return [status, ...names]
  }
  const allowed = [204, testOrigin, 'true', expect.stringContaining('content-type, x-portcullis-csrf')]
  expect(await preflight(testOrigin)).toEqual(allowed)
  expect(await preflight('http://evil.test')).toEqual([204, null, null, null])
})

describe('What subgraphs get to see', () => {
  test('the refresh and device cookies are shown to Portcullis only, and the access cookie to nobody', async () => {
    const cookies: Record<string, string> = {
      ...(await cookieSignUp()),
      '__Host-portcullis-device': 'known-device',
      theirs: 'of another app',
    }
    const [portcullisBefore, notesBefore] = [federation.atPortcullis.length, federation.atNotes.length]
    await federation.ask('{ me { id email notes { text author { email } } } }', {
      cookies,
      headers: { 'user-agent': 'Firefox of a test' },
    })
    const toPortcullis = federation.atPortcullis.slice(portcullisBefore)
    const toNotes = federation.atNotes.slice(notesBefore)
    expect([toPortcullis.length, toNotes.length]).toEqual([expect.any(Number), 1])
    const { '__Host-portcullis-access': access, '__Host-portcullis-refresh': refresh } = cookies
    const bearer = `Bearer ${access}`
    for (const { headers } of toPortcullis) {
      expect(headers.cookie?.split('; ').map((cookie) => cookie.split('=')[0])).toEqual([
        '__Host-portcullis-refresh',
        '__Host-portcullis-device',
      ])
      expect(headers).toMatchObject({
        authorization: bearer,
        origin: testOrigin,
        'x-portcullis-csrf': '1',
        'user-agent': 'Firefox of a test',
        'x-portcullis-router': federation.routerSecret,
      })
    }
    for (const { headers, body } of toNotes) {
      expect(headers).toMatchObject({ authorization: bearer, 'user-agent': 'Firefox of a test' })
      expect(headers.cookie).toBeUndefined()
      expect(JSON.stringify(headers) + body).not.toContain(refresh)
    }
  })

  test('a proof that a client sends is not handed on, nor is anything else of its making', async () => {
    const [portcullisBefore, notesBefore] = [federation.atPortcullis.length, federation.atNotes.length]
    await federation.ask('{ me { id notes { text } } }', {
      token: ada.accessToken,
      headers: { 'x-portcullis-router': 'of the client', 'x-anything': 'else', 'x-forwarded-for': '9.9.9.9' },
    })
    const requests = [...federation.atPortcullis.slice(portcullisBefore), ...federation.atNotes.slice(notesBefore)]
    expect(requests).toHaveLength(2)
    for (const { headers } of requests) {
      expect(headers['x-portcullis-router']).toBe(federation.routerSecret)
      expect(JSON.stringify(headers)).not.toMatch(/of the client|else|9\.9\.9\.9/)
    }
  })

  test('the fields that routers ask are no fields of the API', async () => {
    for (const query of ['{ _service { sdl } }', '{ _entities(representations: []) { __typename } }']) {
      const answer = await federation.ask(query, { headers: { 'x-portcullis-router': federation.routerSecret } })
      expect([answer.status, answer.data]).toEqual([400, undefined])
    }
  })
})
