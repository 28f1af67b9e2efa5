import { failed, passed, type Check } from '../check.js'
import { listAt } from '../json.js'
import { appearanceOf } from '../reply.js'
import { demandEntities, entitiesQuery } from './entities-foreign.js'

const items = 20_000

export const entitiesFlood: Check = {
  id: 'entities-flood',
  area: 'Objects',
  title: '_entities takes a bounded number of keys',
  reason: 'Twenty thousand keys in one small request are twenty thousand look-ups.',
  remedy: 'Bound the representations of a request, over all aliases together, and read them in one go.',
  references: ['OWASP API4:2023', 'CWE-770'],
  async run(attack) {
    const token = await demandEntities(attack, await attack.one())
    const ask = (count: number) => {
      const r = Array.from({ length: count }, (_each, index) => ({ __typename: 'User', id: `u${index}` }))
      return attack.ask(entitiesQuery, { token, variables: { r } })
    }
    // Short of the usual limits on the body, and then far beyond.
    const [many, tooMany] = [await ask(5_000), await ask(items)]
    const answered = Math.max(listAt(many.data, '_entities').length, listAt(tooMany.data, '_entities').length)
    if (answered > 0) return failed(`${answered} keys in one request are answered.`)
    return passed(`5,000 keys are refused (${appearanceOf(many)}), and so are ${items} (${appearanceOf(tooMany)}).`)
  },
}
