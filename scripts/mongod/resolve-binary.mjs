import { access } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { downloadOfficial, findDownloaded } from './official-download.mjs'
import { lastLine, run } from './run.mjs'
import { findWineBuild, prepareWineBuild, whyNoWine } from './wine.mjs'

const oldestMajor = 6

/**
 * @typedef {object} Mongod
 * @property {string} path what to run
 * @property {'MONGOD' | 'PATH' | 'cache' | 'download' | 'wine'} source
 * @property {string} description one line for people
 */

/** No way led to a mongod. The message names the ways and what stopped each. */
export class MongodUnavailable extends Error {}

/**
 * The four ways, first that works wins. Says once which one it took.
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<Mongod>}
 */
export async function resolveMongod({ log = console.log } = {}) {
  const found = (await fromMachine(log)) ?? (await fromCache()) ?? (await fromOutside(log))
  log(`mongod: ${found.description}`)
  return found
}

/**
 * @param {(line: string) => void} log
 * @returns {Promise<Mongod | null>}
 */
async function fromMachine(log) {
  const { MONGOD } = process.env
  if (MONGOD) {
    const { version, problem } = await examine(resolve(MONGOD))
    // Named on purpose, so it is this one or none: a silent second choice would hide the typing error.
    if (version === null) throw new MongodUnavailable(`MONGOD=${MONGOD} ${problem}`)
    return { path: resolve(MONGOD), source: 'MONGOD', description: `${version}, from MONGOD (${MONGOD})` }
  }
  const path = await findOnPath()
  if (path === null) return null
  const { version, problem } = await examine(path)
  if (version !== null) return { path, source: 'PATH', description: `${version}, from PATH (${path})` }
  log(`mongod: not the one on PATH: ${path} ${problem}`)
  return null
}

/** @returns {Promise<Mongod | null>} */
async function fromCache() {
  for (const [find, origin] of /** @type {const} */ ([
    [findDownloaded, 'official build'],
    [findWineBuild, 'official Windows build under Wine'],
  ])) {
    const path = await find()
    if (path === null) continue
    const { version } = await examine(path)
    if (version !== null) return { path, source: 'cache', description: `${version}, ${origin}, cached (${path})` }
  }
  return null
}

/**
 * @param {(line: string) => void} log
 * @returns {Promise<Mongod>}
 */
async function fromOutside(log) {
  log('mongod: none on this machine yet, trying the official download')
  const refusals = ['MONGOD is not set and PATH has no mongod', 'none is cached']
  try {
    const path = await downloadOfficial(log)
    const { version, problem } = await examine(path)
    if (version !== null) return { path, source: 'download', description: `${version}, official build, downloaded` }
    refusals.push(`official download: ${path} ${problem}`)
  } catch (cause) {
    refusals.push(`official download: ${messageOf(cause)}`)
  }
  log(`  ${refusals.at(-1)}`)
  const noWine = await whyNoWine()
  if (noWine === null) {
    try {
      const path = await prepareWineBuild(log)
      const { version, problem } = await examine(path)
      if (version !== null)
        return { path, source: 'wine', description: `${version}, official Windows build under Wine` }
      refusals.push(`official Windows build under Wine: ${problem}`)
    } catch (cause) {
      refusals.push(`official Windows build under Wine: ${messageOf(cause)}`)
    }
  } else refusals.push(`official Windows build under Wine: ${noWine}`)
  throw new MongodUnavailable(
    'There is no MongoDB to run. Set MONGODB_URI to a replica set, or MONGOD to a mongod binary (6.0 or newer), or put one on PATH. Tried:' +
      refusals.map((refusal, index) => `\n  ${index + 1}. ${refusal}`).join(''),
  )
}

async function findOnPath() {
  const name = process.platform === 'win32' ? 'mongod.exe' : 'mongod'
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name)
    if (await exists(path)) return path
  }
  return null
}

/**
 * Runs it: a binary for another libc is a file like any other until it is started.
 * @param {string} path
 * @returns {Promise<{ version: string, problem?: undefined } | { version: null, problem: string }>}
 */
async function examine(path) {
  if (!(await exists(path))) return { version: null, problem: 'does not exist' }
  const { code, output } = await run(path, ['--version'], { timeoutMs: 10_000 })
  const version = /db version v(\d+\.\d+\.\d+\S*)/.exec(output)?.[1]
  if (code !== 0 || version === undefined) return { version: null, problem: `does not run: ${lastLine(output)}` }
  if (Number.parseInt(version, 10) < oldestMajor) {
    return { version: null, problem: `is MongoDB ${version}, and ${oldestMajor}.0 is the oldest that works` }
  }
  return { version, problem: undefined }
}

/** @param {string} path */
function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** @param {unknown} cause */
function messageOf(cause) {
  return cause instanceof Error ? cause.message : String(cause)
}
