/** A subgraph that knows nothing of passwords or sessions, and still answers everybody with what is theirs only. */
import { timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import { unwrapResolverError } from '@apollo/server/errors'
import { startStandaloneServer } from '@apollo/server/standalone'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { GraphQLError, parse } from 'graphql'
import { door } from './door.mjs'
import { createIdentity } from './identity.mjs'
import { authorizeSchema, definePolicy, directives, DomainError } from './portcullis.mjs'
import { createResolvers } from './resolvers.mjs'

const {
  HOST = '127.0.0.1',
  PORT = '4002',
  // Where Portcullis is, for its keys, and what it calls itself: its PUBLIC_URL.
  PORTCULLIS_URL = 'http://127.0.0.1:4000/graphql',
  ISSUER = 'http://localhost:4000',
  AUDIENCE = ISSUER,
  ROUTER_SECRET = '',
} = process.env

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')
const policy = definePolicy(JSON.parse(read('policy.json')))
const jwksUrl = new URL('/.well-known/jwks.json', PORTCULLIS_URL).href
const identify = createIdentity({ jwksUrl, issuer: ISSUER, audience: AUDIENCE, policy })
const typeDefs = [parse(directives), parse(read('schema.graphql'))]
const { resolvers, entities } = createResolvers()
const schema = authorizeSchema(buildSubgraphSchema([{ typeDefs: typeDefs[0] }, { typeDefs: typeDefs[1], resolvers }]), {
  policy,
  door,
  entities,
})

const codes = { unauthenticated: 'UNAUTHENTICATED', forbidden: 'FORBIDDEN', 'not-found': 'NOT_FOUND' }

/** A refusal says what it is; anything else is our own business. */
function formatError(formatted, cause) {
  const original = unwrapResolverError(cause)
  if (original instanceof DomainError) return { ...formatted, message: original.message, extensions: wire(original) }
  if (formatted.extensions?.code !== 'INTERNAL_SERVER_ERROR') return formatted
  console.error(original)
  return { ...formatted, message: 'Something went wrong.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }
}

function wire({ kind, code, details }) {
  return { ...details, code: codes[kind] ?? 'BAD_REQUEST', ...(code === codes[kind] ? {} : { reason: code }) }
}

const secrets = ROUTER_SECRET.split(/[\s,]+/).filter((secret) => secret !== '')

/** Nobody but the gateway has a reason to call a subgraph. Without a secret, as when trying out, everybody may. */
function isRouter(presented) {
  const isSame = (a, b) => a.length === b.length && timingSafeEqual(a, b)
  return secrets.length === 0 || secrets.some((secret) => isSame(Buffer.from(secret), Buffer.from(String(presented))))
}

async function context({ req: { headers } }) {
  const refuse = (status, message, extensions) =>
    new GraphQLError(message, { extensions: { ...extensions, http: { status } } })
  if (!isRouter(headers['x-portcullis-router'])) throw refuse(403, 'You may not do this.', { code: 'FORBIDDEN' })
  try {
    return { caller: await identify(headers.authorization), verdicts: new Map(), renewCaller() {} }
  } catch (cause) {
    throw cause instanceof DomainError
      ? refuse(401, cause.message, wire(cause))
      : refuse(503, 'Who is calling cannot be told now.', { code: 'UNAVAILABLE' })
  }
}

const apollo = new ApolloServer({ schema, formatError, includeStacktraceInErrorResponses: false })
const { url } = await startStandaloneServer(apollo, { listen: { host: HOST, port: Number(PORT) }, context })
console.log(`notes ready ${url}graphql`)
