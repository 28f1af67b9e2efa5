import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { counterOf, passkeyFrom, type SignedChallenge } from '../../src/mfa/webauthn.js'

interface Registration {
  readonly name: string
  readonly id: string
  readonly clientDataJSON: string
  readonly attestationObject: string
}

interface Assertion {
  readonly name: string
  readonly id: string
  readonly publicKey: string
  readonly clientDataJSON: string
  readonly authenticatorData: string
  readonly signature: string
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the file beside this one
const vectors = JSON.parse(readFileSync(new URL('w3c-vectors.json', import.meta.url), 'utf8')) as {
  readonly registrations: readonly Registration[]
  readonly assertions: readonly Assertion[]
}
const named = <Vector extends { readonly name: string }>(of: readonly Vector[], name: string): Vector => {
  const vector = of.find((each) => each.name === name)
  if (vector === undefined) throw new Error(`There is no vector ${name}`)
  return vector
}

const rp = { id: 'example.org', name: 'Example', origins: ['https://example.org'] }

/** What a vector has signed: the challenges are given, and none of ours. */
function signedIn({ clientDataJSON }: { readonly clientDataJSON: string }): SignedChallenge {
  const { challenge } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())
  return new Uint8Array(Buffer.from(challenge, 'base64url'))
}

const credentialOf = <Response extends object>(id: string, response: Response) => ({
  id,
  rawId: id,
  type: 'public-key' as const,
  clientExtensionResults: {},
  response,
})

describe('Of the test vectors of WebAuthn, a new passkey is', () => {
  test.each([
    // Without user verification a passkey is one factor, which is not asked for here.
    ['none, ES256', 'refused'],
    ['self, ES256', null],
    ['none, ES256, in a frame of another page', 'framed'],
  ])('%s: %s', async (name, fault) => {
    const vector = named(vectors.registrations, name)
    const { id, attestationObject, clientDataJSON } = vector
    const found = await passkeyFrom(rp, signedIn(vector), credentialOf(id, { attestationObject, clientDataJSON }))
    expect(found).toMatchObject(fault === null ? { facts: { credentialId: id, counter: 0 } } : { fault })
  })
})

describe('Of the test vectors of WebAuthn, a signature is', () => {
  const assertionOf = ({ id, authenticatorData, clientDataJSON, signature }: Assertion) =>
    credentialOf(id, { authenticatorData, clientDataJSON, signature })
  const answerTo = (vector: Assertion) => {
    const passkey = { credentialId: vector.id, publicKey: vector.publicKey, counter: 0, transports: [] }
    return counterOf(rp, signedIn(vector), { credential: assertionOf(vector), passkey })
  }

  test.each([
    ['ES256, with the longest id there can be', 0],
    ['ES256, of somebody who was not verified', { fault: 'refused' }],
    ['ES256, across origins', { fault: 'framed' }],
    ['Ed25519, of somebody who was not verified', { fault: 'refused' }],
  ])('%s: %j', async (name, answer) => {
    expect(await answerTo(named(vectors.assertions, name))).toEqual(answer)
  })

  test.each([['ES256, of somebody who was not verified'], ['Ed25519, of somebody who was not verified']])(
    'right but for that: %s',
    async (name) => {
      const vector = named(vectors.assertions, name)
      const publicKey = new Uint8Array(Buffer.from(vector.publicKey, 'base64url'))
      const { verified } = await verifyAuthenticationResponse({
        response: assertionOf(vector),
        expectedChallenge: Buffer.from(signedIn(vector)).toString('base64url'),
        expectedOrigin: rp.origins,
        expectedRPID: rp.id,
        requireUserVerification: false,
        credential: { id: vector.id, publicKey, counter: 0 },
      })
      expect(verified).toBe(true)
    },
  )
})
