import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { root } from '../setup/folders.mjs'
import { working } from '../setup/say.mjs'

/**
 * One Ctrl-C can arrive twice: from the terminal, and passed on by npm. Only one that comes later is a second one.
 */
const secondPressAfterMs = 500

/**
 * Runs dist/main.js to its end and answers with its exit code. It gets a process group of its own, so that Ctrl-C
 * reaches it only through us, once, as the SIGTERM that makes it drain.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
export function runServer(env) {
  const endWithParent = new URL('end-with-parent.mjs', import.meta.url).href
  const server = spawn(
    process.execPath,
    ['--enable-source-maps', '--import', endWithParent, join(root, 'dist', 'main.js')],
    {
      env,
      detached: process.platform !== 'win32',
      // Input stays ours: reading the terminal from another session is an error. The channel is for end-with-parent.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  )
  let stoppingSince = 0
  const stop = () => {
    if (stoppingSince === 0) {
      stoppingSince = Date.now()
      working('stopping: requests in flight are finished first (Ctrl-C again to cut them off)')
      server.kill('SIGTERM')
    } else if (Date.now() - stoppingSince > secondPressAfterMs) server.kill('SIGKILL')
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, stop)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, stop)
      // As a shell says it: 128 and the number of the signal.
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
