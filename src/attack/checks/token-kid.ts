import { createHmac } from 'node:crypto'
import { unlessFound, type Check } from '../check.js'
import { acceptedOf, encode, foreignKey, presenter } from '../tokens.js'

/** Each with the secret that a verifier would find there: an empty file, or what an injected query returns. */
const places: readonly (readonly [kid: string, secret: string])[] = [
  ['../../../../../../../dev/null', ''],
  ['/dev/null', ''],
  ['file:///dev/null', ''],
  ["x' UNION SELECT 'attack' -- ", 'attack'],
  ["x' OR '1'='1", ''],
  ['__proto__', ''],
  ['constructor', ''],
  ['toString', ''],
  ['', ''],
  ['nobody', ''],
]

export const tokenKid: Check = {
  id: 'token-kid',
  area: 'Tokens',
  title: 'The key id of a token leads to our own keys only',
  reason: 'A `kid` that is used as a path, in a query or as a property lets the sender choose the key.',
  remedy: 'Look the `kid` up in a map of the known keys (a Map, not an object); refuse what is not in it.',
  references: ['RFC 8725 §3.10', 'CWE-22', 'CWE-89', 'CWE-347'],
  async run(attack) {
    const server = await presenter(attack)
    const { header, parts, claims } = server.jwt
    const foreign = foreignKey(header.alg)
    const forgeries = places.flatMap(([kid, secret]): [string, string][] => {
      const input = `${encode({ ...header, alg: 'HS256', kid })}.${parts[1]}`
      const signature = createHmac('sha256', secret).update(input).digest('base64url')
      return [
        [`kid ${JSON.stringify(kid)}`, `${input}.${signature}`],
        [`kid ${JSON.stringify(kid)} with a key of ours`, foreign.sign({ ...header, kid }, claims)],
      ]
    })
    return unlessFound(await acceptedOf(server, forgeries), `${places.length} odd key ids lead nowhere.`)
  },
}
