import { spawn } from 'node:child_process'
import { root } from './folders.mjs'
import { working } from './say.mjs'

const heartbeatMs = 10_000

/**
 * npm, in the clone. What it says is kept and only shown when it fails; long ones show that they live.
 * @param {string[]} args
 * @param {{ title: string, cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} options
 * @returns {Promise<{ isDone: boolean, output: string }>}
 */
export function runNpm(args, { title, cwd = root, env = {}, timeoutMs }) {
  const isWindows = process.platform === 'win32'
  const startedAt = Date.now()
  const child = spawn(isWindows ? 'npm.cmd' : 'npm', args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Windows starts .cmd files only through its shell. The arguments are ours, none comes from outside.
    shell: isWindows,
    windowsHide: true,
    timeout: timeoutMs,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const heartbeat = setInterval(
    () => working(`${title}: ${Math.round((Date.now() - startedAt) / 1000)} s`),
    heartbeatMs,
  )
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      clearInterval(heartbeat)
      resolve({ isDone: false, output: cause.message })
    })
    child.once('close', (code) => {
      clearInterval(heartbeat)
      resolve({ isDone: code === 0, output })
    })
  })
}

/**
 * The line of npm's output that says what is wrong.
 * @param {string} output
 */
export function reasonIn(output) {
  if (output.includes('gyp ERR!'))
    return 'a native package could not be compiled: install a C++ compiler, make and python3'
  const errors = output.split('\n').filter((line) => /^npm (error|ERR!) ./.test(line))
  const text =
    errors.find((line) => !/^npm \S+ (code|errno|syscall|path|command|A complete log)/.test(line)) ?? errors[0]
  return (text ?? output.trim().split('\n').at(-1) ?? '').replace(/^npm (error|ERR!)/, '').trim()
}
