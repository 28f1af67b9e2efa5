import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto'
import { NotApplicable, unlessFound, type Check } from '../check.js'
import { acceptedOf, encode, presenter, publishedKeys, type Jwt } from '../tokens.js'

export const tokenPublicKeyHmac: Check = {
  id: 'token-public-key-hmac',
  area: 'Tokens',
  title: 'The public key is not taken for a shared secret',
  reason: 'A verifier that reads the algorithm from the token checks HS256 with the public key, which everybody has.',
  remedy: 'Pin the algorithm of the key in the verifier; never read it from the token.',
  references: ['RFC 8725 §3.1', 'CVE-2015-9235', 'CWE-347'],
  async run(attack) {
    const server = await presenter(attack)
    const keys = await publishedKeys(attack)
    if (keys.length === 0) throw new NotApplicable('No public keys are published.')
    const forgeries = keys.flatMap((key) =>
      ['HS256', 'HS384', 'HS512'].flatMap((alg) => forgeriesWith(server.jwt, key, alg)),
    )
    return unlessFound(
      await acceptedOf(server, forgeries),
      `Nothing signed with ${keys.length} public key(s) is taken.`,
    )
  },
}

function forgeriesWith({ header, parts }: Jwt, jwk: JsonWebKey, alg: string): [string, string][] {
  const input = `${encode({ ...header, alg })}.${parts[1]}`
  return secretsOf(jwk).map(([name, secret]) => {
    const signature = createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url')
    return [`${alg} with the public key as ${name}`, `${input}.${signature}`]
  })
}

/** The spellings of a public key that a server may have at hand as "the key". */
function secretsOf(jwk: JsonWebKey): [string, string | Buffer][] {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const pem = key.export({ type: 'spki', format: 'pem' }).toString()
    return [
      ['PEM', pem],
      ['PEM without its last line break', pem.trim()],
      ['DER', key.export({ type: 'spki', format: 'der' })],
      ['JWK', JSON.stringify(jwk)],
    ]
  } catch {
    return [['JWK', JSON.stringify(jwk)]]
  }
}
