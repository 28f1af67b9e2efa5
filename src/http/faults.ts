import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Logger } from 'pino'
import { httpFaultBody, type HttpFaultStatus } from '../graphql/errors.js'
import { describeFault } from './log.js'

/** Answers in the shape of GraphQL errors, with a code and without a word of what was sent. */
export function sendFault(
  reply: FastifyReply,
  status: HttpFaultStatus,
  details?: Readonly<Record<string, string>>,
): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send(httpFaultBody(status, details))
}

/** Replaces each of Fastify's own answers, which quote paths and messages. */
export function installFaults(fastify: FastifyInstance, logger: Logger, newErrorId: () => string): void {
  const methods = methodsByPath(fastify)
  fastify.setNotFoundHandler((request, reply) => {
    const allowed = methods.get(pathOf(request.url))
    if (allowed === undefined) return sendFault(reply, 404)
    // RFC 9110 §15.5.6: a 405 says what would have been allowed.
    return sendFault(reply.header('allow', [...allowed].join(', ')), 405)
  })
  fastify.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    const status = statusOf(error.statusCode)
    if (status !== 500) return sendFault(reply, status)
    const id = newErrorId()
    logger.error({ errorId: id, requestId: request.id, fault: describeFault(error) }, 'unforeseen error')
    return sendFault(reply, 500, { id })
  })
}

const clientFaults: readonly HttpFaultStatus[] = [400, 404, 405, 406, 408, 413, 415, 431, 503]

function statusOf(status = 500): HttpFaultStatus {
  return clientFaults.find((known) => known === status) ?? (status >= 400 && status < 500 ? 400 : 500)
}

/** What is routed, kept up to date. All our paths are fixed ones. */
export function methodsByPath(fastify: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>()
  fastify.addHook('onRoute', ({ url, method }) => {
    methods.set(url, new Set([...(methods.get(url) ?? []), ...[method].flat()]))
  })
  return methods
}

export function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/** What Node's parser refuses never becomes a request; the answer is written by hand. */
export function answerClientError(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const status = parserFaults[error.code ?? ''] ?? 400
  const body = httpFaultBody(status)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const parserFaults: Readonly<Record<string, HttpFaultStatus>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}
