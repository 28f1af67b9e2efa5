import { accessTokenOf } from '../attack.js'
import { NotApplicable, Undecided, unlessFound, type Check } from '../check.js'
import { appearanceOf, hasData, isUnknownToSchema } from '../reply.js'
import { isKnown, isRefreshed, renewed } from '../tokens.js'

/** On the second account, and only when it was signed up for this. */
export const passwordChangeSessions: Check = {
  id: 'password-change-sessions',
  area: 'Sessions',
  title: 'A new password ends the other sessions',
  reason: 'Whoever changes the password because somebody got in expects that somebody to be out.',
  remedy: 'End all other sessions in the same write.',
  references: ['OWASP ASVS 7.4.3', 'CWE-613'],
  async run(attack) {
    const person = await attack.two()
    if (!person.isOurs) throw new NotApplicable('The password of a given account is not changed.')
    const owner = await attack.signIn(person)
    const { session: thief, doubt } = await renewed(attack, await attack.signIn(person))
    if (!(await isKnown(attack, accessTokenOf(thief))))
      throw new Undecided('The question "who am I" is not answered with a good token.')
    const newPassword = attack.stranger().password
    const change = (from: string, to: string) =>
      attack.ask(`mutation { ${attack.field('changePassword', { password: from, newPassword: to })} }`, {
        token: accessTokenOf(owner),
      })
    const reply = await change(person.password, newPassword)
    if (isUnknownToSchema(reply)) throw new NotApplicable('There is no such change of the password.')
    if (!hasData(reply)) throw new Undecided(`The change was refused: ${appearanceOf(reply)}.`)
    const found: string[] = []
    if (await isKnown(attack, accessTokenOf(thief))) found.push('an access token of another session still works')
    if (thief.refreshToken !== null && (await isRefreshed(attack, thief.refreshToken)))
      found.push('a refresh token of another session still works')
    await change(newPassword, person.password)
    if (found.length === 0 && doubt !== null) throw new Undecided(doubt)
    return unlessFound(found, 'The other session is over.')
  },
}
