import { expect, test } from '@jest/globals'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { eventually } from '../support/eventually.js'
import { signIn, signUp } from '../support/people.js'
import { startTestPortcullis } from '../support/portcullis.js'

const keyIds = async (url: string): Promise<string[]> => {
  const response = await fetch(`${url}/.well-known/jwks.json`)
  const { keys } = (await response.json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid).sort()
}

test('a new key is published before it signs, on every instance, and the old one verifies what it signed', async () => {
  const settings = { SIGNING_KEY_LIFETIME: '6s', SIGNING_KEY_LEAD: '3s' }
  const here = await startTestPortcullis(settings)
  const there = await startTestPortcullis({ ...here.env, ...settings })
  try {
    const ada = await signUp(here.ask)
    expect(decodeProtectedHeader(ada.accessToken).kid).toBe('sig_1')
    await eventually(async () => {
      for (const { url } of [here, there]) expect(await keyIds(url)).toEqual(['sig_1', 'sig_2'])
    })
    // Published, and not in use yet: this is the time in which verifiers fetch it.
    expect(here.app.keys.signingKey().id).toBe('sig_1')
    await eventually(() => expect(here.app.keys.signingKey().id).toBe('sig_2'))
    const later = await signIn(here.ask, ada)
    expect(decodeProtectedHeader(later.accessToken).kid).toBe('sig_2')
    for (const { ask } of [here, there]) {
      for (const token of [ada.accessToken, later.accessToken]) {
        expect((await ask('{ me { id } }', { token })).data.me.id).toBe(ada.userId)
      }
    }
  } finally {
    await Promise.all([here.close(), there.close()])
  }
}, 60_000)

test.each(['ES256', 'EdDSA'])('another service verifies %s tokens by the published keys alone', async (algorithm) => {
  const server = await startTestPortcullis({ SIGNING_ALGORITHM: algorithm })
  try {
    const ada = await signUp(server.ask)
    const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(ada.accessToken, keys, {
      issuer: 'http://portcullis.test',
      audience: 'http://portcullis.test',
      typ: 'at+jwt',
    })
    expect([protectedHeader.alg, payload.sub]).toEqual([algorithm, ada.userId])
    expect((await server.ask('{ me { id } }', { token: ada.accessToken })).data.me.id).toBe(ada.userId)
  } finally {
    await server.close()
  }
})
