import { demandAnswers } from '../attack.js'
import { failed, passed, type Check } from '../check.js'
import { appearanceOf, fieldsAnswered } from '../reply.js'

const most = 200

export const limitAliases: Check = {
  id: 'limit-aliases',
  area: 'GraphQL',
  title: 'Operations have a greatest number of aliases',
  reason: 'The same field under a thousand names is a thousand calls of its resolver in one request.',
  remedy: 'Count aliases before validation, through fragments, and refuse beyond a few dozen.',
  references: ['OWASP API4:2023', 'OWASP GraphQL Cheat Sheet, Batching Attacks', 'CWE-770'],
  async run(attack) {
    await demandAnswers(attack)
    const { ask } = attack
    const names = Array.from({ length: most }, (_each, index) => `a${index}: __typename`)
    const third = Math.ceil(most / 3)
    const [one, two, three] = [names.slice(0, third), names.slice(third, 2 * third), names.slice(2 * third)].map(
      (part) => part.join(' '),
    )
    const queries: [string, string][] = [
      ['written out', `{ ${names.join(' ')} }`],
      [
        'in fragments',
        `{ ...A ...B ...C } fragment A on Query { ${one} } fragment B on Query { ${two} } fragment C on Query { ${three} }`,
      ],
      ['in inline fragments', `{ ... { ${one} } ... { ${two} } ... on Query { ${three} } }`],
    ]
    for (const [name, query] of queries) {
      const reply = await ask(query)
      if (fieldsAnswered(reply) >= most) return failed(`${most} aliases ${name} are answered.`)
      if (reply.data !== undefined) return failed(`${most} aliases ${name} are looked at (${appearanceOf(reply)}).`)
    }
    return passed(`${most} aliases are refused, in fragments, too.`)
  },
}
