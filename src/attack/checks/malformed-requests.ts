import { demandAnswers } from '../attack.js'
import { unlessFound, type Check } from '../check.js'
import { hasData, isHeldOff, replyOf } from '../reply.js'
import { answersToTroubles } from '../troubles.js'

export const malformedRequests: Check = {
  id: 'malformed-requests',
  area: 'HTTP',
  title: 'Broken requests are the client’s fault, and said so',
  reason: 'A 500 is something that nobody has thought of: where one is, there are others.',
  remedy: 'Check the shape of a request first, and answer 4xx.',
  references: ['GraphQL over HTTP §6.4', 'OWASP ASVS 16.5', 'CWE-20', 'CWE-755'],
  async run(attack) {
    await demandAnswers(attack)
    const answers = await answersToTroubles(attack)
    const found = answers.flatMap(([{ name, isBroken }, answer]) => {
      if (answer.status >= 500 && answer.status !== 503) return [`${name} is a ${answer.status}`]
      if (/INTERNAL_SERVER_ERROR|Internal server error/.test(answer.text)) return [`${name} is an internal error`]
      return isBroken && hasData(replyOf(answer)) ? [`${name} is answered`] : []
    })
    const heldOff = answers.filter(([, answer]) => isHeldOff(replyOf(answer))).length
    return unlessFound(found, `${answers.length} broken requests are refused, none by an internal error.`, heldOff)
  },
}
