import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  claimsOf,
  counterOf,
  creationOptions,
  passkeyFrom,
  requestOptions,
  signedChallenge,
  type PasskeyFacts,
} from '../../src/mfa/webauthn.js'
import { originsBelow } from '../../src/mfa/relying-party.js'
import { createAuthenticator, type SentCredential } from './authenticator.js'
import { draw } from '../support/draw.js'

const rp = { id: 'example.com', name: 'Example', origins: ['https://app.example.com'] }
const signed = signedChallenge('a challenge of ours')
const user = { id: `usr_${'0'.repeat(26)}`, email: 'ada@example.com', displayName: null }
const key = createAuthenticator({ origin: 'https://app.example.com' })
const made = async () => key.create(await creationOptions(rp, user, { signed, existing: [] }))
/** Throws for none. */
async function passkey(): Promise<PasskeyFacts> {
  const found = await passkeyFrom(rp, signed, await made())
  if ('fault' in found) throw new Error(found.fault)
  return found.facts
}
const used = async () => key.get(await requestOptions(rp, { signed, allowed: [] })) as SentCredential

test('What is no answer of a browser is no passkey, whatever else it is, and nothing breaks by it', async () => {
  const good = await passkey()
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (credential) => {
      expect(await passkeyFrom(rp, signed, credential)).toEqual({ fault: 'malformed' })
      expect(await counterOf(rp, signed, { credential, passkey: good })).toEqual({ fault: 'malformed' })
      expect(claimsOf(credential)).toBeNull()
    }),
    { ...draw, numRuns: 500 },
  )
})

test('An answer of which one byte is another is no proof', async () => {
  const key = await passkey()
  const good = await used()
  expect(await counterOf(rp, signed, { credential: good, passkey: key })).toBe(1)
  const part = fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature')
  await fc.assert(
    fc.asyncProperty(part, fc.nat(), fc.integer({ min: 1, max: 255 }), async (name, at, bits) => {
      const bytes = Buffer.from(String(good.response[name]), 'base64url')
      // How DER frames the two numbers of a signature is read leniently, and makes no other signature of them.
      const length = name === 'signature' ? 20 : bytes.length
      const index = bytes.length - 1 - (at % length)
      bytes[index] = (bytes[index] ?? 0) ^ bits
      const response = { ...good.response, [name]: bytes.toString('base64url') }
      const answer = await counterOf(rp, signed, { credential: { ...good, response }, passkey: key })
      expect(answer).toEqual({ fault: expect.any(String) })
    }),
    { ...draw, numRuns: 300 },
  )
})

test('A new passkey of which one byte is another is one or none, and nothing breaks by it', async () => {
  const good = (await made()) as SentCredential
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const bytes = Buffer.from(String(good.response['attestationObject']), 'base64url')
      const index = at % bytes.length
      bytes[index] = (bytes[index] ?? 0) ^ bits
      const response = { ...good.response, attestationObject: bytes.toString('base64url') }
      const found = await passkeyFrom(rp, signed, { ...good, response })
      expect('fault' in found || found.facts.publicKey.length > 0).toBe(true)
    }),
    { ...draw, numRuns: 300 },
  )
})

test.each([
  ['example.com', ['https://example.com', 'https://app.example.com'], 2],
  ['app.example.com', ['https://example.com', 'https://app.example.com:8443'], 1],
  ['example.com', ['https://notexample.com', 'https://example.com.evil.test', 'https://example.org'], 0],
  ['localhost', ['http://localhost:3000', 'http://127.0.0.1:3000'], 1],
])('Passkeys of %s are used on so many of %j', (id, origins, count) => {
  expect(originsBelow(id, origins)).toHaveLength(count)
})
