import type { FastifyInstance } from 'fastify'

export interface WellKnownParts {
  /** From memory: verifiers must be able to read the keys while the database is away. */
  readonly publicJwks: () => { readonly keys: readonly object[] }
}

/** The public keys (RFC 7517 §5). A key is in here for longer than this may be cached before it signs anything. */
export function installWellKnown(fastify: FastifyInstance, { publicJwks }: WellKnownParts): void {
  fastify.get('/.well-known/jwks.json', (_request, reply) =>
    reply.header('cache-control', 'public, max-age=600').send(publicJwks()),
  )
}
