/**
 * Mercurius with mercurius-auth as its documentation shows it (github.com/mercurius-js/auth, README.md and
 * docs/api/options.md): `authContext` says who asks, `applyPolicy` whether a field with the directive may be answered.
 * The defaults otherwise: no just-in-time compiler.
 */
import Fastify from 'fastify'
import { jwtVerify } from 'jose'
import mercurius from 'mercurius'
import mercuriusAuth from 'mercurius-auth'
import { issuer, issueToken, meAt, notes, users } from './identity.mjs'

const schema = /* GraphQL */ `
  directive @auth(requires: Requirement = SIGNED_IN) on OBJECT | FIELD_DEFINITION
  enum Requirement {
    SIGNED_IN
    OWNER
  }
  type User {
    id: ID!
    displayName: String!
    email: String!
    roles: [String!]!
  }
  type Note {
    id: ID! @auth(requires: OWNER)
    title: String @auth(requires: OWNER)
    text: String @auth(requires: OWNER)
    color: String @auth(requires: OWNER)
  }
  type Query {
    me: User @auth
    notes: [Note] @auth
  }
`
const resolvers = { Query: { me: (_parent, _args, { auth }) => auth.identity, notes: () => notes } }

async function start() {
  const { token, publicKey } = await issueToken()
  const fastify = Fastify()
  await fastify.register(mercurius, { schema, resolvers })
  await fastify.register(mercuriusAuth, {
    async authContext(context) {
      const { authorization } = context.reply.request.headers
      const { payload } = await jwtVerify(authorization.replace(/^Bearer /, ''), publicKey, {
        issuer,
        audience: issuer,
      })
      return { identity: users.get(payload.sub) ?? null }
    },
    async applyPolicy(directive, parent, _args, { auth }) {
      if (auth.identity === null) return false
      return directive.arguments[0]?.value.value !== 'OWNER' || parent.userId === auth.identity.id
    },
    authDirective: 'auth',
  })
  return { fastify, token }
}

/** @returns {Promise<import('../../scripts/bench/rows.mjs').Side>} */
export async function me() {
  const { fastify, token } = await start()
  const url = await fastify.listen({ host: '127.0.0.1', port: 0 })
  return { ask: meAt(url, token), close: () => fastify.close() }
}

/**
 * Executed in this process and without HTTP, as in the row `list`. What it does beside that (the token, looking up the
 * parsed document) is done once for 2,000 fields.
 * @returns {Promise<import('../../scripts/bench/rows.mjs').Side>}
 */
export async function list() {
  const { fastify, token } = await start()
  await fastify.ready()
  const reply = { request: { headers: { authorization: `Bearer ${token}` }, raw: { method: 'POST' } } }
  return {
    async ask() {
      const { errors } = await fastify.graphql('{ notes { id title text color } }', { reply })
      return JSON.stringify({ errors })
    },
    close: () => fastify.close(),
  }
}
