import { demandAnswers } from '../attack.js'
import { passed, warned, type Check } from '../check.js'
import { hasData, type Reply } from '../reply.js'

/** Handy in development, and so a warning: who runs this knows which of the two it is. */
export const introspection: Check = {
  id: 'introspection',
  area: 'GraphQL',
  title: 'The schema is not given to everybody',
  reason: 'Introspection shows strangers every operation and input there is.',
  remedy: 'Off in production. It hides, it does not protect: the rules must hold without it.',
  references: ['OWASP GraphQL Cheat Sheet, Introspection', 'OWASP API9:2023'],
  async run(attack) {
    await demandAnswers(attack)
    const { ask } = attack
    const replies: Reply[] = [
      await ask('{ __schema { queryType { name } } }'),
      await ask('{ __type(name: "Query") { name } }'),
    ]
    return replies.some(hasData)
      ? warned('Introspection is open: right in development, wrong in production.')
      : passed('Introspection is off.')
  },
}
