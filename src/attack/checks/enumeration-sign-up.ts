import { NotApplicable, passed, warned, type Check } from '../check.js'
import { appearanceOf, isUnknownToSchema, sessionOf } from '../reply.js'

/** A warning, never a failure: without mail there is no other way, and then it must at least be slow. */
export const enumerationSignUp: Check = {
  id: 'enumeration-sign-up',
  area: 'Sign-in',
  title: 'A sign-up does not say whether the account exists',
  reason: '"This address is taken" answers the question that the sign-in does not.',
  remedy: 'Let the sign-up send a mail, and answer the same for new and for known addresses.',
  references: ['OWASP ASVS 6.3.8', 'CWE-204'],
  async run(attack) {
    const { email } = await attack.one()
    const { password } = attack.stranger()
    const reply = await attack.ask(`mutation { ${attack.field('signUp', { email, password })} }`)
    if (isUnknownToSchema(reply)) throw new NotApplicable('There is no such sign-up.')
    if (/CLOSED|DISABLED|FORBIDDEN/.test(reply.errors[0]?.code ?? '')) throw new NotApplicable('Sign-up is closed.')
    if (sessionOf(reply) !== null) return warned('A second sign-up with the same address signs somebody in.')
    if (reply.errors.length === 0) return passed('A known address is answered as if it was new.')
    return warned(`A known address is answered ${appearanceOf(reply)}.`)
  },
}
