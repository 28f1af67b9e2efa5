import { createHmac, createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  decodeJwt,
  decodeProtectedHeader,
  exportSPKI,
  generateKeyPair,
  importJWK,
  SignJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { signUp, type SignedInPerson } from '../support/people.js'

let server: TestPortcullis
let ada: SignedInPerson
let header: { alg: string; kid: string; typ: string }
let claims: JWTPayload

beforeAll(async () => {
  server = await startTestPortcullis()
  ada = await signUp(server.ask)
  header = decodeProtectedHeader(ada.accessToken) as typeof header
  claims = decodeJwt(ada.accessToken)
})
afterAll(async () => {
  await server.close()
})

const meQuery = '{ me { id } }'
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const ourKey = () => server.app.keys.signingKey()
/** Signed with the real key: what is wrong is only what the case says. */
const signed = (payload: Record<string, unknown>, head: Record<string, unknown> = {}) =>
  new SignJWT(payload).setProtectedHeader({ ...header, ...head }).sign(ourKey().privateKey)
const without = (claim: string) => Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim))
const parts = () => ada.accessToken.split('.') as [string, string, string]

async function expectRefused(token: string, reason = 'TOKEN_INVALID'): Promise<void> {
  const answer = await server.ask(meQuery, { token })
  expect([answer.status, answer.errors[0]?.extensions.code, reasonOf(answer)]).toEqual([401, 'UNAUTHENTICATED', reason])
  expect(answer.data).toBeUndefined()
  expect(answer.headers.get('www-authenticate')).toContain('Bearer')
  if (token.length > 20) expect(answer.text).not.toContain(token.slice(-20))
}

test('an access token has exactly the claims that RFC 9068 and our contract name', () => {
  expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'sig_1' })
  expect(Object.keys(claims).sort()).toEqual(
    ['acr', 'aud', 'auth_time', 'client_id', 'exp', 'iat', 'iss', 'jti', 'roles', 'sid', 'sub'].sort(),
  )
  expect(claims).toMatchObject({
    iss: 'http://portcullis.test',
    sub: ada.userId,
    sid: ada.sessionId,
    client_id: 'portcullis',
  })
})

test('the token as it was issued is good', async () => {
  expect((await server.ask(meQuery, { token: ada.accessToken })).data.me.id).toBe(ada.userId)
  const signedAgain = await signed(claims)
  expect((await server.ask(meQuery, { token: signedAgain })).data.me.id).toBe(ada.userId)
})

test.each(['none', 'None', 'NONE', 'nOnE', ''])('alg "%s" is refused, with and without a signature', async (alg) => {
  const unsigned = `${encode({ ...header, alg })}.${parts()[1]}`
  await expectRefused(`${unsigned}.`)
  await expectRefused(`${unsigned}.${parts()[2]}`)
})

test.each(['HS256', 'HS384', 'HS512'])('%s with our public key as the secret is refused', async (alg) => {
  const publicKey = (await importJWK(ourKey().publicJwk, 'ES256', { extractable: true })) as CryptoKey
  const spki = await exportSPKI(publicKey)
  const secrets = [
    spki,
    spki.trim(),
    JSON.stringify(ourKey().publicJwk),
    createPublicKey(spki).export({ type: 'spki', format: 'der' }),
  ]
  for (const secret of secrets) {
    const input = `${encode({ ...header, alg })}.${parts()[1]}`
    const signature = createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url')
    await expectRefused(`${input}.${signature}`)
  }
})

test.each([
  '../../../../dev/null',
  "sig_1' OR '1'='1",
  '__proto__',
  'constructor',
  'toString',
  'sig_2',
  '',
  'a'.repeat(2_000),
])('kid "%.30s" leads nowhere', async (kid) => {
  await expectRefused(await signed(claims, { kid }))
})

test('a key that the token brings along is not used', async () => {
  const own = await generateKeyPair('ES256', { extractable: true })
  const head = { ...header, jwk: { kty: 'EC' } }
  const sign = (extra: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ ...header, ...extra }).sign(own.privateKey)
  await expectRefused(await sign({}))
  await expectRefused(await sign({ jwk: head.jwk }))
  for (const extra of [{ jku: 'http://127.0.0.1/jwks' }, { x5u: 'http://127.0.0.1/' }, { jwk: {} }, { x5c: [] }]) {
    await expectRefused(await signed(claims, extra))
  }
  await expectRefused(`${encode({ ...header, crit: ['exp'] })}.${parts()[1]}.${parts()[2]}`)
  await expectRefused(`${encode({ ...header, b64: true })}.${parts()[1]}.${parts()[2]}`)
})

test.each(['JWT', 'at+JWT', 'application/at+jwt', 'dpop+jwt', 'secevent+jwt', ' at+jwt', undefined])(
  'typ %p is refused, though we signed it',
  async (typ) => {
    await expectRefused(await signed(claims, { typ }))
  },
)

const now = Math.floor(Date.now() / 1000)

test.each<[string, Record<string, unknown>, string]>([
  ['another issuer', { iss: 'http://evil.test' }, 'TOKEN_INVALID'],
  ['the issuer with a slash', { iss: 'http://portcullis.test/' }, 'TOKEN_INVALID'],
  ['an issuer list', { iss: ['http://portcullis.test'] }, 'TOKEN_INVALID'],
  ['another audience', { aud: 'http://other.test' }, 'TOKEN_INVALID'],
  ['an audience that only starts alike', { aud: 'http://portcullis.test.evil' }, 'TOKEN_INVALID'],
  ['an empty audience', { aud: [] }, 'TOKEN_INVALID'],
  ['expired', { exp: now - 60 }, 'TOKEN_EXPIRED'],
  ['an expiry that is no number', { exp: '9999999999' }, 'TOKEN_INVALID'],
  ['not yet valid', { nbf: now + 600 }, 'TOKEN_INVALID'],
  ['issued in the future', { iat: now + 600 }, 'TOKEN_INVALID'],
  ['bound to a key', { cnf: { jkt: 'x' } }, 'TOKEN_INVALID'],
  ['another client', { client_id: 'someone' }, 'TOKEN_INVALID'],
  ['an assurance nobody has', { acr: 'aal3' }, 'TOKEN_INVALID'],
  ['roles that are no list', { roles: 'admin' }, 'TOKEN_INVALID'],
  ['a subject that is no string', { sub: { $ne: null } }, 'TOKEN_INVALID'],
  ['a session that is no string', { sid: { $gt: '' } }, 'TOKEN_INVALID'],
  ['a session that never was', { sid: `ses_${'0'.repeat(26)}` }, 'SESSION_ENDED'],
  ['a user who is not the owner of the session', { sub: `usr_${'0'.repeat(26)}` }, 'SESSION_ENDED'],
])('%s is refused', async (_name, change, reason) => {
  await expectRefused(await signed({ ...claims, ...change }), reason)
})

test('a token of one person with the session of another is refused', async () => {
  const eve = await signUp(server.ask)
  await expectRefused(await signed({ ...claims, sub: eve.userId }), 'SESSION_ENDED')
})

test.each(['iss', 'aud', 'sub', 'sid', 'client_id', 'roles', 'acr', 'auth_time', 'iat', 'exp', 'jti'])(
  'a token without %s is refused',
  async (claim) => {
    await expectRefused(await signed(without(claim)))
  },
)

test('within ten seconds of skew a token still counts, after that it does not', async () => {
  const expired = (seconds: number) => signed({ ...claims, exp: Math.floor(Date.now() / 1000) - seconds })
  expect((await server.ask(meQuery, { token: await expired(2) })).errors).toEqual([])
  await expectRefused(await expired(15), 'TOKEN_EXPIRED')
})

test('roles in a token grant nothing here: they come from the user', async () => {
  const token = await signed({ ...claims, roles: ['admin'] })
  const answer = await server.ask('{ me { roles } }', { token })
  expect(answer.data.me.roles).toEqual(['member'])
})

test('every single changed, missing, doubled or padded character is refused', async () => {
  const [head, payload, signature] = parts()
  const last = signature.charCodeAt(signature.length - 1)
  const variants = [
    `${head}.${payload}.${signature}=`,
    `${head}.${payload}.${signature}==`,
    `${head}=.${payload}.${signature}`,
    `${head}.${payload}. ${signature}`,
    `${head}.${payload}.${signature}.`,
    `.${head}.${payload}.${signature}`,
    `${head}.${payload}`,
    `${head}.${payload}.`,
    `${head}..${signature}`,
    `${head}.${payload}.${signature.slice(0, -1)}`,
    `${head}.${payload}.${signature}A`,
    // 64 bytes end in a character with four spare bits: all sixteen spellings of them but one must fail.
    ...[1, 2, 3].map((bits) => `${head}.${payload}.${signature.slice(0, -1)}${String.fromCharCode(last + bits)}`),
    `${head}.${encode({ ...claims, roles: ['admin'] })}.${signature}`,
    `${encode({ ...header, x: 1 })}.${payload}.${signature}`,
    ada.accessToken.replaceAll('-', '+').replaceAll('_', '/').concat('+'),
    `${ada.accessToken}${'A'.repeat(9_000)}`,
  ]
  for (const variant of variants) {
    const answer = await server.ask(meQuery, { token: variant })
    expect([variant.slice(-5), answer.status]).toEqual([variant.slice(-5), 401])
  }
})

test('each kind of token passes at its own door only', async () => {
  await expectRefused(ada.refreshToken)
  const asRefresh = await server.ask(
    'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { session { id } } }',
    {
      variables: { t: ada.accessToken },
    },
  )
  expect(reasonOf(asRefresh)).toBe('REFRESH_REJECTED')
  const asSignOut = await server.ask('mutation ($t: String) { signOut(input: { refreshToken: $t }) }', {
    variables: { t: ada.accessToken },
  })
  expect(reasonOf(asSignOut)).toBe('REFRESH_REJECTED')
  expect((await server.ask(meQuery, { token: ada.accessToken })).errors).toEqual([])
})

test('a bad token is refused even where nobody needs to be signed in, except where another proof is brought', async () => {
  const answer = await server.ask('{ signInOptions { signUp } }', { token: 'bad' })
  expect([answer.status, answer.data]).toEqual([401, undefined])
  const signIn = await server.ask(
    'mutation ($i: SignInInput!) { signIn(input: $i) { ... on SignedIn { user { id } } } }',
    {
      token: 'bad',
      variables: { i: { email: ada.email, password: ada.password } },
    },
  )
  expect(signIn.data.signIn.user.id).toBe(ada.userId)
})

test('the published keys verify our tokens and hold no private part', async () => {
  const response = await fetch(`${server.url}/.well-known/jwks.json`)
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
  expect(keys).toHaveLength(1)
  expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})
