import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { findFreePort, host } from '../mongod/member-commands.mjs'
import { addressOfServer } from './links.mjs'

/** @typedef {Awaited<ReturnType<typeof createServer>>} Server */

const preload = new URL('server-preload.mjs', import.meta.url).href
const startPatienceMs = 60_000
const keptOutput = 20_000

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
      const child = spawn(process.execPath, ['--import', preload, join(dist, 'main.js')], {
        env: { PATH: process.env['PATH'], ...env, PORT: String(port), FAULTS_FROM: addressOfServer(index), ...extra },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running = child
      isWanted = true
      incarnation += 1
      printed = ''
      exited = once(child, 'exit').then(([code, signal]) => {
        running = null
        return { code, signal }
      })
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Server ${index} was not ready in time`)), startPatienceMs)
        for (const stream of [child.stdout, child.stderr]) {
          stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
            printed = (printed + text).slice(-keptOutput)
            if (!/ready http/.test(printed)) return
            clearTimeout(timer)
            resolve(undefined)
          })
        }
        void exited.then(({ code, signal }) => {
          clearTimeout(timer)
          reject(new Error(`Server ${index} ended with ${code ?? signal} before it was ready:\n${printed}`))
        })
      })
    },
    /** @param {NodeJS.Signals} signal */
    async end(signal) {
      isWanted = false
      running?.kill(signal)
      return exited
    },
    /** @param {NodeJS.Signals} signal */
    signal: (signal) => void running?.kill(signal),
    /** Whether it ended though nobody ended it. */
    hasCrashed: () => isWanted && running === null,
  }
}
