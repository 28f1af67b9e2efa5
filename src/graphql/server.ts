import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { ApolloServerPluginInlineTrace } from '@apollo/server/plugin/inlineTrace'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { clientAddress } from '../http/client-address.js'
import { sessionCookies } from '../http/cookies.js'
import { identify, type CallerSource } from '../http/identify.js'
import { requestLanguages } from '../http/languages.js'
import { withoutValues } from '../http/log.js'
import { originFault } from '../http/origin.js'
import type { Random } from '../kernel/random.js'
import { admission } from './admission.js'
import type { OperationDoor } from './alone.js'
import { createContext, type Context, type Services } from './context.js'
import { requestError } from './errors.js'
import { maxTokens, sizeLimits } from './limits.js'
import { createErrorReporting } from './reporting.js'
import { createRouterProof, type RouterProof } from './router-proof.js'

export interface GraphqlServerParts {
  readonly config: Pick<Config, 'mode' | 'allowedOrigins' | 'routerSecrets'>
  /** As `authorizeSchema` returned it. */
  readonly schema: GraphQLSchema
  readonly door: OperationDoor
  readonly callers: CallerSource
  readonly services: Services
  readonly fastify: FastifyInstance
  readonly logger: Logger
  readonly random: Random
}

export interface GraphqlServer {
  /** Ends what is being answered, closes the HTTP server (10 s at most), then stops. */
  readonly stop: () => Promise<void>
}

/** Starts Apollo Server and puts it at `/graphql`, and nowhere else. */
export async function createGraphqlServer(parts: GraphqlServerParts): Promise<GraphqlServer> {
  const { config, fastify } = parts
  const proof = createRouterProof(config)
  const apollo = createApollo(parts)
  await apollo.start()
  const handle = fastifyApolloHandler(apollo, { context: contextOf(parts, proof) })
  fastify.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler(request, reply) {
      // Answers carry tokens and personal data (RFC 6749 §5.1).
      reply.header('cache-control', 'no-store')
      return handle.call(this, readable(request, proof), reply)
    },
  })
  return { stop: () => apollo.stop() }
}

function createApollo(parts: GraphqlServerParts): ApolloServer<Context> {
  const { config, schema, door, fastify, logger, random } = parts
  const production = config.mode === 'production'
  const reporting = createErrorReporting(logger, () => random(12).toString('base64url'))
  return new ApolloServer<Context>({
    schema,
    nodeEnv: config.mode,
    introspection: !production,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    cache: 'bounded',
    documentStore: createDocumentStore(),
    parseOptions: { maxTokens },
    validationOptions: { maxErrors: 20, hideSuggestions: production },
    validationRules: [sizeLimits],
    formatError: reporting.formatError,
    // Signals are the process's (main.ts): it drains before it stops.
    stopOnTerminationSignals: false,
    logger: quietLogger(logger),
    plugins: [
      admission(door),
      reporting.plugin,
      fastifyApolloDrainPlugin<Context>(fastify),
      landingPage(production),
      // Answers only to a header that `readable` takes from everybody but a proven router.
      ApolloServerPluginInlineTrace({ includeErrors: { masked: true } }),
      // Each of these starts by itself under some environment variable or on a subgraph unless it is named here.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  })
}

function landingPage(production: boolean): ApolloServerPlugin {
  return production
    ? ApolloServerPluginLandingPageDisabled()
    : ApolloServerPluginLandingPageLocalDefault({ footer: false, embed: { runTelemetry: false } })
}

/**
 * Parsed and validated documents. Apollo Server's own store is bounded by the length of their JSON, a small part of
 * what they take in memory; tokens are what that follows.
 */
function createDocumentStore() {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: 50_000,
    sizeCalculation: (document) => ('tokenCount' in document ? Number(document.tokenCount) : maxTokens),
  })
  return {
    get: async (key: string) => documents.get(key),
    set: async (key: string, document: DocumentNode) => void documents.set(key, document),
    delete: async (key: string) => documents.delete(key),
  }
}

function contextOf({ config, callers, services }: GraphqlServerParts, { isRouter }: RouterProof) {
  const { allowedOrigins } = config
  return async (_readable: unknown, reply: FastifyReply): Promise<Context> => {
    const { request } = reply
    const { identification: found, presented } = identify(request.raw, { callers, allowedOrigins })
    const identification = 'then' in found ? await found : found
    reply.callerKind = identification.outcome === 'caller' ? identification.caller.kind : identification.outcome
    // These two are about the request and not about the token: no operation's own proof makes up for them.
    if (identification.outcome === 'refused' && !isAboutToken(identification.error.kind)) {
      throw requestError(identification.error)
    }
    return createContext({
      services,
      identification,
      presented,
      callers,
      cookies: sessionCookies(reply),
      request: factsOf(request),
      router: isRouter(request.headers),
      cookieOriginFault: () => originFault(request.method, request.headers, allowedOrigins),
    })
  }
}

const isAboutToken = (kind: string): boolean => kind === 'unauthenticated' || kind === 'unavailable'

function factsOf(request: FastifyRequest): Context['request'] {
  return {
    id: request.id,
    // Not needed by most requests.
    get ip() {
      return clientAddress(request.ip, request.socket.remoteAddress)
    },
    get languages() {
      return requestLanguages(request.headers['accept-language'])
    },
    userAgent: request.headers['user-agent']?.slice(0, 512) ?? null,
  }
}

/**
 * What the integration reads of a request. It makes a URL of protocol, `Host` and path to get at the query string: a
 * hostile `Host` would be an exception, and an answer of 500. None of the three is needed for that.
 */
function readable({ method, headers: all, body, url }: FastifyRequest, { isProven }: RouterProof): FastifyRequest {
  const headers = traceHeader in all && !isProven(all) ? withoutTrace(all) : all
  const query = method === 'GET' ? url.indexOf('?') : -1
  const path = query < 0 ? '/' : `/${url.slice(query)}`
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that it reads; the context takes the request itself
  return { method, headers, body, url: path, protocol: 'http', hostname: 'localhost' } as FastifyRequest
}

const traceHeader = 'apollo-federation-include-trace'

/** A trace says which fields ran for how long: for routers, and not for whoever measures us. */
function withoutTrace(headers: FastifyRequest['headers']): FastifyRequest['headers'] {
  const { [traceHeader]: _trace, ...others } = headers
  return others
}

/** What Apollo Server has to say, as sentences without values. */
function quietLogger(logger: Logger) {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message?: unknown) => {
    logger[level]({ from: 'apollo-server' }, withoutValues(String(message)))
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
