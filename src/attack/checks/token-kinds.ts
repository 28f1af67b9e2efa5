import { accessTokenOf, refreshTokenOf } from '../attack.js'
import { NotApplicable, Undecided, unlessFound, type Check } from '../check.js'
import { isKnown, isRefreshed, renewed } from '../tokens.js'

export const tokenKinds: Check = {
  id: 'token-kinds',
  area: 'Tokens',
  title: 'Each kind of token opens its own door only',
  reason: 'A refresh token that works as an access token lives for weeks; an access token that refreshes never ends.',
  remedy: 'Give every kind of token its own `typ` (or form) and audience, and check it where it is used.',
  references: ['RFC 8725 §3.11', 'RFC 9068 §4', 'CWE-287'],
  async run(attack) {
    const { session, doubt } = await renewed(attack, await attack.signIn(await attack.one()))
    const [access, refresh] = [accessTokenOf(session), refreshTokenOf(session)]
    const found: string[] = []
    if (await isKnown(attack, null)) throw new NotApplicable('The question "who am I" is answered without a token.')
    if (!(await isKnown(attack, access)))
      throw new Undecided('The question "who am I" is not answered with a good token.')
    if (await isKnown(attack, refresh)) found.push('the refresh token is taken as an access token')
    if (await isRefreshed(attack, access)) found.push('the access token is taken as a refresh token')
    if (found.length === 0 && doubt !== null) throw new Undecided(doubt)
    return unlessFound(found, 'Neither is taken for the other.')
  },
}
