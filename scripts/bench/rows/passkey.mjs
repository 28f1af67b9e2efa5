import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import { openProving } from '../second-factors.mjs'

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'passkey',
  title: 'a right answer of a passkey, verified and used by the service alone: one read, one signature, one write',
  goal: { kind: 'cpu', atMostMs: 5 },
  requests: 64,
  baseline: null,
  measured: ({ mongodbUri }) => openProving(mongodbUri, { uses: 1, proving: provingByPasskey }),
}

/**
 * The signing is in what is measured: about 50 µs, which are the authenticator's.
 * @param {import('../second-factors.mjs').App} app
 * @param {import('../second-factors.mjs').Enrolled} enrolled
 * @returns {Promise<import('../second-factors.mjs').Verify>}
 */
async function provingByPasskey(app, { userId }) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credentialId = randomBytes(32).toString('base64url')
  /** @type {Record<string, unknown>} */
  const passkey = {
    _id: `aut_${credentialId}`,
    userId,
    kind: 'passkey',
    name: 'bench',
    createdAt: new Date(),
    lastUsedAt: null,
    credentialId,
    publicKey: coseKey(publicKey),
    // It does not count, so that nothing has to be given back.
    counter: 0,
    transports: [],
  }
  await app.database.connection.collection('authenticators').insertOne(passkey)
  const { id: rpId, origins } = app.mfa.relyingParty
  return async () => {
    const challenge = randomBytes(32).toString('base64url')
    const { challenge: toSign } = await app.mfa.passkeyRequest(challenge)
    const credential = answerOf(privateKey, { id: credentialId, rpId, origin: origins[0] ?? '', challenge: toSign })
    const proof = await app.mfa.verifyPasskey({ userId, credential, isNamed: true }, challenge)
    return 'fault' in proof ? null : proof
  }
}

/** RFC 9053 §7.1.1. @param {import('node:crypto').KeyObject} publicKey */
function coseKey(publicKey) {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const [xBytes = new Uint8Array(), yBytes = new Uint8Array()] = [x, y].map(
    (text) => new Uint8Array(Buffer.from(text, 'base64url')),
  )
  /** @type {Map<number, number | Uint8Array>} */
  const key = new Map()
  key.set(1, 2).set(3, -7).set(-1, 1).set(-2, xBytes).set(-3, yBytes)
  return Buffer.from(isoCBOR.encode(key)).toString('base64url')
}

/**
 * What a browser answers with (WebAuthn §7.2).
 * @param {import('node:crypto').KeyObject} privateKey
 * @param {{ id: string, rpId: string, origin: string, challenge: string }} asked
 */
function answerOf(privateKey, { id, rpId, origin, challenge }) {
  const client = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false }))
  const sha256 = (/** @type {string | Buffer} */ bytes) => createHash('sha256').update(bytes).digest()
  const data = Buffer.concat([sha256(rpId), Buffer.from([5, 0, 0, 0, 0])])
  const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
  const response = {
    clientDataJSON: client.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signature: signature.toString('base64url'),
  }
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
}
