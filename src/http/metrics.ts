/** What Prometheus reads: on a port of its own, which no load balancer needs to know. */
import fastify from 'fastify'
import { collectDefaultMetrics, Counter, Registry } from 'prom-client'

export interface Metrics {
  /** A guard or a rule of the door could not answer, and denied. */
  ruleFailed(coordinate: string): void
  /** A shadow policy would have answered otherwise; codes of refusals, or null for allowed. */
  shadowDiffered(coordinate: string, enforced: string | null, shadow: string | null): void
  readonly registry: Registry
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const ruleErrors = new Counter({
    name: 'authz_rule_errors_total',
    help: 'Guards and rules of the door that threw or did not answer in time, and denied.',
    labelNames: ['field'],
    registers: [registry],
  })
  const shadowDifferences = new Counter({
    name: 'authz_shadow_differences_total',
    help: 'Answers that the shadow policy would have given otherwise.',
    labelNames: ['field', 'enforced', 'shadow'],
    registers: [registry],
  })
  return {
    ruleFailed: (field) => ruleErrors.inc({ field }),
    shadowDiffered: (field, enforced, shadow) =>
      shadowDifferences.inc({ field, enforced: enforced ?? 'ALLOWED', shadow: shadow ?? 'ALLOWED' }),
    registry,
  }
}

/** Listens at once. @throws when the port is taken */
export async function serveMetrics(
  { registry }: Metrics,
  { host, port }: { host: string; port: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  // Here, because they watch every collection of garbage: not for nobody.
  collectDefaultMetrics({ register: registry })
  const server = fastify()
  server.get('/metrics', async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return registry.metrics()
  })
  const url = await server.listen({ host, port })
  return { url, close: () => server.close() }
}
