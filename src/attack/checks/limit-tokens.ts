import { demandAnswers, json } from '../attack.js'
import { failed, passed, Undecided, type Check } from '../check.js'
import { appearanceOf, hasData, isHeldOff, replyOf } from '../reply.js'

const most = 10_000
const fields = 50

export const limitTokens: Check = {
  id: 'limit-tokens',
  area: 'GraphQL',
  title: 'Documents have a greatest number of tokens',
  reason: 'Parsing and comparing a long document keeps the process busy before any rule of the service is asked.',
  remedy: 'Set `maxTokens` of the parser (graphql-js: 2,000 is plenty).',
  references: ['OWASP API4:2023', 'CWE-400'],
  async run(attack) {
    await demandAnswers(attack)
    const { client } = attack
    // Many small operations of which one is asked for: nothing in there has to be compared with anything.
    const operations = Array.from(
      { length: most / fields },
      (_each, index) => `query Q${index} { ${'__typename '.repeat(fields)} }`,
    )
    const body = JSON.stringify({ query: operations.join(' '), operationName: 'Q0' })
    const reply = replyOf(await client.send({ headers: json, body }))
    if (hasData(reply)) return failed(`A document of ${most} tokens is answered.`)
    if (isHeldOff(reply)) throw new Undecided('The server throttles us; try again later.')
    return passed(`${most} tokens are refused (${appearanceOf(reply)}).`)
  },
}
