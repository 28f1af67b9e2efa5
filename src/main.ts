#!/usr/bin/env node
/** The process edge: environment in, exit code out. Nothing else reads `process`. */
import { availableParallelism } from 'node:os'
import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { parseConfig, type Config } from './config.js'
import { DomainError } from './kernel/errors.js'
import { migrateDatabase, startPortcullis } from './portcullis.js'

/** A drain that takes longer than this is cut short: whoever stops us will not wait for ever. */
const drainMs = 10_000

function createLogger({ logLevel, mode }: Config): Logger {
  const options = { level: logLevel, base: null }
  // A person at a terminal reads lines; everything else reads JSON.
  if (mode !== 'development' || !process.stdout.isTTY) return pino(options)
  return pino(options, pretty({ ignore: 'pid,hostname,time', sync: true }))
}

async function run(): Promise<void> {
  const config = parseConfig(process.env)
  const logger = createLogger(config)
  const options = { logger, cores: availableParallelism() }
  for (const warning of config.warnings) logger.warn(warning)
  if (process.argv.includes('--migrate-only')) return migrateDatabase(config, options)

  const portcullis = await startPortcullis(config, options)
  // Shown once and never through the logger: a password in a log is a password in a log archive.
  for (const { email, password, role } of portcullis.seeded) {
    process.stdout.write(`\n  First start. ${role}: ${email}  password: ${password}`)
  }
  if (portcullis.seeded.length > 0) process.stdout.write('\n  These passwords are not shown again.\n\n')

  let stopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1)
    stopping = true
    logger.info(`${signal}: finishing what is under way`)
    setTimeout(() => process.exit(1), drainMs).unref()
    portcullis.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

run().catch((cause: unknown) => {
  // A fault that has a name is the operator's to mend, and a stack would only hide it.
  process.stderr.write(`${describe(cause)}\n`)
  process.exit(1)
})

function describe(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
    return 'The port is taken. Set PORT to another one, or stop what listens there.'
  }
  if (!(cause instanceof DomainError)) return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  if (cause.kind !== 'unavailable') return cause.message
  const reason = cause.cause instanceof Error ? ` (${cause.cause.message})` : ''
  return `The database does not answer${reason}. Check MONGODB_URI, and that a replica set with a primary runs there.`
}
