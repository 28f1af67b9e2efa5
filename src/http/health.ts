import type { FastifyInstance } from 'fastify'

export interface Readiness {
  readonly ready: boolean
  /** By what was checked: `ok`, or a few words of what is wrong. Public: no host, no cause. */
  readonly checks: Readonly<Record<string, string>>
}

export interface HealthParts {
  readonly readiness: () => Promise<Readiness>
  readonly isDraining: () => boolean
}

/** Alive: the process answers. Ready: it should be sent requests; a drain says no before anything is closed. */
export function installHealth(fastify: FastifyInstance, { readiness, isDraining }: HealthParts): void {
  fastify.get('/health/live', (_request, reply) => reply.header('cache-control', 'no-store').send({ live: true }))
  fastify.get('/health/ready', async (_request, reply) => {
    const answer = isDraining() ? draining : await readiness().catch(() => failed)
    return reply
      .code(answer.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready: answer.ready, checks: answer.checks })
  })
}

const draining: Readiness = { ready: false, checks: { drain: 'shutting down' } }
const failed: Readiness = { ready: false, checks: { readiness: 'could not be checked' } }
