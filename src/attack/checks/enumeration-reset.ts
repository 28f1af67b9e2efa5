import { wholeAnswer } from '../attack.js'
import { failed, NotApplicable, passed, type Check } from '../check.js'
import { appearanceOf, isUnknownToSchema } from '../reply.js'

export const enumerationReset: Check = {
  id: 'enumeration-reset',
  area: 'Sign-in',
  title: 'A password reset does not say whether the account exists',
  reason: '"There is no such account" answers the question that the sign-in does not.',
  remedy: 'Answer the same for known and unknown addresses, and send the mail afterwards.',
  references: ['OWASP Forgot Password Cheat Sheet', 'CWE-204'],
  async run(attack) {
    const { email } = await attack.one()
    const stranger = attack.stranger()
    const request = (address: string) =>
      attack.ask(`mutation { ${attack.field('requestPasswordReset', { email: address })} }`)
    const known = await request(email)
    if (isUnknownToSchema(known)) throw new NotApplicable('There is no password reset.')
    const unknown = await request(stranger.email)
    if (wholeAnswer(known, email) === wholeAnswer(unknown, stranger.email))
      return passed('The two whole answers are the same.')
    return failed(`A known address is answered ${appearanceOf(known)}, an unknown one ${appearanceOf(unknown)}.`)
  },
}
