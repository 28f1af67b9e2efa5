/**
 * Every cell of the committed matrix, decided by the guard of the field itself. A request cannot get below a field that
 * is denied, and so says nothing about the cells there; here each field is handed an object.
 */
import { describe, expect, test } from '@jest/globals'
import { defaultFieldResolver, isObjectType, type GraphQLResolveInfo } from 'graphql'
import { authorizeSchema, defineEntities, sampleCallers, type GuardContext } from '../../src/authorization/index.js'
import { door } from '../../src/door.js'
import { loadTypeDefs, makeSchema } from '../../src/graphql/schema.js'
import { DomainError } from '../../src/kernel/errors.js'
import { defaultPolicy } from '../../src/policy.js'
import { committedMatrix } from '../matrix/committed.js'

const own = 'usr_of_nobody'
const foreign = 'usr_of_somebody'
const objectOf = (userId: string) => ({ id: userId, userId })

/** What arguments name, by the id of its owner. */
const source = {
  ownerOf: (id: string) => id,
  loadMany: async (ids: readonly string[], _context: object) => ids.map(objectOf),
}
/** No resolvers: whatever is refused, the guards have refused. */
const schema = authorizeSchema(makeSchema({}, loadTypeDefs()), {
  policy: defaultPolicy,
  door,
  entities: defineEntities({ User: source, Session: { loadMany: source.loadMany } }),
})
const matrix = committedMatrix()
const samples = sampleCallers(defaultPolicy)
const refusals = ['unauthenticated', 'forbidden', 'not-found']

/** A router's, from the right page and at a slow pace: what the door asks beside who it is. */
const request = {
  router: true,
  presented: { hasCookies: false },
  services: { limits: { spend: async () => undefined } },
  renewCaller: () => undefined,
}

async function outcome(field: string, caller: GuardContext['caller'], userId: string): Promise<string> {
  const [typeName = '', name = ''] = field.split('.')
  const type = schema.getType(typeName)
  const definition = isObjectType(type) ? type.getFields()[name] : undefined
  if (!isObjectType(type) || definition === undefined) return 'no such field'
  const context = { ...request, caller, verdicts: new Map() }
  const args = { id: userId, representations: [] }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that guards read of it
  const info = { schema, parentType: type, fieldName: name, path: { key: name } } as unknown as GraphQLResolveInfo
  try {
    const result: unknown = await (definition.resolve ?? defaultFieldResolver)(objectOf(userId), args, context, info)
    // graphql-shield returns its refusals, which execution takes as thrown.
    if (result instanceof Error) throw result
    return 'passed'
  } catch (cause) {
    if (cause instanceof DomainError && refusals.includes(cause.kind)) return 'refused'
    return cause instanceof DomainError ? cause.kind : String(cause)
  }
}

/** What the cell says about an object of that owner. */
function expected(cell: string, rules: readonly string[], userId: string): string {
  const [verdict, need] = cell.split(', ')
  if (verdict === 'deny') return 'refused'
  if (need === 'step-up') return 'step-up'
  // Where no `@owner` looks at the object, what is asked for is one's own by nature, or a list keeps it to that.
  const isLookedAt = rules.some((rule) => rule.includes('@owner'))
  return verdict === 'own' && isLookedAt && userId === foreign ? 'refused' : 'passed'
}

describe('each cell is what the guard of the field says', () => {
  test.each(matrix.callers.map((name, column) => [name, column] as const))('to %s', async (name, column) => {
    const caller = samples.find((sample) => sample.name === name)?.caller
    if (caller === undefined) throw new Error(`There is no ${name}`)
    for (const { field, cells, rules } of matrix.rows) {
      for (const userId of [own, foreign]) {
        const cell = cells[column] ?? ''
        expect([field, cell, userId, await outcome(field, caller, userId)]).toEqual([
          field,
          cell,
          userId,
          expected(cell, rules, userId),
        ])
      }
    }
  })
})
