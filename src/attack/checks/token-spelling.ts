import { NotApplicable, unlessFound, type Check } from '../check.js'
import { acceptedOf, presenter, type Jwt } from '../tokens.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export const tokenSpelling: Check = {
  id: 'token-spelling',
  area: 'Tokens',
  title: 'A token has one spelling',
  reason:
    'Base64url decoders ignore spare bits and padding: one token becomes many texts, and a deny list or a cache keyed by the text is passed.',
  remedy: 'Check the alphabet and re-encode the signature before verifying, or key everything by `jti`.',
  references: ['RFC 7515 §2', 'RFC 4648 §3.5', 'CWE-347'],
  async run(attack) {
    const server = await presenter(attack)
    const spellings = [...otherSpellings(server.jwt)]
    if (spellings.length === 0) throw new NotApplicable('The signature has no spare bits.')
    return unlessFound(
      await acceptedOf(server, spellings),
      `${spellings.length} other spellings of a good token are refused.`,
    )
  },
}

function* otherSpellings({ parts: [head, payload, signature], token }: Jwt): Generator<[string, string]> {
  const last = alphabet.indexOf(signature.at(-1) ?? '')
  const spareBits = { 2: 4, 3: 2 }[signature.length % 4] ?? 0
  const step = 2 ** spareBits
  for (let bits = 1; bits < step; bits += 1) {
    const other = alphabet[last - (last % step) + (((last % step) + bits) % step)] ?? ''
    yield ['spare bits of the signature', `${head}.${payload}.${signature.slice(0, -1)}${other}`]
  }
  yield ['padding after the signature', `${token}=`]
  yield ['padding twice', `${token}==`]
  yield ['a blank in the signature', `${head}.${payload}.${signature.slice(0, 10)} ${signature.slice(10)}`]
  const classic = token.replaceAll('-', '+').replaceAll('_', '/')
  if (classic !== token) yield ['the classic alphabet', classic]
}
