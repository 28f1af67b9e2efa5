import { unlessFound, type Check } from '../check.js'
import { acceptedOf, encode, foreignKey, presenter, type Jwt } from '../tokens.js'

export const tokenAltered: Check = {
  id: 'token-altered',
  area: 'Tokens',
  title: 'A token that was changed is refused',
  reason: 'A server that decodes and does not verify lets everybody choose who they are.',
  remedy: 'Verify the signature before reading a single claim; refuse `crit`, a wrong `typ` and unsecured forms.',
  references: ['RFC 8725 §3.3', 'RFC 9068 §4', 'RFC 7515 §4.1.11', 'OWASP API2:2023', 'CWE-347'],
  async run(attack) {
    const server = await presenter(attack)
    const forgeries = [...altered(server.jwt)]
    return unlessFound(await acceptedOf(server, forgeries), `${forgeries.length} changed tokens are refused.`)
  },
}

function* altered({ header, claims, parts: [head, payload, signature] }: Jwt): Generator<[string, string]> {
  const withClaims = (change: object) => `${head}.${encode({ ...claims, ...change })}.${signature}`
  yield ['other roles', withClaims({ roles: ['admin'], role: 'admin', scope: 'admin' })]
  yield ['another subject', withClaims({ sub: 'usr_00000000000000000000000000' })]
  yield ['a later expiry', withClaims({ exp: 4_102_444_800 })]
  yield ['another audience', withClaims({ aud: 'http://attack.example' })]
  yield ['no signature', `${head}.${payload}.`]
  yield ['no third part', `${head}.${payload}`]
  yield ['half a signature', `${head}.${payload}.${signature.slice(0, signature.length / 2)}`]
  yield [
    'a signature of zeros',
    `${head}.${payload}.${Buffer.alloc(Buffer.from(signature, 'base64url').length).toString('base64url')}`,
  ]
  yield ['a signature by another key', foreignKey(header.alg).sign(header, claims)]
  for (const change of [{ typ: 'other+jwt' }, { crit: ['exp'] }, { b64: false, crit: ['b64'] }, { zip: 'DEF' }]) {
    yield [`the header ${JSON.stringify(change)}`, `${encode({ ...header, ...change })}.${payload}.${signature}`]
  }
}
