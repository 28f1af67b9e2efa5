import { demandAnswers } from '../attack.js'
import { unlessFound, type Check } from '../check.js'
import { answersToTroubles } from '../troubles.js'

/** Over everything that was answered so far, hence among the last. */
export const stackTraces: Check = {
  id: 'stack-traces',
  area: 'Answers',
  title: 'No answer shows the inside of the server',
  reason: 'Stack traces and paths tell which libraries, in which versions, and where things are.',
  remedy:
    'Mask what was not foreseen, log it under an id, and answer the id (Apollo: `includeStacktraceInErrorResponses: false`).',
  references: ['OWASP ASVS 16.5.1', 'OWASP API8:2023', 'CWE-209'],
  async run(attack) {
    await demandAnswers(attack)
    await answersToTroubles(attack)
    return unlessFound(attack.sightings.of('stack'), `None of ${attack.sightings.answers()} answers has one.`)
  },
}
