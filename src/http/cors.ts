import type { FastifyInstance } from 'fastify'

/** What pages may send beside what browsers let them send anyway. */
const sendable = [
  'authorization',
  'content-type',
  'x-portcullis-csrf',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'apollographql-client-name',
  'apollographql-client-version',
]

/**
 * Which pages may read our answers (Fetch Standard §3.2): those of the allowed origins, by name and with cookies;
 * everybody else's browser is told nothing. Our own because the list is all there is to decide, and the plugin decides
 * it anew for each request, at a seventh of the cost of answering one.
 */
export function installCors(fastify: FastifyInstance, allowedOrigins: readonly string[]): void {
  const allowed = new Set(allowedOrigins)
  const readable = {
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'x-request-id, retry-after, www-authenticate',
  }
  const preflight = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': sendable.join(', '),
    'access-control-max-age': '600',
  }
  fastify.addHook('onRequest', (request, reply, next) => {
    const { origin } = request.headers
    // Also without one: a cache must not hand the answer for one page to another.
    reply.header('vary', 'Origin')
    const isAllowed = origin !== undefined && allowed.has(origin)
    if (isAllowed) reply.header('access-control-allow-origin', origin).headers(readable)
    if (request.method !== 'OPTIONS') return next()
    if (isAllowed) reply.headers(preflight)
    reply.code(204).send()
  })
}
