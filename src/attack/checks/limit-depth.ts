import { demandAnswers, type Attack } from '../attack.js'
import { failed, passed, Undecided, type Check } from '../check.js'
import { at, isObject, listAt, textAt } from '../json.js'
import type { Reply } from '../reply.js'

const levels = 60

export const limitDepth: Check = {
  id: 'limit-depth',
  area: 'GraphQL',
  title: 'Operations have a greatest depth',
  reason: 'Where types refer to each other, each level multiplies what has to be read.',
  remedy: 'Count levels before validation, through fragments, and refuse beyond a dozen.',
  references: ['OWASP API4:2023', 'OWASP GraphQL Cheat Sheet, Query Limiting', 'CWE-770'],
  async run(attack) {
    await demandAnswers(attack)
    const meOverAndOver = Array.from({ length: levels }, () => 'me')
    const blunt = [await attack.ask(nested(meOverAndOver)), await attack.ask(behindFragments(meOverAndOver))]
    if (blunt.every(isAboutSize)) return passed(`${levels} levels are refused before anything else, in fragments, too.`)
    const cycle = await cycleInSchema(attack)
    if (cycle === null) throw new Undecided('The schema is closed, and no recursive way through it is known.')
    // Arguments that have to be given hide ways, so that none found is not none there.
    if (cycle.length === 0) throw new Undecided('No recursive way through the schema was found.')
    const way = [...cycle.slice(0, 1), ...Array.from({ length: levels }, () => cycle.slice(1)).flat()]
    const [direct, hidden] = [await attack.ask(nested(way)), await attack.ask(behindFragments(way))]
    if (hasRun(direct)) return failed(`${way.length} levels are answered.`)
    if (hasRun(hidden)) return failed(`${way.length} levels in a fragment are answered.`)
    return passed(`${way.length} levels are refused, in a fragment, too.`)
  },
}

const isAboutSize = ({ text }: Reply): boolean => /LIMIT|too deep|depth|levels? deep|complex/i.test(text)
/** It ran, even if nothing came of it. */
const hasRun = ({ data, text }: Reply): boolean => isObject(data) || /"path":\[/.test(text)

const nested = (fields: readonly string[]): string =>
  `{ ${fields.join(' { ')} { __typename ${'} '.repeat(fields.length)}}`

const behindFragments = (fields: readonly string[]): string =>
  `{ ${fields.join(' { ... { ')} { __typename ${'} } '.repeat(fields.length - 1)}} }`

/**
 * A root field without required arguments, and after it the fields that lead back to its type; empty when there is
 * none, null when the schema cannot be seen.
 */
async function cycleInSchema(attack: Attack): Promise<readonly string[] | null> {
  const shape = 'name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind } } } }'
  const { data } = await attack.ask(
    `{ __schema { queryType { name } types { name kind fields { name type { ${shape} } args { type { kind } } } } } }`,
  )
  const types = new Map(listAt(data, '__schema', 'types').map((type) => [textAt(type, 'name'), listAt(type, 'fields')]))
  if (types.size === 0) return null
  const askable = (name: string | null) =>
    (types.get(name) ?? []).filter((field) =>
      listAt(field, 'args').every((arg) => at(arg, 'type', 'kind') !== 'NON_NULL'),
    )
  for (const root of askable(textAt(data, '__schema', 'queryType', 'name'))) {
    const start = namedType(at(root, 'type'))
    const back = wayBack(start, (name) =>
      askable(name).map((field) => [textAt(field, 'name') ?? '', namedType(at(field, 'type'))]),
    )
    if (back !== null) return [textAt(root, 'name') ?? '', ...back]
  }
  return []
}

function namedType(type: unknown): string | null {
  const inner = at(type, 'ofType')
  return inner === null || inner === undefined ? textAt(type, 'name') : namedType(inner)
}

/** Breadth first, so that the shortest way is the one. */
function wayBack(start: string | null, next: (type: string | null) => [string, string | null][]): string[] | null {
  const visited = new Set<string | null>()
  const queue: [string | null, string[]][] = [[start, []]]
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    const [type, way] = entry
    for (const [field, target] of next(type)) {
      if (target === start) return [...way, field]
      if (!visited.has(target)) queue.push([target, [...way, field]])
      visited.add(target)
    }
  }
  return null
}
