/** What a string must look like before it is worth a signature check; jose alone is more lenient than RFC 7515. */

const threeParts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/
// `jku`, `x5u`, `jwk` would let the token bring its own key, `crit` and `b64` change what is signed: none is allowed.
const allowedMembers = new Set(['alg', 'typ', 'kid'])

/** The `kid` of a token of exactly our shape, or null. How long it may be is said at the edge (http/bearer.ts). */
export function keyIdOf(token: string): string | null {
  const parts = threeParts.exec(token)
  if (parts === null || !parts.slice(1).every(isCanonicalBase64url)) return null
  const header = parseObject(parts[1] ?? '')
  if (header === null || !Object.keys(header).every((member) => allowedMembers.has(member))) return null
  const { typ, kid } = header
  // RFC 9068 §4: `at+jwt` and nothing else, so that no other token of ours is ever taken for an access token.
  return typ === 'at+jwt' && typeof kid === 'string' ? kid : null
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
