/** What a string must look like before it is worth a signature check; jose alone is more lenient than RFC 7515. */

export interface AccessTokenHeader {
  readonly alg: string
  readonly kid: string
}

const maxLength = 8 * 1024
const threeParts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/
// `jku`, `x5u`, `jwk` would let the token bring its own key, `crit` and `b64` change what is signed: none is allowed.
const allowedMembers = new Set(['alg', 'typ', 'kid'])

/** The header of a token of exactly our shape, or null. */
export function accessTokenHeader(token: string): AccessTokenHeader | null {
  if (token.length > maxLength) return null
  const parts = threeParts.exec(token)
  if (parts === null || !parts.slice(1).every(isCanonicalBase64url)) return null
  const header = parseObject(parts[1] ?? '')
  if (header === null || !Object.keys(header).every((member) => allowedMembers.has(member))) return null
  const { alg, typ, kid } = header
  // RFC 9068 §4: `at+jwt` and nothing else, so that no other token of ours is ever taken for an access token.
  return typ === 'at+jwt' && typeof alg === 'string' && typeof kid === 'string' ? { alg, kid } : null
}

/** One spelling per value (RFC 4648 §3.5): otherwise trailing bits make many tokens out of one. */
function isCanonicalBase64url(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

function parseObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
