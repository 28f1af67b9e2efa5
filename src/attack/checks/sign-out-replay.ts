import { accessTokenOf } from '../attack.js'
import { NotApplicable, Undecided, unlessFound, type Check } from '../check.js'
import { appearanceOf, hasData, isUnknownToSchema } from '../reply.js'
import { isKnown, isRefreshed, renewed } from '../tokens.js'

export const signOutReplay: Check = {
  id: 'sign-out-replay',
  area: 'Sessions',
  title: 'After the sign-out both tokens are dead',
  reason: 'A sign-out that only makes the client forget leaves the thief signed in.',
  remedy: 'Ask the session (or a list of ended ones) at each use, and end the refresh family with it.',
  references: ['OWASP ASVS 7.4.1', 'OWASP API2:2023', 'CWE-613'],
  async run(attack) {
    const { session, doubt } = await renewed(attack, await attack.signIn(await attack.one()))
    const [token, { refreshToken }] = [accessTokenOf(session), session]
    if (!(await isKnown(attack, token)))
      throw new Undecided('The question "who am I" is not answered with a good token.')
    const reply = await attack.ask(`mutation { ${attack.field('signOut', { refreshToken: refreshToken ?? '' })} }`, {
      token,
    })
    if (isUnknownToSchema(reply)) throw new NotApplicable('There is no such sign-out.')
    if (!hasData(reply)) throw new Undecided(`The sign-out was refused: ${appearanceOf(reply)}.`)
    const found: string[] = []
    if (await isKnown(attack, token)) found.push('the access token still works')
    if (refreshToken !== null && (await isRefreshed(attack, refreshToken))) found.push('the refresh token still works')
    if (found.length === 0 && doubt !== null) throw new Undecided(doubt)
    return unlessFound(found, 'Neither is taken any more.')
  },
}
