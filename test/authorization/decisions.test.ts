import { makeExecutableSchema } from '@graphql-tools/schema'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  accessOf,
  authorizeSchema,
  createDecisions,
  defineDoor,
  defineEntities,
  definePolicy,
  open,
  personOnly,
  type DoorLines,
} from '../../src/authorization/index.js'
import { InvalidInput, Unavailable } from '../../src/kernel/errors.js'
import { machineOf, personOf, type KnownCaller } from '../../src/kernel/caller.js'
import { ask, contextOf, directives, refusals, subjectOf, type Context } from './scenario.js'

const sdl = `type Query {
    note(id: ID!): Int @owner(entity: "Note", or: "note:read")
    user(id: ID!): Int @owner(field: "id", entity: "User", or: "user:read")
    users: Int @auth(permission: "user:read")
    trail: Int @auth(permission: "trail:read@own")
    report: Int @auth(permission: "report:read")
  }
  type Mutation {
    edit(input: Edit!): Int @auth(as: PERSON) @owner(entity: "Note", arg: "input.noteId", or: "note:edit")
    purge(ids: [ID!]!): Int @owner(entity: "Note", arg: "ids", or: "note:purge")
    rename: Int @auth(as: PERSON, permission: "profile:update@own")
    sync: Int @auth(as: MACHINE, permission: "report:sync")
  }
  input Edit { noteId: ID! }`
const lines: DoorLines = {
  Query: {
    note: { ask: open, scope: 'entity', permission: 'note:read' },
    user: { ask: open, scope: 'entity', permission: 'user:read' },
    users: { ask: open, scope: 'filter', permission: 'user:read' },
    trail: { ask: open, scope: 'filter', permission: 'trail:read@own' },
    report: { ask: open, scope: 'permission', permission: 'report:read' },
  },
  Mutation: {
    edit: { ask: personOnly, scope: 'entity', permission: 'note:edit' },
    purge: { ask: open, scope: 'entity', permission: 'note:purge' },
    rename: { ask: personOnly, scope: 'self', permission: 'profile:update@own' },
    sync: { ask: open, scope: 'permission', permission: 'report:sync' },
  },
}
const permissions = [
  'note:read',
  'note:edit',
  'note:purge',
  'user:read',
  'trail:read',
  'report:read',
  'report:sync',
  'profile:update',
]
const notes = new Map(
  [
    ['note_ada', 'usr_ada', 'open'],
    ['note_bob', 'usr_bob', 'open'],
    ['note_eve', 'usr_eve', 'closed'],
  ].map(([id, userId, status]) => [id, { id, userId, status }]),
)
const entities = defineEntities({
  Note: {
    isId: (id) => id.startsWith('note_'),
    loadMany: async (ids: readonly string[], _context: Context) => ids.map((id) => notes.get(id) ?? null),
  },
  User: {
    isId: (id) => id.startsWith('usr_'),
    ownerOf: (id) => id,
    loadMany: async (ids: readonly string[], _context: Context) => ids.map((id) => ({ id, status: 'open' })),
  },
})
const resolve = () => 1
const bare = makeExecutableSchema({
  typeDefs: [directives, sdl],
  resolvers: {
    Query: { note: resolve, user: resolve, users: resolve, trail: resolve, report: resolve },
    Mutation: { edit: resolve, purge: resolve, rename: resolve, sync: resolve },
  },
})
const door = defineDoor(lines)
const now = new Date('2030-01-01T08:00:00Z')
const clock = { now: () => now, monotonicMs: () => 0 }

/** Each operation with otherwise valid input, as the permission that it needs and how it is asked for an id. */
const operations: readonly (readonly [string, (id: string) => string, 'with' | 'without'])[] = [
  ['note:read', (id) => `{ f: note(id: "${id}") }`, 'with'],
  ['user:read', (id) => `{ f: user(id: "${id}") }`, 'with'],
  ['user:read', () => '{ f: users }', 'without'],
  ['trail:read', () => '{ f: trail }', 'without'],
  ['report:read', () => '{ f: report }', 'without'],
  ['note:edit', (id) => `mutation { f: edit(input: { noteId: "${id}" }) }`, 'with'],
  ['note:purge', (id) => `mutation { f: purge(ids: ["${id}"]) }`, 'with'],
  ['profile:update', () => 'mutation { f: rename }', 'without'],
  ['report:sync', () => 'mutation { f: sync }', 'without'],
]
const reasonFor: Record<string, string> = {
  FORBIDDEN: 'missing-permission',
  STEP_UP_REQUIRED: 'step-up',
  NOT_FOUND: 'not-owner',
}

const grant = fc
  .constantFrom(...permissions)
  .chain((permission) =>
    fc.oneof(
      fc.constant(permission),
      fc.constant(`${permission}@own`),
      fc.constant({ permission, where: { status: 'open' } }),
    ),
  )
const world = fc.record({
  can: fc.array(grant, { maxLength: 10 }),
  stepUp: fc.uniqueArray(fc.constantFrom(...permissions), { maxLength: 2 }),
  isMachine: fc.boolean(),
  scopes: fc.subarray(permissions),
  isFresh: fc.boolean(),
})

test('can says allowed if and only if the operation is not refused, for any policy and caller', async () => {
  const refusalsSeen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(world, async ({ can, stepUp, isMachine, scopes, isFresh }) => {
      const resources = [...new Set(permissions.map((permission) => permission.split(':')[0] ?? ''))]
      const policy = definePolicy({
        permissions,
        properties: Object.fromEntries(resources.map((resource) => [resource, { status: 'string' as const }])),
        roles: { some: { can } },
        stepUp: Object.fromEntries(stepUp.map((permission) => [permission, { maxAge: '5m' }])),
      })
      const user = subjectOf('usr_ada', ['some'])
      const caller: KnownCaller = isMachine
        ? machineOf({ machineId: 'key_1', owner: user, scopes, holdings: policy.holdingsOfMachine(scopes, user) })
        : personOf({
            user,
            sessionId: 'ses_1',
            holdings: policy.holdingsOf(user),
            assurance: 'aal1',
            authenticatedAt: new Date(now.getTime() - (isFresh ? 0 : 400_000)),
          })
      const schema = authorizeSchema(bare, { policy, door, entities, clock })
      const decisions = createDecisions({ ...accessOf(bare, { policy, door, entities }), entities }, clock)
      for (const [permission, query, how] of operations) {
        const ids =
          permission === 'user:read'
            ? ['usr_ada', 'usr_bob']
            : ['note_ada', 'note_bob', 'note_eve', 'note_none', 'nonsense']
        const asked: (string | null)[] = how === 'with' ? ids : [null]
        for (const id of asked) {
          const code = refusals(await ask(schema, query(id ?? ''), contextOf(caller)))['f'] ?? null
          if (code !== null) refusalsSeen.add(code)
          const context = contextOf(caller)
          const { allowed, reason } = await decisions.can(permission, id, { caller, context })
          const expected = code === null ? null : (reasonFor[code] ?? code)
          expect([permission, id, allowed, reason]).toEqual([permission, id, code === null, expected])
        }
      }
    }),
    { numRuns: 60, seed: 20_301 },
  )
  expect([...refusalsSeen].sort()).toEqual(['FORBIDDEN', 'NOT_FOUND', 'STEP_UP_REQUIRED'])
})

describe('can', () => {
  const policy = definePolicy({
    permissions,
    elsewhere: ['order:read', 'order:cancel'],
    roles: { member: { can: ['note:read@own', 'order:read', 'order:cancel@own'] } },
  })
  const user = subjectOf('usr_ada', ['member'])
  const caller = personOf({
    user,
    sessionId: 'ses_1',
    holdings: policy.holdingsOf(user),
    assurance: 'aal1',
    authenticatedAt: now,
  })
  const decisionsOn = (sources: typeof entities) =>
    createDecisions({ ...accessOf(bare, { policy, door, entities: sources }), entities: sources }, clock)
  const can = (permission: string, id: string | null = null) =>
    decisionsOn(entities).can(permission, id, { caller, context: contextOf(caller) })

  test.each([
    ['of another subgraph, held', 'order:read', { allowed: true, reason: null }],
    ['of another subgraph, held for what is one’s own', 'order:cancel', { allowed: false, reason: 'not-owner' }],
    ['not held at all', 'report:read', { allowed: false, reason: 'missing-permission' }],
    ['on everything, where one’s own is all', 'note:read', { allowed: false, reason: 'not-owner' }],
  ])('a permission %s', async (_name, permission, expected) => {
    expect(await can(permission)).toEqual(expected)
  })

  test('refuses to talk about what does not exist', async () => {
    await expect(can('note:raed')).rejects.toThrow(InvalidInput)
    await expect(can('constructor')).rejects.toThrow(InvalidInput)
  })

  test('is no denial when there is no verdict', async () => {
    const failing = defineEntities({
      Note: {
        isId: () => true,
        async loadMany(_ids: readonly string[], _context: Context): Promise<never> {
          throw new Unavailable()
        },
      },
      User: { loadMany: async (ids: readonly string[], _context: Context) => ids.map(() => null) },
    })
    const asked = createDecisions({ ...accessOf(bare, { policy, door, entities: failing }), entities: failing }, clock)
    const request = { caller, context: contextOf(caller) }
    await expect(asked.can('note:read', 'note_ada', request)).rejects.toThrow(Unavailable)
  })
})
