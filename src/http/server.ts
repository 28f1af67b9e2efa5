/**
 * The edge: sockets, sizes, TLS, headers and one line of log for each request. It owns everything that is true of a
 * request before anybody knows what it asks; it does not own who asks (identify) nor what (GraphQL).
 */
import Fastify, { type FastifyHttpOptions, type FastifyInstance, type RawServerDefault } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { Random } from '../kernel/random.js'
import { answerClientError, installFaults, methodsByPath, pathOf, sendFault } from './faults.js'
import { installHeaders } from './headers.js'
import { namesOneHost } from './host.js'

declare module 'fastify' {
  interface FastifyReply {
    /** Of the caller once it is known, for the log: a kind, never a name. */
    callerKind: string | null
  }
}

export interface HttpServer {
  readonly fastify: FastifyInstance
  /** Readiness fails from here on and connections are not kept alive; requests are still answered. */
  readonly beginDrain: () => void
  readonly isDraining: () => boolean
}

export interface HttpServerParts {
  readonly config: Pick<Config, 'mode' | 'allowedOrigins' | 'trustProxy' | 'tls'>
  readonly logger: Logger
  readonly random: Random
}

const bodyLimit = 256 * 1024
const sockets = {
  headersTimeout: 10_000,
  // Longer than the proxies in front keep theirs (60 s mostly): the side that closes first must not be ours, or a
  // request that is on its way at that moment is lost.
  keepAliveTimeout: 65_000,
  requestTimeout: 15_000,
  // Node looks for connections past their time only this often, and by default every 30 s: the 10 s would be 40.
  connectionsCheckingInterval: 1_000,
  // Without one Node answers by itself, without a body and without an id; see `demandHost`.
  requireHostHeader: false,
}

export async function createHttpServer({ config, logger, random }: HttpServerParts): Promise<HttpServer> {
  const newId = createIdSource(random)
  const fastify = Fastify({
    ...serverOptions(config),
    // Never the client's: an id that somebody else chose can be made to collide, and is text in our log.
    genReqId: newId,
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error, _request, reply) => void sendFault(reply, 400),
  })
  let draining = false

  installFaults(fastify, logger, newId)
  fastify.removeContentTypeParser('text/plain')
  parseStrictJson(fastify)
  fastify.decorateReply('callerKind', null)
  fastify.addHook('onRequest', (request, reply, next) => {
    reply.header('x-request-id', request.id)
    next()
  })
  installHeaders(fastify, config)
  demandHost(fastify)
  if (config.mode === 'production') demandTls(fastify)
  fastify.addHook('onSend', (_request, reply, _payload, next) => {
    // Also on answers to requests from before the drain: kept alive, their connections would outlast it.
    if (draining) reply.header('connection', 'close')
    next()
  })
  logRequests(fastify, logger)
  return { fastify, beginDrain: () => void (draining = true), isDraining: () => draining }
}

/**
 * RFC 8259 §8.1: JSON is UTF-8. A lenient decoder makes one and the same character of all that is not, and so one
 * password of many.
 */
function parseStrictJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error')
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  fastify.removeContentTypeParser('application/json')
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const { 'content-type': type = '', 'content-encoding': encoding } = request.headers
    const charset = /;\s*charset="?([^";]*)/i.exec(type)?.[1] ?? 'utf-8'
    if (encoding !== undefined || charset.trim().toLowerCase() !== 'utf-8') return done(faultOf(415))
    let text: string
    try {
      text = utf8.decode(body)
    } catch {
      return done(faultOf(400))
    }
    return parse(request, text, done)
  })
}

function faultOf(statusCode: 400 | 415): Error {
  return Object.assign(new Error('The body cannot be read'), { statusCode })
}

/** Drawn by the hundred: one system call for each request would be a noticeable part of answering it. */
function createIdSource(random: Random): () => string {
  const idBytes = 12
  let pool: Buffer = Buffer.alloc(0)
  return () => {
    if (pool.length < idBytes) pool = random(100 * idBytes)
    const id = pool.toString('base64url', 0, idBytes)
    pool = pool.subarray(idBytes)
    return id
  }
}

function serverOptions({ tls, trustProxy }: HttpServerParts['config']): FastifyHttpOptions<RawServerDefault> {
  const { requestTimeout, keepAliveTimeout } = sockets
  const options = {
    bodyLimit,
    requestTimeout,
    keepAliveTimeout,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // Log lines are ours (logRequests); Fastify's would carry URLs.
    logger: false,
    exposeHeadRoutes: false,
    // What is still accepted during a drain is answered, on a connection that is then closed.
    return503OnClosing: false,
  }
  // Fastify itself does not know all of `sockets`; what is in here goes to Node as it is.
  return tls === null
    ? { ...options, http: sockets }
    : ({ ...options, https: { ...sockets, ...tls } } as typeof options)
}

/** The connection ends with it: who cannot say where a request goes may not say where it ends either. */
function demandHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, next) => {
    if (namesOneHost(request.raw)) return next()
    sendFault(reply.header('connection', 'close'), 400)
  })
}

/** In production a request has come by TLS to us, or to a proxy that we trust and that says so. */
function demandTls(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, next) => {
    // Probes come from the machine next door, without TLS, and carry nothing.
    if (request.protocol === 'https' || request.routeOptions.url?.startsWith('/health/')) return next()
    sendFault(reply.header('upgrade', 'TLS/1.2, HTTP/1.1').header('connection', 'upgrade'), 426)
  })
}

function logRequests(fastify: FastifyInstance, logger: Logger): void {
  const known = methodsByPath(fastify)
  fastify.addHook('onResponse', (request, reply, next) => {
    // Only paths that we gave ourselves: what was asked for may have a token in it, in the query or in a mistyped path.
    const path = pathOf(request.url)
    const line = {
      requestId: request.id,
      method: request.method,
      path: known.has(path) ? path : 'unknown',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      caller: reply.callerKind,
    }
    const isProbe = line.path.startsWith('/health/') && line.status === 200
    logger[isProbe ? 'debug' : 'info'](line, 'request')
    next()
  })
}
