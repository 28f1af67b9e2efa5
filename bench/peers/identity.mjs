/** What the peers that bring no users of their own are asked with: a token of the same kind as ours, and its person. */
import { generateKeyPair, SignJWT } from 'jose'

export const issuer = 'http://peer.test'

export const person = {
  id: 'usr_00000000000000000000000000',
  displayName: 'Ada Lovelace',
  email: 'member@example.com',
  roles: ['member'],
}

/** They find their user in memory: no database is read for them, and nobody asks whether the session still lives. */
export const users = new Map([[person.id, person]])

/** ES256 (RFC 9068), with the claims that our tokens have. */
export async function issueToken() {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const now = Math.floor(Date.now() / 1000)
  const token = await new SignJWT({
    sid: 'ses_00000000000000000000000000',
    client_id: 'portcullis',
    roles: person.roles,
    acr: 'aal1',
    auth_time: now,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'a'.repeat(22) })
    .setIssuer(issuer)
    .setAudience(issuer)
    .setSubject(person.id)
    .setIssuedAt(now)
    .setExpirationTime(now + 3600)
    .setJti('b'.repeat(22))
    .sign(privateKey)
  return { token, publicKey }
}

/**
 * @param {string} url
 * @param {string} token
 */
export function meAt(url, token) {
  return {
    url: `${url}/graphql`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ me { id displayName email roles } }' }),
  }
}

/** The list of the row `list`, of the same 500 objects. */
export const notes = Array.from({ length: 500 }, (_, index) => ({
  id: `note_${index}`,
  userId: person.id,
  title: `Note ${index}`,
  text: 'dear diary',
  color: 'green',
}))
