import { makeExecutableSchema } from '@graphql-tools/schema'
import { beforeEach, expect, test } from '@jest/globals'
import {
  authorizeSchema,
  defineDoor,
  defineEntities,
  open,
  type ShadowDifference,
} from '../../src/authorization/index.js'
import { ask, callers, contextOf, directives, policyFor, refusals, type Context } from './scenario.js'

const sdl = `type Query {
    notes: [Note] @public
    note(id: ID!): String @owner(entity: "Note", or: "note:read")
    trail: Int @auth(permission: "audit:read")
  }
  type Note @owner(or: "note:read") { text: String }`
const seen: ShadowDifference[] = []
const failures: string[] = []
beforeEach(() => {
  seen.length = 0
  failures.length = 0
})
let loads = 0
const entities = defineEntities({
  Note: {
    async loadMany(ids: readonly string[], _context: Context) {
      loads += ids.length
      return ids.map((id) => ({ id, userId: id === 'broken' ? 'usr_bob' : 'usr_ada' }))
    },
  },
})

/** Members lose their notes, support loses everybody's, and gains the trail. */
const shadowRoles = { member: { can: [] }, support: { can: ['note:read@own', 'audit:read'] }, admin: { can: [] } }
const bare = makeExecutableSchema({
  typeDefs: [directives, sdl],
  resolvers: {
    Query: {
      notes: () => ['usr_ada', 'usr_bob'].map((userId) => ({ userId, text: `of ${userId}` })),
      note: () => 'note',
      trail: () => 1,
    },
  },
})
const schema = authorizeSchema(bare, {
  policy: policyFor(sdl),
  door: defineDoor({
    Query: {
      notes: { ask: open },
      note: { ask: open, scope: 'entity', permission: 'note:read' },
      trail: { ask: open, permission: 'audit:read' },
    },
  }),
  entities,
  onGuardError: (coordinate) => failures.push(coordinate),
  shadow: {
    policy: policyFor(sdl, { roles: shadowRoles }),
    onDifference: (difference) => {
      if (difference.coordinate === 'Note.text' && difference.caller === callers.machine) throw new Error('told badly')
      seen.push(difference)
    },
  },
})
const told = () => seen.map(({ coordinate, enforced, shadow }) => `${coordinate} ${enforced} ${shadow}`)

test('A second policy is told of where it differs, and nothing is enforced from it', async () => {
  const result = await ask(schema, '{ notes { text } trail }', contextOf(callers.support))
  expect(result.data).toEqual({ notes: [{ text: 'of usr_ada' }, { text: 'of usr_bob' }], trail: null })
  expect(refusals(result)).toEqual({ trail: 'FORBIDDEN' })
  expect(told()).toEqual(['Note.text null FORBIDDEN', 'Note.text null FORBIDDEN', 'Query.trail FORBIDDEN null'])
  expect(seen[0]?.caller).toBe(callers.support)
})

test('Where both say the same nothing is told', async () => {
  await ask(schema, '{ notes { text } trail }', contextOf(callers.other))
  // Bob loses his own note; Ada's and the trail he had under neither.
  expect(told()).toEqual(['Note.text null FORBIDDEN'])
  seen.length = 0
  await ask(schema, '{ notes { text } trail }', contextOf(callers.anonymous))
  expect(told()).toEqual([])
})

test('What arguments name is compared, too, with one load more at most', async () => {
  loads = 0
  const result = await ask(schema, '{ note(id: "note_1") }', contextOf(callers.support))
  await new Promise((resolve) => setImmediate(resolve))
  expect(result.data).toEqual({ note: 'note' })
  expect(told()).toEqual(['Query.note null NOT_FOUND'])
  expect(loads).toBe(1)
})

test('What is loaded for the second policy is not what the resolver gets, and a listener that throws is told of', async () => {
  let version = 1
  const sources = defineEntities({
    Note: { loadMany: async (ids: readonly string[], _context: Context) => ids.map((id) => ({ id, version })) },
  })
  const failed: string[] = []
  const written = authorizeSchema(
    makeExecutableSchema({
      typeDefs: [
        directives,
        'type Query { a: Int @public } type Mutation { bump(id: ID): Int @owner(entity: "Note", or: "note:read") }',
      ],
      resolvers: {
        Mutation: {
          async bump(_root: unknown, { id }: { id: string }, context: Context) {
            await new Promise((resolve) => setImmediate(resolve))
            version = 2
            return (await sources.load('Note', id, context))?.version
          },
        },
      },
    }),
    {
      policy: policyFor('"note:read"'),
      door: defineDoor({
        Query: { a: { ask: open } },
        Mutation: { bump: { ask: open, scope: 'entity', permission: 'note:read' } },
      }),
      entities: sources,
      onGuardError: (coordinate) => failed.push(coordinate),
      shadow: {
        policy: policyFor('"note:read"', { roles: shadowRoles }),
        onDifference: () => {
          throw new Error('told badly')
        },
      },
    },
  )
  const result = await ask(written, 'mutation { bump(id: "note_1") }', contextOf(callers.support))
  expect(result.data).toEqual({ bump: 2 })
  expect(failed).toContain('Mutation.bump')
})

test('A second policy that cannot answer, or is told of badly, changes no answer', async () => {
  const result = await ask(schema, '{ notes { text } }', contextOf(callers.machine))
  expect(refusals(result)).toEqual({ 'notes.1.text': 'FORBIDDEN' })
  expect(failures).toContain('Note.text')
})
