/**
 * The committed permission matrix, compared with real requests for every cell. People ask over HTTP. Machines cannot
 * authenticate over HTTP yet: for their columns the same guarded schema is executed in process, with a real context and
 * the services of the running server.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { visit, type DocumentNode } from 'graphql'
import { bareSchema, ownAccess } from '../src/access-control.js'
import { authorizeSchema, definePolicy, matrixOf, type PolicyDefinition } from '../src/authorization/index.js'
import { door } from '../src/door.js'
import { entities } from '../src/graphql/loaders.js'
import { loadTypeDefs } from '../src/graphql/schema.js'
import { defaultPolicy } from '../src/policy.js'
import { cellAt, committedMatrix } from './matrix/committed.js'
import { compare } from './matrix/compare.js'
import { routes } from './matrix/routes.js'
import { startWorld, type Column, type World } from './matrix/world.js'

const matrix = committedMatrix()
const { schema } = ownAccess(defaultPolicy)
const fields = matrix.rows.map(({ field }) => field)

let world: World
let columns: Column[]
beforeAll(async () => {
  world = await startWorld()
  columns = await world.columns(defaultPolicy)
})
afterAll(() => world.close())

describe('the committed matrix', () => {
  test('is that of the schema, the policy and the door', () => {
    expect(matrix).toEqual(matrixOf(ownAccess(defaultPolicy)))
    expect(columns.map(({ name }) => name)).toEqual(matrix.callers)
  })

  test('has a route to every type, and no route to a type that there is not', () => {
    const types = fields.map((field) => field.split('.')[0] ?? '')
    expect(new Set(Object.keys(routes))).toEqual(new Set(types))
  })

  test('is what requests are answered by, in every cell', async () => {
    const comparison = await compare(fields, { world, schema, matrix, columns })
    expect(comparison.disagreements).toEqual([])
    expect(comparison.cells).toBe(fields.length * 7)
    expect(comparison.requests).toBeGreaterThan(comparison.cells)
  }, 240_000)
})

describe('a list that is filtered', () => {
  const whole: Record<string, string> = {
    'Query.auditEvents': '{ list: auditEvents(first: 100) { totalCount edges { node { actorId subjectId } } } }',
    'Query.users': '{ list: users(first: 100) { totalCount edges { node { id } } } }',
  }

  test.each(Object.keys(whole))('%s has what the cell says, and nothing else in it', async (field) => {
    for (const { name, standing } of columns) {
      const { outcome } = cellAt(matrix, field, name)
      const { data, errors } = await standing.asks(whole[field] ?? '')
      const isOwn = (node: object): boolean => Object.values(node).includes(standing.account?.userId)
      const nodes: object[] = (data?.list?.edges ?? []).map(({ node }: { node: object }) => node)
      if (outcome === 'deny') expect([name, errors.length, data]).toEqual([name, 1, { list: null }])
      if (outcome === 'own') expect([name, nodes.length > 0, nodes.every(isOwn)]).toEqual([name, true, true])
      if (outcome === 'allow') expect([name, nodes.some((node) => !isOwn(node))]).toEqual([name, true])
      // The number of what is not shown would tell of it, too.
      if (outcome === 'own') expect([name, data.list.totalCount]).toEqual([name, nodes.length])
    }
  })
})

describe('the comparison reports', () => {
  const rows = ['Query.explainPolicy', 'Query.session', 'Query.user', 'Query.users', 'User.email', 'User.suspension']
  const reportedUnder = async (definition: PolicyDefinition, documents: DocumentNode[] = loadTypeDefs()) => {
    const policy = definePolicy(definition)
    const changed = authorizeSchema(bareSchema(documents), { documents, policy, door, entities })
    const others = await world.columnsUnder({ policy, schema: changed })
    const { disagreements } = await compare(rows, { world, schema, matrix, columns: others })
    return [...new Set(disagreements.map((sentence) => sentence.replace(/:.*/s, '')))].toSorted()
  }
  const { definition } = defaultPolicy
  const withSupport = (change: (can: readonly unknown[]) => readonly unknown[]): PolicyDefinition => {
    const support = definition.roles['support']
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same grants, some more or less
    const can = change(support?.can ?? []) as NonNullable<typeof support>['can']
    return { ...definition, roles: { ...definition.roles, support: { ...support, can } } }
  }

  test('nothing where nothing has changed', async () => {
    expect(await reportedUnder(definition)).toEqual([])
  })

  test('a grant too many', async () => {
    expect(await reportedUnder(withSupport((can) => [...can, 'policy:read']))).toEqual([
      'Query.explainPolicy × support',
      "Query.explainPolicy × support's machine",
    ])
  })

  test('a grant too few', async () => {
    expect(await reportedUnder(withSupport((can) => can.filter((each) => each !== 'session:read')))).toEqual([
      'Query.session × support',
      "Query.session × support's machine",
    ])
  })

  test('a directive that is gone', async () => {
    const without = loadTypeDefs().map((document) =>
      visit(document, {
        FieldDefinition: (field) => (field.name.value === 'suspension' ? { ...field, directives: [] } : undefined),
      }),
    )
    expect(await reportedUnder(definition, without)).toEqual([
      'User.suspension × member',
      "User.suspension × member's machine",
    ])
  })

  test('a field that nobody has said how to ask for', async () => {
    const { disagreements } = await compare(['Invoice.total'], { world, schema, matrix, columns })
    expect(disagreements).toEqual(['Invoice.total has no route to Invoice'])
  })
})
