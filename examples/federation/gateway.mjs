/**
 * The one address that clients call. It composes the subgraphs, plans each operation, and decides which subgraph gets
 * to see what of a request; who may see which field stays the decision of the subgraph that resolves it.
 */
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import Fastify from 'fastify'
import { GraphQLError } from 'graphql'
import { oneMutationAtATime } from './alone.mjs'
import { headersFor } from './presented.mjs'
import { loadSupergraph } from './supergraph.mjs'

const {
  HOST = '127.0.0.1',
  PORT = '4001',
  PORTCULLIS_URL = 'http://127.0.0.1:4000/graphql',
  NOTES_URL = 'http://127.0.0.1:4002/graphql',
  ROUTER_SECRET = '',
  ALLOWED_ORIGINS = `http://localhost:${PORT} http://localhost:3000 http://localhost:5173`,
} = process.env

const allowedOrigins = ALLOWED_ORIGINS.split(/[\s,]+/)
const subgraphs = [
  { name: 'portcullis', url: PORTCULLIS_URL },
  { name: 'notes', url: NOTES_URL },
]
// Of a list, during a change, the first is the one to send.
const [secret = ''] = ROUTER_SECRET.split(/[\s,]+/)
const proof = secret === '' ? {} : { 'x-portcullis-router': secret }

class Subgraph extends RemoteGraphQLDataSource {
  // Node's own: it keeps the cookies of an answer apart, as a list.
  fetcher = fetch

  constructor({ name, url }) {
    super({ url })
    this.name = name
  }

  /** Nothing of a client's request gets here by itself, so nobody can send a proof through the gateway. */
  willSendRequest({ request, context }) {
    const headers = { ...context.headers?.everybody, ...(this.name === 'portcullis' && context.headers?.portcullis) }
    for (const [name, value] of Object.entries({ ...headers, ...proof })) request.http.headers.set(name, value)
  }

  didReceiveResponse({ response, context }) {
    if (this.name === 'portcullis') context.returnCookies?.(response.http.headers.getSetCookie())
    return response
  }

  /** What a subgraph says to a request as a whole: the client gets the error, and not where the subgraph lives. */
  didEncounterError(error, _request, response, context) {
    const errors = error.extensions?.response?.body?.errors
    if (this.name === 'portcullis') context.returnCookies?.(response?.headers.getSetCookie() ?? [])
    if (!Array.isArray(errors) || errors.length === 0) {
      throw new GraphQLError('A service does not answer.', { extensions: { code: 'UNAVAILABLE' } })
    }
    if (response.status === 401 || response.status === 403) context.refused = { status: response.status, errors }
    throw new GraphQLError(errors[0].message, { extensions: errors[0].extensions })
  }
}

/** A token that was presented and is no good fails the request as a whole, whichever subgraph noticed. */
const refuseAsAWhole = {
  requestDidStart: async () => ({
    async willSendResponse({ response, contextValue }) {
      const { refused } = contextValue
      if (refused === undefined || response.body.kind !== 'single') return
      response.http.status = refused.status
      response.body.singleResult = {
        errors: refused.errors.map(({ message, extensions }) => ({ message, extensions })),
      }
    },
  }),
}

const fastify = Fastify({ bodyLimit: 256 * 1024 })
const apollo = new ApolloServer({
  gateway: new ApolloGateway({
    supergraphSdl: await loadSupergraph(subgraphs, proof),
    buildService: (definition) => new Subgraph(definition),
  }),
  includeStacktraceInErrorResponses: false,
  parseOptions: { maxTokens: 2_000 },
  // Which subgraph it was is nobody's business.
  formatError({ extensions: { serviceName: _serviceName, ...extensions } = {}, ...error }) {
    return { ...error, extensions }
  },
  plugins: [oneMutationAtATime, refuseAsAWhole, fastifyApolloDrainPlugin(fastify)],
})
await apollo.start()

fastify.addHook('onRequest', async (request, reply) => {
  reply.header('vary', 'origin').header('cache-control', 'no-store')
  const { origin } = request.headers
  if (!allowedOrigins.includes(origin)) return
  reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true')
  reply.header(
    'access-control-allow-headers',
    'authorization, content-type, x-portcullis-csrf, apollo-require-preflight, x-apollo-operation-name',
  )
})
fastify.options('/graphql', async (_request, reply) => reply.code(204).send())
await fastify.register(fastifyApollo(apollo), {
  method: ['GET', 'POST'],
  context: async (request, reply) => ({
    headers: headersFor(request, allowedOrigins),
    // The last word counts, as it does in Portcullis.
    returnCookies: (cookies) =>
      void (cookies.length > 0 && reply.removeHeader('set-cookie').header('set-cookie', cookies)),
  }),
})
const address = await fastify.listen({ host: HOST, port: Number(PORT) })
console.log(`gateway ready ${address.replace('127.0.0.1', 'localhost')}/graphql`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void apollo.stop())
