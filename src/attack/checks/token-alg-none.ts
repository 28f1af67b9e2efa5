import { unlessFound, type Check } from '../check.js'
import { acceptedOf, encode, presenter } from '../tokens.js'

export const tokenAlgNone: Check = {
  id: 'token-alg-none',
  area: 'Tokens',
  title: 'A token without a signature is refused',
  reason: 'Who is believed without a signature is whoever they say they are.',
  remedy: 'Pin the algorithm of the key in the verifier; never read it from the token.',
  references: ['RFC 8725 §3.1', 'RFC 7519 §6', 'CWE-347'],
  async run(attack) {
    const server = await presenter(attack)
    const [, payload, signature] = server.jwt.parts
    const forgeries = ['none', 'None', 'NONE', 'nOnE', 'none ', '', null].flatMap((alg) => {
      const unsigned = `${encode({ ...server.jwt.header, alg })}.${payload}.`
      const name = `alg ${JSON.stringify(alg)}`
      return [
        [name, unsigned],
        [`${name} with the old signature`, unsigned + signature],
      ] as const
    })
    return unlessFound(await acceptedOf(server, forgeries), 'No spelling of "none" is taken.')
  },
}
