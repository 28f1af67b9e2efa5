import { failed, passed, warned, type Check } from '../check.js'
import { presenter } from '../tokens.js'

export const tokenClaims: Check = {
  id: 'token-claims',
  area: 'Tokens',
  title: 'Nothing private is in an access token',
  reason: 'A token is signed, not sealed: every proxy, log and browser extension that sees it can read it.',
  remedy: 'Ids only; whoever needs more asks for it.',
  references: ['RFC 9068 §6', 'OWASP ASVS 9.2', 'CWE-522'],
  async run(attack) {
    const { email, password } = await attack.one()
    const text = JSON.stringify((await presenter(attack)).jwt.claims)
    if (text.includes(password) || /"(?:password|passwd|pwd|hash|secret|salt)\w*":|\$argon2|\$2[abxy]\$/i.test(text)) {
      return failed('There is a password, a hash or a secret in it.')
    }
    return text.includes(email)
      ? warned('The address of the person is in it.')
      : passed('There are ids and times in it.')
  },
}
