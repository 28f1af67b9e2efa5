import { accessTokenOf, wholeAnswer, type Attack, type Person } from '../attack.js'
import { NotApplicable, unlessFound, type Check } from '../check.js'
import { appearanceOf, isUnknownToSchema } from '../reply.js'
import { absentLike } from './foreign-objects.js'

export const entitiesQuery =
  'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on User { id email } } }'

export const entitiesForeign: Check = {
  id: 'entities-foreign',
  area: 'Objects',
  title: '_entities gives nothing that the caller may not read',
  reason:
    '`_entities` resolves any object by its key. Where it is left out of the rules, it reads everything to everybody.',
  remedy: 'Put the same guards behind reference resolvers, and let only the router ask.',
  references: ['OWASP API1:2023', 'Apollo: Securing your graph, "Limit subgraph access to the router"', 'CWE-862'],
  async run(attack) {
    const [one, two] = [await attack.one(), await attack.two()]
    const { userId } = two.session
    if (userId === null) throw new NotApplicable('The id of a user is not known.')
    const ownToken = await demandEntities(attack, one)
    const absentId = absentLike(attack, userId)
    const found: string[] = []
    for (const [who, token] of [
      ['a stranger', ownToken],
      ['nobody', null],
    ] as const) {
      const ask = (id: string) => attack.ask(entitiesQuery, { token, variables: { r: [{ __typename: 'User', id }] } })
      const [foreign, absent] = [await ask(userId), await ask(absentId)]
      if (foreign.text.includes(two.email)) found.push(`${who} reads a foreign address`)
      else if (wholeAnswer(foreign, userId) !== wholeAnswer(absent, absentId))
        found.push(`${who} can tell foreign from absent`)
    }
    return unlessFound(found, 'Foreign and absent are the same nothing.')
  },
}

/**
 * That it answers at all: where not even one's own object comes, it is closed to us, and a refusal says nothing.
 *
 * @returns the token with which it does
 */
export async function demandEntities(attack: Attack, { email, session }: Person): Promise<string> {
  const token = accessTokenOf(session)
  const variables = { r: [{ __typename: 'User', id: session.userId ?? '' }] }
  const own = await attack.ask(entitiesQuery, { token, variables })
  if (isUnknownToSchema(own)) throw new NotApplicable('There is no `_entities`, or no User in it.')
  if (own.text.includes(email)) return token
  throw new NotApplicable(`\`_entities\` does not even answer one's own object: ${appearanceOf(own)}.`)
}
