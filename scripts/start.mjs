/**
 * `npm start`. In production it runs the server and nothing else. On a developer's machine it first brings what nobody
 * should have to: a database, a secret, threads enough to hash passwords. `scripts/setup.mjs` ran before.
 */
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { MongodUnavailable, startReplicaSet } from './mongod.mjs'
import { root } from './setup/folders.mjs'
import { done, fail, Failure, working } from './setup/say.mjs'
import { createLocalSecret, dataFolder, takeDataFolder } from './start/data-folder.mjs'
import { runServer } from './start/server.mjs'

try {
  process.exitCode = process.env['NODE_ENV'] === 'production' ? await runServer(process.env) : await startLocally()
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

async function startLocally() {
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    NODE_ENV: 'development',
    // Hashing runs on these threads; files and names need some besides.
    UV_THREADPOOL_SIZE: String(availableParallelism() + 2),
    ...process.env,
  }
  // What is wrong with the settings is known now, and need not wait for a database.
  const { parseConfig } = await import('../dist/config.js')
  try {
    parseConfig(env)
  } catch (cause) {
    throw new Failure(cause instanceof Error ? cause.message : String(cause))
  }
  const release = takeDataFolder()
  try {
    env['PORTCULLIS_SECRET'] ??= createLocalSecret()
    return env['MONGODB_URI'] ? await runServer(env) : await runWithLocalDatabase(env)
  } finally {
    release()
  }
}

/** @param {NodeJS.ProcessEnv} env */
async function runWithLocalDatabase(env) {
  const dataDir = join(dataFolder, 'mongo')
  // Ctrl-C during this (it may install things) ends us at once, and mongod's keeper ends mongod.
  const replicaSet = await startReplicaSet({ dataDir, log: working })
  try {
    const [member] = replicaSet.members
    done(`MongoDB on 127.0.0.1:${member?.port}, data in ${relative(root, dataDir)}`)
    const uri = new URL(replicaSet.uri)
    uri.pathname = '/portcullis'
    return await runServer({ ...env, MONGODB_URI: uri.href, PORTCULLIS_SEED: 'development' })
  } finally {
    // Impatience must not turn a clean shutdown into a crash.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
    await replicaSet.stop()
    done('MongoDB stopped')
  }
}
