import { failed, NotApplicable, passed, Undecided, type Check } from '../check.js'
import { isThrottled, isUnknownToSchema, sessionOf } from '../reply.js'

export const signUpRace: Check = {
  id: 'sign-up-race',
  area: 'Sign-in',
  title: 'One address, one account, also when sign-ups race',
  reason: 'Look-then-insert makes two accounts of one address, and which of them signs in is chance.',
  remedy: 'A unique index on the normalised address decides, not a look before.',
  references: ['CWE-362', 'OWASP ASVS 2.3.3'],
  async run(attack) {
    const { email, password } = attack.stranger()
    attack.sightings.expectNowhere(password)
    // Two spellings of one address.
    const spellings = [email, email.toUpperCase(), email]
    const fields = spellings.map((address) => attack.field('signUp', { email: address, password }))
    const replies = await Promise.all(fields.map((field) => attack.askAnyhow(`mutation { ${field} }`)))
    if (replies.some(isUnknownToSchema)) throw new NotApplicable('There is no such sign-up.')
    const users = replies.filter((reply) => sessionOf(reply) !== null)
    const heard = replies.filter((reply) => !isThrottled(reply)).length
    if (users.length < 2 && heard < 2) throw new Undecided('The server throttles sign-ups; try again later.')
    if (users.length === 0) throw new NotApplicable('A sign-up signs nobody in here.')
    if (users.length === 1) return passed('One of three sign-ups at once made the account.')
    return failed(`${users.length} of three sign-ups at once made an account for the same address.`)
  },
}
