import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeJwt, decodeProtectedHeader, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose'
import { signIn, signUp, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { startNotes } from './federation.js'

const routerSecret = 'f0e1d2c3b4a5968778695a4b3c2d1e0f'
const router = { 'x-portcullis-router': routerSecret }

let portcullis: TestPortcullis
let notes: Awaited<ReturnType<typeof startNotes>>
let ada: SignedInPerson
let eve: SignedInPerson
let support: SignedInPerson
let noteId: string

beforeAll(async () => {
  portcullis = await startTestPortcullis()
  notes = await startNotes(portcullis.url, routerSecret)
  ada = await signUp(portcullis.ask)
  eve = await signUp(portcullis.ask)
  const staff = await signUp(portcullis.ask)
  await portcullis.app.database.connection
    .collection('users')
    .updateOne({ _id: staff.userId as never }, { $set: { roles: ['support'] } })
  support = await signIn(portcullis.ask, staff)
  const added = await notes.ask('mutation { addNote(text: "dear diary") { id } }', {
    token: ada.accessToken,
    headers: router,
  })
  noteId = added.data.addNote.id
}, 60_000)
afterAll(async () => {
  await notes.stop()
  await portcullis.close()
})

const entities =
  'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Note { text } ... on User { notes { text } } } }'
const refer = (__typename: string, id: unknown, token?: string) =>
  notes.ask(entities, {
    variables: { r: [{ __typename, id }] },
    headers: router,
    ...(token === undefined ? {} : { token }),
  })

test('the second subgraph answers nobody but a router', async () => {
  for (const headers of [{}, { 'x-portcullis-router': 'a guess' }] as Record<string, string>[]) {
    const answer = await notes.ask('{ _service { sdl } notes { text } }', { headers, token: ada.accessToken })
    expect([answer.status, answer.data, reasonOf(answer)]).toEqual([403, undefined, 'FORBIDDEN'])
  }
})

describe('References to the second subgraph', () => {
  test('give the owner of a note what it says; a foreign one and an absent one are null alike', async () => {
    expect((await refer('Note', noteId, ada.accessToken)).data._entities).toEqual([{ text: 'dear diary' }])
    expect((await refer('Note', noteId, support.accessToken)).data._entities).toEqual([{ text: 'dear diary' }])
    for (const token of [eve.accessToken, undefined]) {
      const [foreign, absent] = [await refer('Note', noteId, token), await refer('Note', 'note_of_nobody', token)]
      expect([foreign.text, foreign.data]).toEqual([absent.text, { _entities: [null] }])
    }
    expect((await refer('Note', { $ne: null }, ada.accessToken)).data._entities).toEqual([null])
  })

  test('give nobody the list of somebody else, whether there is such a person or not', async () => {
    for (const token of [eve.accessToken, undefined]) {
      const [foreign, absent] = [await refer('User', ada.userId, token), await refer('User', 'usr_of_nobody', token)]
      const reason = token === undefined ? 'SIGN_IN_REQUIRED' : 'FORBIDDEN'
      expect([foreign.text, reasonOf(foreign)]).toEqual([absent.text, reason])
      expect(foreign.text).not.toContain('diary')
    }
  })
})

describe('The second subgraph takes no token but a good one of a person', () => {
  /** Signed by the real key, and right but for what is given. */
  async function minted(claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    const key = portcullis.app.keys.signingKey()
    return new SignJWT({ ...decodeJwt(ada.accessToken), ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.id, ...header })
      .sign(key.privateKey)
  }
  const now = Math.floor(Date.now() / 1000)
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const parts = () => ada.accessToken.split('.')

  test('and one that is right passes', async () => {
    expect((await refer('Note', noteId, await minted({}))).data._entities).toEqual([{ text: 'dear diary' }])
  })

  test.each<[string, () => string | Promise<string>]>([
    ['unsigned', () => `${encode({ alg: 'none', typ: 'at+jwt' })}.${parts()[1]}.`],
    [
      'with another role in it',
      () => `${parts()[0]}.${encode({ ...decodeJwt(ada.accessToken), roles: ['support'] })}.${parts()[2]}`,
    ],
    [
      'by another algorithm',
      () => `${encode({ ...decodeProtectedHeader(ada.accessToken), alg: 'HS256' })}.${parts()[1]}.${parts()[2]}`,
    ],
    ['of another kind', () => minted({}, { typ: 'JWT' })],
    ['of another issuer', () => minted({ iss: 'http://elsewhere.test' })],
    ['for another audience', () => minted({ aud: 'http://elsewhere.test' })],
    ['without a session', () => minted({ sid: undefined })],
    ['of a machine', () => minted({ client_id: 'cli_1' })],
    ['bound to a key', () => minted({ cnf: { jkt: 'x' } })],
    ['that is a refresh token', () => ada.refreshToken],
  ])('%s: refused', async (_name, token) => {
    const answer = await refer('Note', noteId, await token())
    expect([answer.status, answer.data, reasonOf(answer)]).toEqual([401, undefined, 'TOKEN_INVALID'])
    expect(answer.text).not.toContain('diary')
  })

  test('that has expired: refused, and told so', async () => {
    const answer = await refer('Note', noteId, await minted({ exp: now - 11 }))
    expect([answer.status, reasonOf(answer)]).toEqual([401, 'TOKEN_EXPIRED'])
  })
})

test('without the keys of Portcullis no token is judged, neither good nor bad', async () => {
  const cutOff = await startNotes('http://127.0.0.1:9', routerSecret)
  try {
    const answer = await cutOff.ask('{ notes { text } }', { headers: router, token: ada.accessToken })
    expect([answer.status, answer.data, reasonOf(answer)]).toEqual([503, undefined, 'UNAVAILABLE'])
  } finally {
    await cutOff.stop()
  }
})
