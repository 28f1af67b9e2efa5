import { buildSubgraphSchema } from '@apollo/subgraph'
import { expect, test } from '@jest/globals'
import { parse } from 'graphql'
import {
  authorizeSchema,
  defineDoor,
  defineEntities,
  open,
  proveCoverage,
  signedIn,
  type DoorLine,
} from '../../src/authorization/index.js'
import { ask, callers, contextOf, directives, policyFor, refusals } from './scenario.js'

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  type Note @key(fields: "id") @owner(or: "note:read") { id: ID! @public  text: String }
  type Query { note: Note @public }`

const subgraph = buildSubgraphSchema({
  typeDefs: parse(directives + sdl),
  resolvers: {
    Query: { note: () => null },
    Note: { __resolveReference: ({ id }: { id: string }) => ({ id, userId: 'usr_ada', text: 'dear diary' }) },
  },
})

const lines = { note: { ask: open }, _service: { ask: open }, _entities: { ask: signedIn } }
const sourcesWith = (queries: Record<string, DoorLine>) => ({
  policy: policyFor(sdl),
  door: defineDoor({ Query: queries }),
  entities: defineEntities({}),
})
const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Note { id text } } }'
const variables = { r: [{ __typename: 'Note', id: 'note_1' }] }

test('federation fields must be named in the door, and need no directive', () => {
  expect(proveCoverage(subgraph, sourcesWith({ note: lines.note })).map(({ place }) => place)).toEqual([
    'Query._entities',
    'Query._service',
  ])
  expect(proveCoverage(subgraph, sourcesWith(lines))).toEqual([])
})

test('an entity is guarded like any other object', async () => {
  const schema = authorizeSchema(subgraph, sourcesWith(lines))
  const own = await ask(schema, query, contextOf(callers.owner), variables)
  expect(own.data).toEqual({ _entities: [{ id: 'note_1', text: 'dear diary' }] })
  const foreign = await ask(schema, query, contextOf(callers.other), variables)
  expect(foreign.data).toEqual({ _entities: [{ id: 'note_1', text: null }] })
  expect(refusals(foreign)).toEqual({ '_entities.0.text': 'FORBIDDEN' })
  const stranger = await ask(schema, query, contextOf(callers.anonymous), variables)
  expect(refusals(stranger)).toEqual({ _entities: 'SIGN_IN_REQUIRED' })
})

test('the SDL a gateway reads is still there', async () => {
  const schema = authorizeSchema(subgraph, sourcesWith(lines))
  const { data } = await ask(schema, '{ _service { sdl } }', contextOf(callers.anonymous))
  expect(JSON.stringify(data)).toContain('@owner(or: \\"note:read\\")')
})
