/**
 * Apollo Server with jose and graphql-shield, each as its documentation shows it:
 * - the user is put on the context (apollographql.com/docs/apollo-server/security/authentication),
 * - by `jwtVerify` with issuer and audience (github.com/panva/jose, docs/jwt/verify/functions/jwtVerify.md),
 * - and a rule asks for it (the-guild.dev/graphql/shield/docs and …/docs/rules), before `me` and each field of a note.
 *
 * Behind the same Fastify integration as ours, and with the defaults of a new Apollo Server.
 */
import { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { makeExecutableSchema } from '@graphql-tools/schema'
import Fastify from 'fastify'
import { execute, parse } from 'graphql'
import { applyMiddleware } from 'graphql-middleware'
import { rule, shield } from 'graphql-shield'
import { jwtVerify } from 'jose'
import { issuer, issueToken, meAt, notes, person, users } from './identity.mjs'

const typeDefs = /* GraphQL */ `
  type User {
    id: ID!
    displayName: String!
    email: String!
    roles: [String!]!
  }
  type Note {
    id: ID!
    title: String
    text: String
    color: String
  }
  type Query {
    me: User
    notes: [Note]
  }
`
const resolvers = { Query: { me: (_parent, _args, { user }) => user, notes: () => notes } }

const isAuthenticated = rule({ cache: 'contextual' })(async (_parent, _args, { user }) => user !== null)
// Who owns it is a question about the parent. `strict`, the cache for those, makes a key of each object: it is seven
// times slower than this, the default, which asks again for each field.
const isOwner = rule()(async (parent, _args, { user }) => parent.userId === user.id)

const schema = applyMiddleware(
  makeExecutableSchema({ typeDefs, resolvers }),
  shield({ Query: { me: isAuthenticated, notes: isAuthenticated }, Note: isOwner }),
)

/** @returns {Promise<import('../../scripts/bench/rows.mjs').Side>} */
export async function me() {
  const { token, publicKey } = await issueToken()
  const apollo = new ApolloServer({ schema, stopOnTerminationSignals: false })
  await apollo.start()
  const fastify = Fastify()
  const context = async (/** @type {import('fastify').FastifyRequest} */ request) => {
    const presented = request.headers.authorization?.replace(/^Bearer /, '')
    if (presented === undefined) return { user: null }
    const { payload } = await jwtVerify(presented, publicKey, { issuer, audience: issuer })
    return { user: users.get(payload.sub) ?? null }
  }
  fastify.post('/graphql', fastifyApolloHandler(apollo, { context }))
  const url = await fastify.listen({ host: '127.0.0.1', port: 0 })
  return {
    ask: meAt(url, token),
    async close() {
      await fastify.close()
      await apollo.stop()
    },
  }
}

/** Executed in this process and without HTTP, as in the row `list`. @returns {Promise<import('../../scripts/bench/rows.mjs').Side>} */
export async function list() {
  const document = parse('{ notes { id title text color } }')
  return {
    async ask() {
      const { errors } = await execute({ schema, document, contextValue: { user: person } })
      return JSON.stringify({ errors })
    },
  }
}
