/** The running service: the app behind its listening socket, kept up until it is drained. */
import type { AddressInfo } from 'node:net'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createAuthorization, guardedSchema, ownAccess } from './access-control.js'
import { createApp, openDatabase, type App } from './app.js'
import type { Config } from './config.js'
import { door } from './door.js'
import { createGraphqlServer } from './graphql/server.js'
import { installHealth, type Readiness } from './http/health.js'
import { describeFault } from './http/log.js'
import { createMetrics, serveMetrics } from './http/metrics.js'
import { createHttpServer } from './http/server.js'
import { installWellKnown } from './http/well-known.js'
import { systemClock, type Clock } from './kernel/clock.js'
import { systemRandom } from './kernel/random.js'
import { servicePolicy } from './service-policy.js'
import { seedDevelopment, type SeededUser } from './seed.js'
import { createUpkeep } from './upkeep.js'

export interface StartOptions {
  readonly logger: Logger
  /** How many passwords are hashed at once. */
  readonly cores?: number
  readonly clock?: Clock
}

export interface Portcullis {
  /** Where it listens; not necessarily PUBLIC_URL. */
  readonly url: string
  /** Where METRICS_PORT is served; null without it. */
  readonly metricsUrl: string | null
  readonly app: App
  /** Who was made on a first start, with the passwords; to be shown once. */
  readonly seeded: readonly SeededUser[]
  /** Finishes what was accepted, then stops listening, working and holding connections. */
  close(): Promise<void>
}

/** @throws DomainError when configuration or database do not allow a start; Unavailable without a database */
export async function startPortcullis(config: Config, options: StartOptions): Promise<Portcullis> {
  const { logger, cores = 2, clock = systemClock } = options
  const onFault = (cause: unknown) => logger.error({ fault: describeFault(cause) }, 'something failed behind an answer')
  const onOutage = (cause: unknown) =>
    logger.warn({ fault: describeFault(cause) }, 'mails wait: they are not taken where they are to be sent')
  const app = await createApp({ config, cores, clock, onFault, onOutage, onStep: (step) => logger.info(step) })
  const upkeep = createUpkeep(app.background)
  const letGo = async () => {
    upkeep.stop()
    await app.close()
  }
  try {
    const edge = await createEdge(config, app, logger)
    try {
      await app.callers.start()
      upkeep.every(5_000, () => app.sessions.sweep())
      upkeep.every(5_000, () => app.clockWatch.check())
      app.outbox.onPut(app.mail.wake)
      // What other instances left behind, and what is tried again.
      upkeep.every(1_000, async () => app.mail.wake())
      upkeep.every(Math.min(60_000, config.signingKeys.leadMs / 3), () => app.keys.refresh())
      const { url, metricsUrl } = await edge.listen()
      // After listening: passwords that are shown once must not be lost to a taken port.
      const seeded = config.seed ? await seedDevelopment(app) : []
      // To a person it is localhost: cookies of one name do not count at the other.
      logger.info(`ready ${config.mode === 'development' ? url.replace('127.0.0.1', 'localhost') : url}/graphql`)
      return { url, metricsUrl, app, seeded, close: () => closeAll(edge.drain, letGo) }
    } catch (cause) {
      await edge.drain()
      throw cause
    }
  } catch (cause) {
    await letGo()
    throw cause
  }
}

/** The second even when the first fails. */
async function closeAll(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
  try {
    await first()
  } finally {
    await second()
  }
}

async function createEdge(config: Config, app: App, logger: Logger) {
  const { fastify, beginDrain, isDraining } = await createHttpServer({ config, logger, random: systemRandom })
  installHealth(fastify, { readiness: () => readiness(app), isDraining })
  installWellKnown(fastify, { publicJwks: app.keys.publicJwks })
  const { callers, clock } = app
  const metrics = createMetrics()
  const shadow = config.shadowPolicyFile === null ? null : servicePolicy(config.shadowPolicyFile)
  const { routerDirectives, metricsPort } = config
  const access = ownAccess(app.policy)
  const schema = guardedSchema({ access, shadow, clock, logger, metrics, routerDirectives })
  const services = { ...app, authorization: createAuthorization(access, clock) }
  const random = systemRandom
  let metricsServer: Awaited<ReturnType<typeof serveMetrics>> | undefined
  const graphql = await createGraphqlServer({ config, schema, door, callers, services, fastify, logger, random })
  return {
    async listen() {
      await fastify.listen({ host: config.host, port: config.port })
      if (metricsPort !== null) metricsServer = await serveMetrics(metrics, { host: config.host, port: metricsPort })
      return { url: listeningAt(config, fastify.server.address()), metricsUrl: metricsServer?.url ?? null }
    },
    async drain() {
      beginDrain()
      await pause(config.drainDelayMs)
      await readWhatHasArrived()
      await graphql.stop()
      await metricsServer?.close()
    },
  }
}

/**
 * On a starved machine the pause above ends before the sockets are looked at, and a connection with a request that
 * nobody has read yet counts as idle: it would be closed under it. One turn accepts connections, the next reads them.
 */
async function readWhatHasArrived(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await turn()
}

/** Brings the database up to date and stops: for a job that runs before the new version is rolled out. */
export async function migrateDatabase(config: Config, { logger }: StartOptions): Promise<void> {
  const { database } = await openDatabase({ config, onStep: (step) => logger.info(step) })
  await database.close()
  logger.info('the database is up to date')
}

async function readiness({ database, clockWatch, callers, keys }: App): Promise<Readiness> {
  const checks = {
    database: await database.ping().then(
      () => 'ok',
      () => 'does not answer',
    ),
    clock: clockWatch.isTrusted() ? 'ok' : 'too far from the clock of the database',
    keys: keys.canSign() ? 'ok' : 'no key signs',
    changes: callers.hasStarted() ? 'ok' : 'the change stream has shown no beat yet',
  }
  return { ready: Object.values(checks).every((check) => check === 'ok'), checks }
}

function listeningAt({ tls, host, port: configured }: Config, address: AddressInfo | string | null): string {
  const port = typeof address === 'object' && address !== null ? address.port : configured
  return `${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
