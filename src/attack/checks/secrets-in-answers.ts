import { unlessFound, type Check } from '../check.js'
import { answersToTroubles } from '../troubles.js'

/** Over everything that was answered so far, hence among the last. */
export const secretsInAnswers: Check = {
  id: 'secrets-in-answers',
  area: 'Answers',
  title: 'No answer has a password, a hash or a private key in it',
  reason: 'What is in an answer is in a log, in a cache and in the tools of the browser.',
  remedy: 'Answer named fields only; never the record as it is stored, never an error of the database.',
  references: ['OWASP API3:2023', 'OWASP ASVS 14.2', 'CWE-200', 'CWE-522'],
  async run(attack) {
    await answersToTroubles(attack)
    await offeredFields(attack.ask, (await attack.one()).session.accessToken)
    return unlessFound(attack.sightings.of('secret'), `None of ${attack.sightings.answers()} answers has one.`)
  },
}

/** Fields that a type should not have; the sightings see what comes. */
async function offeredFields(
  ask: (query: string, how: { token: string | null }) => Promise<unknown>,
  token: string | null,
) {
  for (const field of ['password', 'passwordHash', 'hash', 'secret', 'credentials'])
    await ask(`{ me { ${field} } }`, { token })
}
