import { makeExecutableSchema } from '@graphql-tools/schema'
import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  authorizeSchema,
  defineDoor,
  defineEntities,
  open,
  proveCoverage,
  type DoorLines,
} from '../../src/authorization/index.js'
import { Unavailable } from '../../src/kernel/errors.js'
import { ask, callers, contextOf, directives, policyFor, refusals, type Context } from './scenario.js'

const sdl = /* GraphQL */ `
  input Target {
    noteId: ID
    deep: Deep
    many: [Deep!]
  }
  input Deep {
    id: String
  }
  type Query {
    note(id: ID): String @owner(entity: "Note", or: "note:read")
    own(id: ID!): String @owner(entity: "Note")
    notes(ids: [ID]): String @owner(entity: "Note", arg: "ids", or: "note:read")
    profile(id: ID!): String @owner(field: "id", entity: "User", or: "user:read")
  }
  type Mutation {
    write(input: Target): String @owner(entity: "Note", arg: "input.noteId", or: "note:write")
    dig(input: Target!): String @owner(entity: "Note", arg: "input.deep.id", or: "note:write")
    digMany(input: Target!): String @owner(entity: "Note", arg: "input.many.id", or: "note:write")
  }
`
const notes = new Map(
  ['usr_ada', 'usr_ada', 'usr_bob'].map((userId, index) => [`note_${index + 1}`, { id: `note_${index + 1}`, userId }]),
)
const batches: string[][] = []
let written: string[] = []
let failure: (() => Promise<never>) | null = null
beforeEach(() => {
  batches.length = 0
  written = []
  failure = null
})

const entities = defineEntities({
  Note: {
    isId: (id) => id.startsWith('note_'),
    async loadMany(ids, _context: Context) {
      batches.push([...ids])
      return failure === null ? ids.map((id) => notes.get(id) ?? null) : failure()
    },
  },
  User: {
    ownerOf: (id) => id,
    async loadMany(): Promise<never> {
      throw new Error('The id of a user says who owns it')
    },
  },
})

const answer = async (_root: unknown, { id }: { id?: string }, context: Context) =>
  id === undefined ? 'done' : `note of ${(await entities.load('Note', id, context))?.userId}`
const write = () => {
  written.push('written')
  return 'done'
}
const lines: DoorLines = {
  Query: {
    note: { ask: open, scope: 'entity', permission: 'note:read' },
    own: { ask: open, scope: 'entity' },
    notes: { ask: open, scope: 'entity', permission: 'note:read' },
    profile: { ask: open, scope: 'entity', permission: 'user:read' },
  },
  Mutation: {
    write: { ask: open, scope: 'entity', permission: 'note:write' },
    dig: { ask: open, scope: 'entity', permission: 'note:write' },
    digMany: { ask: open, scope: 'entity', permission: 'note:write' },
  },
}
const failures: unknown[] = []
const schema = authorizeSchema(
  makeExecutableSchema({
    typeDefs: [directives, sdl],
    resolvers: {
      Query: { note: answer, own: answer, notes: answer, profile: () => 'profile' },
      Mutation: { write, dig: write, digMany: write },
    },
  }),
  {
    policy: policyFor(sdl),
    door: defineDoor(lines),
    entities,
    onGuardError: (coordinate, cause) => failures.push([coordinate, String(cause)]),
  },
)

describe('what an argument names is decided on before the resolver runs', () => {
  test.each([
    ['by its owner', callers.owner, 'note_1', null],
    ['by a machine of its owner with the scope', callers.machine, 'note_1', null],
    ['by somebody who may read all', callers.support, 'note_1', null],
    ['by somebody else', callers.other, 'note_1', 'NOT_FOUND'],
    ['when it does not exist', callers.owner, 'note_9', 'NOT_FOUND'],
    ['when it cannot be an id', callers.owner, '{"$ne":null}', 'NOT_FOUND'],
    ['when it is empty', callers.owner, '', 'NOT_FOUND'],
    ['when it is null', callers.owner, null, 'NOT_FOUND'],
    ['by a stranger', callers.anonymous, 'note_1', 'SIGN_IN_REQUIRED'],
    ['by a machine without the scope', callers.unscoped, 'note_1', 'FORBIDDEN'],
  ])('%s', async (_name, caller, id, refusal) => {
    const result = await ask(schema, 'query ($id: ID) { note(id: $id) }', contextOf(caller), { id })
    expect(refusals(result)).toEqual(refusal === null ? {} : { note: refusal })
    if (refusal === null) expect(result.data).toEqual({ note: 'note of usr_ada' })
  })

  test('and a missing argument is like null', async () => {
    expect(refusals(await ask(schema, '{ note }', contextOf(callers.owner)))).toEqual({ note: 'NOT_FOUND' })
  })

  test('absent and foreign are one answer, to the letter', async () => {
    const [foreign, absent] = await Promise.all(
      ['note_3', 'note_9'].map(async (id) => {
        const { errors, data } = await ask(schema, `{ note(id: "${id}") }`, contextOf(callers.owner))
        return JSON.stringify([data, errors?.map(({ message, path, originalError }) => [message, path, originalError])])
      }),
    )
    expect(foreign).toBe(absent)
  })

  test('without `or` only the person who owns it', async () => {
    const query = '{ own(id: "note_1") }'
    expect(refusals(await ask(schema, query, contextOf(callers.owner)))).toEqual({})
    expect(refusals(await ask(schema, query, contextOf(callers.support)))).toEqual({ own: 'NOT_FOUND' })
    expect(refusals(await ask(schema, query, contextOf(callers.machine)))).toEqual({ own: 'FORBIDDEN' })
  })

  test('nothing is loaded for whom nothing could pass, nor for an id that says who owns it', async () => {
    for (const caller of [callers.anonymous, callers.unscoped])
      await ask(schema, '{ note(id: "note_1") }', contextOf(caller))
    const own = await ask(schema, '{ profile(id: "usr_ada") }', contextOf(callers.owner))
    expect(own.data).toEqual({ profile: 'profile' })
    const foreign = await ask(schema, '{ profile(id: "usr_bob") }', contextOf(callers.owner))
    expect(refusals(foreign)).toEqual({ profile: 'NOT_FOUND' })
    expect(batches).toEqual([])
  })
})

describe('loading', () => {
  test('guard and resolver share one load', async () => {
    await ask(schema, '{ note(id: "note_1") }', contextOf(callers.owner))
    expect(batches).toEqual([['note_1']])
  })

  test('what one operation asks for is loaded together', async () => {
    const query = '{ a: note(id: "note_1") b: note(id: "note_2") c: note(id: "note_3") }'
    const result = await ask(schema, query, contextOf(callers.owner))
    expect(refusals(result)).toEqual({ c: 'NOT_FOUND' })
    expect(batches).toEqual([['note_1', 'note_2', 'note_3']])
  })

  test('each field of a mutation loads anew', async () => {
    const query = 'mutation { a: write(input: { noteId: "note_1" }) b: write(input: { noteId: "note_1" }) }'
    await ask(schema, query, contextOf(callers.owner))
    expect(batches).toEqual([['note_1'], ['note_1']])
  })

  test('another request loads anew', async () => {
    for (const caller of [callers.owner, callers.other]) await ask(schema, '{ note(id: "note_1") }', contextOf(caller))
    expect(batches).toEqual([['note_1'], ['note_1']])
  })
})

describe('a list of ids', () => {
  test.each([
    ['passes as a whole', ['note_1', 'note_2'], {}],
    ['fails as a whole, for one that is foreign', ['note_1', 'note_3'], { notes: 'NOT_FOUND' }],
    ['fails as a whole, for one that is absent', ['note_1', 'note_9'], { notes: 'NOT_FOUND' }],
    ['fails for a null in it', ['note_1', null], { notes: 'NOT_FOUND' }],
    ['names nothing when it is empty', [], { notes: 'NOT_FOUND' }],
    ['is bounded', Array.from({ length: 1001 }, (_each, index) => `note_${index}`), { notes: 'INVALID_INPUT' }],
  ])('%s', async (_name, ids, expected) => {
    const result = await ask(schema, 'query ($ids: [ID]) { notes(ids: $ids) }', contextOf(callers.owner), { ids })
    expect(refusals(result)).toEqual(expected)
    expect(batches.length).toBeLessThanOrEqual(1)
  })
})

describe('a path into an input', () => {
  test.each([
    ['one step', 'write(input: { noteId: "note_1" })', 'write(input: { noteId: "note_3" })'],
    ['two steps', 'dig(input: { deep: { id: "note_1" } })', 'dig(input: { deep: { id: "note_3" } })'],
    [
      'through a list',
      'digMany(input: { many: [{ id: "note_1" }, { id: "note_2" }] })',
      'digMany(input: { many: [{ id: "note_1" }, { id: "note_3" }] })',
    ],
  ])('%s', async (_name, own, foreign) => {
    expect(refusals(await ask(schema, `mutation { m: ${own} }`, contextOf(callers.owner)))).toEqual({})
    expect(written).toEqual(['written'])
    expect(refusals(await ask(schema, `mutation { m: ${foreign} }`, contextOf(callers.owner)))).toEqual({
      m: 'NOT_FOUND',
    })
    expect(written).toEqual(['written'])
  })

  test.each([
    'write',
    'write(input: null)',
    'write(input: {})',
    'write(input: { noteId: null })',
    'digMany(input: {})',
  ])('%s names nothing', async (field) => {
    const result = await ask(schema, `mutation { m: ${field} }`, contextOf(callers.owner))
    expect(refusals(result)).toEqual({ m: 'NOT_FOUND' })
    expect(written).toEqual([])
  })
})

describe('a load that fails', () => {
  test('denies and is told', async () => {
    failure = async () => {
      throw new Error('the database is on fire')
    }
    failures.length = 0
    const result = await ask(schema, 'mutation { write(input: { noteId: "note_1" }) }', contextOf(callers.owner))
    expect(refusals(result)).toEqual({ write: 'FORBIDDEN' })
    expect([written, failures]).toEqual([[], [['Mutation.write', 'Error: the database is on fire']]])
  })

  test('because there is no verdict says that trying again may help', async () => {
    failure = async () => {
      throw new Unavailable()
    }
    const result = await ask(schema, '{ note(id: "note_1") }', contextOf(callers.owner))
    expect(refusals(result)).toEqual({ note: 'UNAVAILABLE' })
  })

  test('by never answering denies within a second, and is told', async () => {
    failure = () => new Promise(() => undefined)
    failures.length = 0
    const result = await ask(schema, 'mutation { write(input: { noteId: "note_1" }) }', contextOf(callers.owner))
    expect(refusals(result)).toEqual({ write: 'UNAVAILABLE' })
    expect(written).toEqual([])
    expect(failures).toHaveLength(1)
  })
})

describe('a schema is refused', () => {
  const faultsOf = (field: string, line = lines.Query['note']) => {
    const small = makeExecutableSchema({
      typeDefs: [
        directives,
        `input I { id: ID, n: Int } type T @owner(entity: "Note") { a: Int } type Query { ${field} }`,
      ],
    })
    const door = defineDoor({ Query: { q: line ?? { ask: open } } })
    const faults = proveCoverage(small, { policy: policyFor(field), door, entities })
    return faults.map(({ place, problem }) => `${place}: ${problem}`).filter((fault) => fault.startsWith('Query'))
  }
  test.each([
    [
      'no such argument',
      'q(no: ID): Int @owner(entity: "Note", or: "note:read")',
      'Query.q: has no argument "id" that names an id',
    ],
    [
      'no such step',
      'q(i: I): Int @owner(entity: "Note", arg: "i.x", or: "note:read")',
      'Query.q: has no argument "i.x" that names an id',
    ],
    [
      'an argument that is no id',
      'q(i: I): Int @owner(entity: "Note", arg: "i.n", or: "note:read")',
      'Query.q: has no argument "i.n" that names an id',
    ],
    [
      'an object instead of its id',
      'q(i: I): Int @owner(entity: "Note", arg: "i", or: "note:read")',
      'Query.q: has no argument "i" that names an id',
    ],
    [
      'an unknown entity',
      'q(id: ID): Int @owner(entity: "Nose", or: "note:read")',
      'Query.q: names the unknown entity "Nose"',
    ],
    [
      'an argument without an entity',
      'q(id: ID): Int @owner(arg: "id", or: "note:read")',
      'Query.q: has an `arg` without an `entity`',
    ],
  ])('for %s', (_name, field, fault) => {
    expect(faultsOf(field)).toContain(fault)
  })

  test('when door and schema disagree', () => {
    const field = 'q(id: ID): Int @owner(entity: "Note", or: "note:read")'
    expect(faultsOf(field)).toEqual([])
    expect(faultsOf(field, { ask: open, scope: 'filter', permission: 'note:read' })).toEqual([
      'Query.q: the schema names an entity, and the door another scope',
    ])
    expect(faultsOf(field, { ask: open, scope: 'entity', permission: 'note:write' })).toEqual([
      'Query.q: the door names the unknown permission "note:write"',
      'Query.q: the door says note:write, the schema note:read',
    ])
    expect(faultsOf('q: Int @auth', { ask: open, scope: 'entity' })).toEqual([
      'Query.q: the door says that an entity is decided on, and the schema names none',
    ])
    expect(faultsOf('q: Int @auth', { ask: open, scope: 'permission' })).toEqual([
      'Query.q: the door scopes it by a permission and names none',
    ])
  })

  test('for an entity at the field of an object', () => {
    const small = makeExecutableSchema({
      typeDefs: [directives, 'type T @owner(entity: "Note") { a: Int } type Query { t: T @public }'],
    })
    const door = defineDoor({ Query: { t: { ask: open } } })
    const faults = proveCoverage(small, { policy: policyFor(''), door, entities })
    expect(faults.map(({ place, problem }) => `${place}: ${problem}`)).toEqual([
      'T.a: names an entity outside the root types',
      'T.a: has no argument "id" that names an id',
    ])
  })
})
