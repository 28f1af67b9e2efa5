import { makeExecutableSchema } from '@graphql-tools/schema'
import { execute, parse } from 'graphql'
import { readFileSync } from 'node:fs'
import { authorizeSchema, defineDoor, definePolicy, open } from '../../../dist/authorization/index.js'
import { personOf } from '../../../dist/kernel/caller.js'

/** The engine alone: executed in this process, answers from memory, each of the 2,000 fields asks who owns its object. */

const directives = readFileSync(new URL('../../../schema/directives.graphql', import.meta.url), 'utf8')
const sdl = /* GraphQL */ `
  type Note @owner(or: "note:read") {
    id: ID!
    title: String
    text: String
    color: String
  }
  type Query {
    notes: [Note] @public
  }
`
const document = parse('{ notes { id title text color } }')
const policy = definePolicy({ permissions: ['note:read'], roles: { member: { can: ['note:read@own'] } } })
const user = {
  id: 'usr_ada',
  displayName: 'Ada',
  email: 'ada@example.com',
  emailVerified: true,
  roles: ['member'],
  attributes: {},
  status: /** @type {const} */ ('active'),
  createdAt: new Date('2030-01-01T08:00:00Z'),
  securityVersion: 1,
  enrolledAssurance: /** @type {const} */ ('aal1'),
  enrolledFactors: [],
}
const caller = personOf({
  user,
  sessionId: 'ses_1',
  holdings: policy.holdingsOf(user),
  assurance: 'aal1',
  authenticatedAt: user.createdAt,
})
const notes = Array.from({ length: 500 }, (_, index) => ({
  id: `note_${index}`,
  userId: user.id,
  title: `Note ${index}`,
  text: 'dear diary',
  color: 'green',
}))

const bare = makeExecutableSchema({
  typeDefs: [directives, sdl],
  resolvers: { Query: { notes: () => notes } },
})

/** @param {import('graphql').GraphQLSchema} schema */
function sideOf(schema) {
  return {
    ask: async () => {
      const contextValue = { caller, verdicts: new Map(), renewCaller: () => undefined }
      const { errors } = await execute({ schema, document, contextValue })
      // What was found is not made JSON, which would take as long as the rest.
      return JSON.stringify({ errors })
    },
  }
}

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'list',
  title: 'a list of 500 objects with 4 @owner fields each, without HTTP',
  goal: { kind: 'ratio', atLeast: 0.95 },
  requests: 40,
  baseline: async () => sideOf(bare),
  measured: async () =>
    sideOf(authorizeSchema(bare, { policy, door: defineDoor({ Query: { notes: { ask: open } } }) })),
}
