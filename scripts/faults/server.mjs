import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { findFreePort, host } from '../mongod/member-commands.mjs'
import { addressOfServer } from './links.mjs'

/** @typedef {Awaited<ReturnType<typeof createServer>>} Server */

const preload = new URL('server-preload.mjs', import.meta.url).href
const startPatienceMs = 180_000
const keptOutput = 20_000
const mostStarts = 5

/** Whatever ends this process, no server outlives it. @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/**
 * One instance of the built service, that can be ended and started again at its port.
 * @param {{ index: number, dist: string, env: Record<string, string> }} options
 */
export async function createServer({ index, dist, env }) {
  const port = await findFreePort()
  /** @type {import('node:child_process').ChildProcess | null} */
  let running = null
  /** @type {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} */
  let exited = Promise.resolve({ code: 0, signal: null })
  let incarnation = 0
  let printed = ''
  let isWanted = false
  /** @type {string[]} */
  let crashes = []

  /**
   * Null when it is ready, or how it ended before.
   * @param {Record<string, string>} extra
   * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null } | null>}
   */
  async function launch(extra) {
    const child = spawn(process.execPath, ['--import', preload, join(dist, 'main.js')], {
      env: { PATH: process.env['PATH'], ...env, PORT: String(port), FAULTS_FROM: addressOfServer(index), ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running = child
    children.add(child)
    incarnation += 1
    printed = ''
    exited = once(child, 'exit').then(([code, signal]) => {
      running = null
      children.delete(child)
      if (isWanted) noteCrash(code ?? signal)
      isWanted = false
      return { code, signal }
    })
    /** @type {Promise<null>} */
    const ready = new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
          printed = (printed + text).slice(-keptOutput)
          if (/ready http/.test(printed)) resolve(null)
        })
      }
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), startPatienceMs)
    const end = await Promise.race([ready, exited])
    clearTimeout(timer)
    isWanted = end === null
    return end
  }

  /** @param {number | NodeJS.Signals | null} how */
  function noteCrash(how) {
    crashes.push(`server ${index} ended by itself with ${how}:\n${printed}`)
  }

  return {
    index,
    port,
    url: `http://${host}:${port}`,
    /** Counts the starts: what one process remembers the next does not. */
    get incarnation() {
      return incarnation
    },
    get isUp() {
      return running !== null
    },
    /** Its last output. */
    printed: () => printed,
    /** Resolves when it is ready. @param {Record<string, string>} [extra] settings of this start alone */
    async start(extra = {}) {
      if (running !== null) throw new Error(`Server ${index} is running`)
      for (let attempt = 1; ; attempt += 1) {
        const end = await launch(extra)
        if (end === null) return
        // Without a database in time a start ends, and whoever runs the service starts it again.
        if (attempt === mostStarts || !printed.includes('database does not answer')) {
          throw new Error(`Server ${index} ended with ${end.code ?? end.signal} before it was ready:\n${printed}`)
        }
      }
    },
    /** @param {NodeJS.Signals} signal */
    async end(signal) {
      const wasUp = running !== null
      isWanted = false
      running?.kill(signal)
      const end = await exited
      // Who was faster than the signal has ended by itself as well.
      if (wasUp && signal === 'SIGKILL' && end.signal !== signal) noteCrash(end.code ?? end.signal)
      return end
    },
    /** @param {NodeJS.Signals} signal */
    signal: (signal) => void running?.kill(signal),
    /** How often it ended though nobody ended it, since the last time that somebody asked. */
    takeCrashes() {
      const taken = crashes
      crashes = []
      return taken
    },
  }
}
