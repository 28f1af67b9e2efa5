import { demandAnswers } from '../attack.js'
import { failed, passed, type Check } from '../check.js'
import { appearanceOf, hasData } from '../reply.js'

const most = 500

export const limitDirectives: Check = {
  id: 'limit-directives',
  area: 'GraphQL',
  title: 'Operations have a greatest number of directives',
  reason: 'Directives cost little to write and something to read; thousands of them keep the process busy.',
  remedy: 'Count directives before validation, and refuse beyond a few dozen.',
  references: ['OWASP API4:2023', 'CVE-2022-37734', 'CWE-400'],
  async run(attack) {
    await demandAnswers(attack)
    const { ask } = attack
    const reply = await ask(`{ ${'... @include(if: true) { __typename } '.repeat(most)} }`)
    if (hasData(reply)) return failed(`${most} directives are answered.`)
    const unknown = await ask(`{ __typename ${'@a '.repeat(most)} }`)
    if (unknown.errors.length > 100) return failed(`${most} unknown directives are ${unknown.errors.length} errors.`)
    return passed(`${most} directives are refused (${appearanceOf(reply)}).`)
  },
}
