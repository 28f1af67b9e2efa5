import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from '../setup/folders.mjs'
import { Failure } from '../setup/say.mjs'

/**
 * @typedef {import('./server-usage.mjs').Usage} Usage
 * @typedef {Awaited<ReturnType<typeof startServer>>} Server
 */

const stopPatienceMs = 15_000

/**
 * The service as it is built, in a process of its own, as an operator would start it.
 * @param {Record<string, string>} env
 */
export async function startServer(env) {
  const usageReport = new URL('server-usage.mjs', import.meta.url).href
  const startedAt = performance.now()
  const server = spawn(process.execPath, ['--expose-gc', '--import', usageReport, join(root, 'dist', 'main.js')], {
    env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: String(availableParallelism() + 2), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = once(server, 'exit')
  const stop = async () => {
    server.kill('SIGTERM')
    const timer = setTimeout(() => server.kill('SIGKILL'), stopPatienceMs)
    await ended
    clearTimeout(timer)
  }
  const url = await readyLine(server, ended)
  const readyMs = performance.now() - startedAt
  try {
    return { url, readyMs, atReady: await usage(), usage, stop }
  } catch (cause) {
    await stop()
    throw cause
  }

  /**
   * @param {{ collect?: boolean }} [how] collect garbage before the heap is looked at, but after `rss` is
   * @returns {Promise<Usage>}
   */
  async function usage({ collect = false } = {}) {
    const answer = once(server, 'message')
    server.send({ collect })
    const [report] = await answer
    return report
  }
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @param {Promise<unknown[]>} ended
 * @returns {Promise<string>}
 */
function readyLine({ stdout, stderr }, ended) {
  let printed = ''
  return new Promise((resolve, reject) => {
    const read = (/** @type {Buffer} */ text) => {
      printed += text.toString()
      const url = /"ready (http:\/\/[^\s"/]+)/.exec(printed)?.[1]
      if (url === undefined) return
      // From here on its log goes to nobody, but it must go somewhere, or the pipe is full one day.
      for (const stream of [stdout, stderr]) stream?.off('data', read).resume()
      resolve(url)
    }
    for (const stream of [stdout, stderr]) stream?.on('data', read)
    void ended.then(([code]) => reject(new Failure(`The server ended with ${String(code)}:\n${printed.slice(-2000)}`)))
  })
}
