import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { root } from '../setup/folders.mjs'

const startPatienceMs = 60_000

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {number} port
 * @property {() => number} rssMb
 * @property {Promise<string>} ended how it ended
 * @property {() => Promise<void>} stop
 */

/**
 * The built server as a process of its own. Every line that it prints is handed on.
 * @param {{ name: string, env: Record<string, string>, imports?: readonly string[], onLine: (line: string) => void }} how
 *   `imports` are modules that Node loads before it: faults, planted to be found
 * @returns {Promise<Server>}
 */
export async function startServer({ name, env, imports = [], onLine }) {
  const flags = imports.flatMap((module) => ['--import', module])
  const child = spawn(process.execPath, [...flags, join(root, 'dist', 'main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '4', ...env },
  })
  const ended = once(child, 'exit').then(([code, signal]) => `the server ended with ${code ?? signal}`)
  /** @type {Promise<number>} */
  const port = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} is not ready`)), startPatienceMs)
    const read = (/** @type {string} */ line) => {
      onLine(line)
      const found = /ready https?:\/\/[^\s"/]+:(\d+)/.exec(line)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(Number(found))
    }
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', read)
    void ended.then((how) => reject(new Error(how)))
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(timer)
  }
  try {
    return { name, port: await port, rssMb: () => residentMb(child.pid), ended, stop }
  } catch (cause) {
    child.kill('SIGKILL')
    throw cause
  }
}

/** What a process has in memory; 0 where there is no such thing as /proc. @param {number | undefined} pid */
function residentMb(pid) {
  try {
    const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kib) / 1024)
  } catch {
    return 0
  }
}
