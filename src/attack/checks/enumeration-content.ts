import { wholeAnswer } from '../attack.js'
import { failed, passed, type Check } from '../check.js'
import { appearanceOf } from '../reply.js'

export const enumerationContent: Check = {
  id: 'enumeration-content',
  area: 'Sign-in',
  title: 'A refused sign-in does not say whether the account exists',
  reason: 'Whoever can tell which addresses have accounts knows whom to phish, and which passwords to try where.',
  remedy: 'One message, one code, one status and the same headers for an unknown address and a wrong password.',
  references: ['OWASP ASVS 6.3.8', 'OWASP Authentication Cheat Sheet, Authentication Responses', 'CWE-204'],
  async run(attack) {
    const { email } = await attack.signedIn()
    const stranger = attack.stranger()
    const wrong = attack.stranger().password
    const refusal = (address: string) =>
      attack.ask(`mutation { ${attack.field('signIn', { email: address, password: wrong })} }`)
    const known = await refusal(email)
    const unknown = await refusal(stranger.email)
    if (wholeAnswer(known, email) === wholeAnswer(unknown, stranger.email))
      return passed('The two whole answers are the same.')
    return failed(`A known address is answered ${appearanceOf(known)}, an unknown one ${appearanceOf(unknown)}.`)
  },
}
