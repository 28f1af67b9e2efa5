import { demandAnswers } from '../attack.js'
import { passed, warned, type Check } from '../check.js'
import { hasData, isUnknownToSchema } from '../reply.js'

export const serviceSdl: Check = {
  id: 'service-sdl',
  area: 'GraphQL',
  title: '`_service` is for the router',
  reason: 'The SDL of a subgraph shows strangers every operation, and its directives who may ask for what.',
  remedy: 'Let the router prove itself, and nobody else in.',
  references: ['Apollo: Securing your graph, "Limit subgraph access to the router"', 'OWASP API9:2023'],
  async run(attack) {
    await demandAnswers(attack)
    const { ask } = attack
    for (const query of [
      '{ _service { sdl } }',
      '{ x: _service { sdl } }',
      '{ ...F } fragment F on Query { _service { sdl } }',
    ]) {
      const reply = await ask(query)
      if (hasData(reply)) return warned('`_service` is open: right in development, wrong in production.')
      if (isUnknownToSchema(reply)) return passed('There is no `_service`.')
    }
    return passed('`_service` is closed.')
  },
}
