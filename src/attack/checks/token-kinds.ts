import { accessTokenOf, refreshTokenOf } from '../attack.js'
import { NotApplicable, unlessFound, type Check } from '../check.js'
import { isUnknownToSchema, sessionOf } from '../reply.js'
import { isKnown } from '../tokens.js'

export const tokenKinds: Check = {
  id: 'token-kinds',
  area: 'Tokens',
  title: 'Each kind of token opens its own door only',
  reason: 'A refresh token that works as an access token lives for weeks; an access token that refreshes never ends.',
  remedy: 'Give every kind of token its own `typ` (or form) and audience, and check it where it is used.',
  references: ['RFC 8725 §3.11', 'RFC 9068 §4', 'CWE-287'],
  async run(attack) {
    const { session } = await attack.one()
    const [access, refresh] = [accessTokenOf(session), refreshTokenOf(session)]
    const found: string[] = []
    if (await isKnown(attack, null)) throw new NotApplicable('The question "who am I" is answered without a token.')
    if (await isKnown(attack, refresh)) found.push('the refresh token is taken as an access token')
    const reply = await attack.ask(`mutation { ${attack.field('refresh', { refreshToken: access })} }`)
    if (isUnknownToSchema(reply)) throw new NotApplicable('There is no such refresh.')
    if (sessionOf(reply) !== null) found.push('the access token is taken as a refresh token')
    return unlessFound(found, 'Neither is taken for the other.')
  },
}
