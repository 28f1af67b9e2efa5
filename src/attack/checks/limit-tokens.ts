import { failed, passed, type Check } from '../check.js'
import { appearanceOf, hasData } from '../reply.js'

const most = 10_000

export const limitTokens: Check = {
  id: 'limit-tokens',
  area: 'GraphQL',
  title: 'Documents have a greatest number of tokens',
  reason: 'Parsing and comparing a long document keeps the process busy before any rule of the service is asked.',
  remedy: 'Set `maxTokens` of the parser (graphql-js: 2,000 is plenty).',
  references: ['OWASP API4:2023', 'CWE-400'],
  async run({ ask }) {
    const reply = await ask(`{ ${'__typename '.repeat(most)} }`)
    if (hasData(reply)) return failed(`A document of ${most} tokens is answered.`)
    return passed(`${most} tokens are refused (${appearanceOf(reply)}).`)
  },
}
