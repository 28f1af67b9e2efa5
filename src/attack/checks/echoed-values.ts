import { demandAnswers } from '../attack.js'
import { unlessFound, type Check } from '../check.js'
import { answersToTroubles, mark } from '../troubles.js'

export const echoedValues: Check = {
  id: 'echoed-values',
  area: 'Answers',
  title: 'Errors do not repeat what was sent',
  reason: 'A password in the wrong field comes back in the error, and from there gets into a log or onto a screen.',
  remedy: 'Say which input is wrong, not what it was: graphql-js quotes values in its own errors.',
  references: ['OWASP ASVS 16.2.5', 'CWE-209', 'CWE-532'],
  async run(attack) {
    await demandAnswers(attack)
    const answers = await answersToTroubles(attack)
    const found = answers.flatMap(([{ name }, { text, headers }]) =>
      text.includes(mark) || JSON.stringify(headers).includes(mark) ? [`${name}: the value comes back`] : [],
    )
    return unlessFound(found, `None of ${answers.length} refusals repeats a value.`)
  },
}
