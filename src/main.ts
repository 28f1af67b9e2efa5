#!/usr/bin/env node
/** The process edge of the service: environment in, exit code out. The other verbs are in cli.ts. */
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { parseConfig, type Config } from './config.js'
import { explain } from './exit-reason.js'
import { migrateDatabase, startPortcullis } from './portcullis.js'
import { createLogger } from './process-logger.js'

/**
 * Left alone, V8 lets the heap grow to several times what is in use before it collects all of it, and rarely gives back
 * what it took. A collection for each growth by this much costs no CPU that shows.
 */
const heapGrowthPercent = 40

/** A drain that takes longer than this is cut short: whoever stops us will not wait for ever. */
const drainMs = 10_000

/** A person at a terminal reads lines; everything else reads JSON. */
async function loggerFor({ logLevel, mode }: Config) {
  if (mode !== 'development' || !process.stdout.isTTY) return createLogger(logLevel)
  // Only now: a start in production does not wait for it.
  const { default: pretty } = await import('pino-pretty')
  return createLogger(logLevel, pretty({ sync: true, hideObject: true, ignore: 'time,caller', messageFormat: asLine }))
}

/** One line each: requests are many, and what is shown once must not scroll away. */
function asLine(log: Record<string, unknown>): string {
  const { msg, method, path, status, ms, caller, fault } = log
  if (msg === 'request') return [method, path, status, `${Number(ms)} ms`, caller].join(' ')
  return fault === undefined ? String(msg) : [msg, JSON.stringify(fault)].join(': ')
}

/**
 * One core is left to answer everybody else: with all of them hashing, the slowest answers to who is signed in already
 * took ten times as long. And libuv's threads are for file access and name look-ups, too: hashing must not take them all.
 */
function hashesAtOnce(): number {
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4)
  return Math.max(1, Math.min(availableParallelism() - 1, threads - 2))
}

async function run(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent}`)
  const config = parseConfig(process.env)
  const logger = await loggerFor(config)
  const options = { logger, cores: hashesAtOnce() }
  for (const warning of config.warnings) logger.warn(warning)
  if (process.argv.includes('--migrate-only')) return migrateDatabase(config, options)

  const portcullis = await startPortcullis(config, options)
  // Shown once and never through the logger: a password in a log is a password in a log archive.
  // In one piece: a line of the log between two would look like the end of a password.
  const accounts = portcullis.seeded.map(
    ({ role, email, password }) => `  First start. ${role}: ${email}  password: ${password}\n`,
  )
  if (accounts.length > 0) process.stdout.write(`\n${accounts.join('')}  These passwords are not shown again.\n\n`)

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
  process.stderr.write(`${explain(cause)}\n`)
  process.exit(1)
})
