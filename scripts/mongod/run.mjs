import { spawn } from 'node:child_process'

/**
 * @typedef {object} Outcome
 * @property {number | null} code null when it could not be started, was killed, or took too long
 * @property {string} output what it wrote, both streams
 */

/**
 * Runs a command to its end, quietly. It never rejects: a missing command is an outcome like any other.
 * `stdio: 'ignore'` matters for Wine: its helpers outlive the command, and a pipe they inherit would never end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, timeoutMs?: number, silent?: boolean, onOutput?: (text: string) => void }} [options]
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { env, cwd, timeoutMs = 0, silent = false, onOutput } = {}) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, {
      env: env ?? process.env,
      cwd,
      stdio: silent ? 'ignore' : ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    if (timeoutMs > 0) timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text
        onOutput?.(text)
      })
    }
    child.once('error', (cause) => {
      clearTimeout(timer)
      resolve({ code: null, output: cause.message })
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}

/**
 * The last thing a command said, for a one-line error.
 * @param {string} output
 */
export function lastLine(output) {
  return output.trim().split('\n').at(-1)?.trim() ?? ''
}
