import { demandAnswers } from '../attack.js'
import { failed, passed, warned, type Check } from '../check.js'
import { hasData } from '../reply.js'

export const suggestions: Check = {
  id: 'suggestions',
  area: 'GraphQL',
  title: 'A closed schema is not given away by hints',
  reason: '"Did you mean" rebuilds a schema word by word, though introspection is off.',
  remedy: 'Take the suggestions out of validation errors (`hideSchemaDetailsFromClientErrors` in Apollo Server).',
  references: ['OWASP GraphQL Cheat Sheet, Introspection', 'CWE-209'],
  async run(attack) {
    await demandAnswers(attack)
    const misspelt = [
      '{ __typenam }',
      '{ mee { id } }',
      'mutation { signInn }',
      '{ usr }',
      'mutation { signIn(inpt: 1) { __typename } }',
      '{ _servic { sdl } }',
    ]
    let hinted = false
    for (const query of misspelt) hinted ||= /did you mean/i.test((await attack.ask(query)).text)
    if (!hinted) return passed('Misspelt names get no hint.')
    const isOpen = hasData(await attack.ask('{ __schema { queryType { name } } }'))
    return isOpen
      ? warned('There are hints; the schema is open anyway.')
      : failed('The schema is closed, and misspelt names get hints.')
  },
}
