import { IncomingMessage, ServerResponse, type OutgoingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'
import type { Config } from '../config.js'
import { installCors } from './cors.js'

const year = 31_536_000

/** Nothing of ours is a page, so nothing may load, frame or submit anything. */
const nothingLoads = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/**
 * Outside production `/graphql` shows Apollo Sandbox, which comes from these places. Its own page narrows `script-src`
 * to nonces; both policies hold, so `'unsafe-inline'` here opens nothing more.
 */
const sandboxLoads = {
  ...nothingLoads,
  'default-src': ["'self'"],
  'script-src': ["'self'", "'unsafe-inline'", 'https://*.cdn.apollographql.com'],
  'style-src': ["'self'", "'unsafe-inline'", 'https://*.cdn.apollographql.com', 'https://fonts.googleapis.com'],
  'font-src': ["'self'", 'https://fonts.gstatic.com'],
  'img-src': ["'self'", 'data:', 'https://*.cdn.apollographql.com'],
  'manifest-src': ["'self'", 'https://*.cdn.apollographql.com'],
  'connect-src': ["'self'", 'https://*.apollographql.com'],
  'frame-src': ['https://sandbox.embed.apollographql.com', 'https://explorer.embed.apollographql.com'],
}

/** What browsers are told: which pages may read our answers, and what our answers may do. */
export function installHeaders(
  fastify: FastifyInstance,
  { mode, allowedOrigins }: Pick<Config, 'mode' | 'allowedOrigins'>,
): void {
  const fixed = securityHeaders(mode === 'production')
  fastify.addHook('onRequest', (_request, reply, next) => {
    reply.headers(fixed)
    next()
  })
  installCors(fastify, allowedOrigins)
}

/**
 * What helmet sets. It is the same for every request, and put together for each of them anew it costs half as much as
 * answering `me`: so helmet is asked once, for a response that goes to nobody.
 */
function securityHeaders(production: boolean): OutgoingHttpHeaders {
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: production ? nothingLoads : sandboxLoads },
    strictTransportSecurity: production ? { maxAge: year, includeSubDomains: true } : false,
  })
  setHeaders(request, response, () => undefined)
  return response.getHeaders()
}
