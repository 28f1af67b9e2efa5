import { accessTokenOf, type Attack } from '../attack.js'
import { NotApplicable, unlessFound, type Check } from '../check.js'
import { headOf } from '../operations.js'
import { isUnknownToSchema } from '../reply.js'

/** The address of our second person: it may be in no answer to the first one, nor to nobody. */
export const guardedRoutes: Check = {
  id: 'guarded-routes',
  area: 'Objects',
  title: 'No way round leads to a guarded field',
  reason:
    'A guard on one path (a root field, a name) is passed by an alias, a fragment, an interface, a list or `_entities`.',
  remedy: 'Guard the concrete field in the schema, so that every way to it meets the guard.',
  references: ['OWASP API1:2023', 'OWASP API3:2023', 'OWASP GraphQL Cheat Sheet, Access Control', 'CWE-863'],
  async run(attack) {
    const [one, two] = [await attack.one(), await attack.two()]
    const [ownId, userId] = [one.session.userId, two.session.userId]
    const token = accessTokenOf(one.session)
    if (ownId === null || userId === null) throw new NotApplicable('The id of a user is not known.')
    const ownRoutes = routesTo(attack, ownId)
    const found: string[] = []
    let tried = 0
    for (const [index, [name, query, variables]] of routesTo(attack, userId).entries()) {
      // A way that does not even lead to one's own address is closed to all, or is none: nothing was guarded there.
      const [, ownQuery = query, ownVariables = variables] = ownRoutes[index] ?? []
      const own = await attack.ask(ownQuery, { token, variables: ownVariables })
      if (isUnknownToSchema(own)) continue
      if (own.text.includes(one.email)) tried += 1
      for (const [who, as] of [
        ['a stranger', token],
        ['nobody', null],
      ] as const) {
        const reply = await attack.ask(query, { token: as, variables })
        if (reply.text.includes(two.email)) found.push(`${who} reads the address ${name}`)
      }
    }
    if (found.length === 0 && tried === 0)
      throw new NotApplicable('No way leads to a user by id or by list, not even one’s own.')
    return unlessFound(found, `${tried} ways lead to one’s own address, and to no other.`)
  },
}

type Route = readonly [name: string, query: string, variables: Record<string, unknown>]

function routesTo({ field }: Attack, id: string): Route[] {
  const user = field('user', { id })
  const head = headOf(user)
  const variables = { r: [{ __typename: 'User', id }] }
  const entities = (selection: string) => `query ($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`
  return [
    ['by id', `{ ${user} }`, {}],
    ['under an alias', `{ me: ${user} }`, {}],
    ['under the alias of its field', `{ ${head} { id: email } }`, {}],
    ['in an inline fragment', `{ ${head} { ... on User { email } } }`, {}],
    ['in a fragment without a type', `{ ... { ${head} { ... { email } } } }`, {}],
    ['in a named fragment', `{ ${head} { ...F } } fragment F on User { email }`, {}],
    [
      'in nested fragments',
      `{ ...Q } fragment Q on Query { ${head} { ...F } } fragment F on User { ...G } fragment G on User { email }`,
      {},
    ],
    ['through an interface', `{ ${head} { ... on Node { ... on User { email } } } }`, {}],
    ['with @include', `{ ${head} { email @include(if: true) } }`, {}],
    ['by node', `{ node(id: ${JSON.stringify(id)}) { ... on User { email } } }`, {}],
    ['in a list', `{ ${field('users')} }`, {}],
    ['by _entities', entities('... on User { email }'), variables],
    ['by _entities through a fragment', `${entities('...F')} fragment F on User { email }`, variables],
    ['by _entities through an interface', entities('... on Node { ... on User { email } }'), variables],
  ]
}
