import type { Attack } from '../attack.js'
import { unlessFound, type Check } from '../check.js'
import { isObject, listAt } from '../json.js'
import type { Reply } from '../reply.js'
import { demandEntities, entitiesQuery } from './entities-foreign.js'

const oddIds: readonly (readonly [string, unknown])[] = [
  ['the operator $ne', { $ne: null }],
  ['the operator $gt', { $gt: '' }],
  ['a regular expression', { $regex: '.*' }],
  ['$where', { $where: 'true' }],
  ['an array', ['x']],
  ['a nested array', [[{ $ne: 1 }]]],
  ['true', true],
  ['SQL', "x' OR '1'='1"],
  ['null', null],
]

export const entitiesInjection: Check = {
  id: 'entities-injection',
  area: 'Objects',
  title: '_entities takes keys, not queries',
  reason:
    '`_Any` is any JSON: an operator in the place of an id finds somebody, and `__proto__` changes what objects are.',
  remedy: 'Check each representation against the keys of its type: a string of bounded length, own properties only.',
  references: ['OWASP ASVS 1.2.4', 'CWE-943', 'CWE-1321'],
  async run(attack) {
    const token = await demandEntities(attack, await attack.one())
    const found: string[] = []
    for (const [name, id] of oddIds) {
      const reply = await ask(attack, token, { r: [{ __typename: 'User', id }] })
      if (findsSomebody(reply)) found.push(`${name} in the place of an id finds somebody`)
      if (reply.status >= 500) found.push(`${name} in the place of an id is a ${reply.status}`)
    }
    for (const typename of ['__proto__', 'constructor', 'Query', 'toString']) {
      const reply = await ask(attack, token, { r: [{ __typename: typename, id: 'x' }] })
      if (findsSomebody(reply)) found.push(`the type ${typename} finds something`)
      if (reply.status >= 500) found.push(`the type ${typename} is a ${reply.status}`)
    }
    if (await isPolluted(attack, token)) found.push('`__proto__` in a representation stays on every object')
    return unlessFound(found, `${oddIds.length + 5} odd representations find nothing.`)
  },
}

const ask = (attack: Attack, token: string, variables: Record<string, unknown>): Promise<Reply> =>
  attack.ask(entitiesQuery, { token, variables })

/** Anything at all: no odd id is anybody's, not even our own. */
const findsSomebody = (reply: Reply): boolean => listAt(reply.data, '_entities').some(isObject)

/** `{"__proto__": …}` as text: `JSON.stringify` would leave it out. Seen in a later, innocent answer. */
async function isPolluted(attack: Attack, token: string): Promise<boolean> {
  const representation =
    '{"__typename":"User","id":"x","__proto__":{"attackSeen":"attackSeen"},"constructor":{"prototype":{"attackSeen":"attackSeen"}}}'
  await attack.client.send({
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: `{"query":${JSON.stringify(entitiesQuery)},"variables":{"r":[${representation}]}}`,
  })
  const after = await attack.ask(`{ ${attack.field('me')} }`, { token })
  return after.text.includes('attackSeen')
}
