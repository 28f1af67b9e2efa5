/**
 * Stands between us and one mongod, in a session of its own: Ctrl-C in the terminal reaches neither of the two, so the
 * server drains first, and when the process that asked for the database dies, however it dies, the channel to it
 * closes and this one ends mongod. Started by member.mjs with one argument, `Task` as JSON.
 *
 * @typedef {object} Task
 * @property {string} command
 * @property {string[]} args
 * @property {string} logFile
 * @property {string} [throwAway] folder to remove when the parent died without stopping us, and the one above when empty
 *
 * @typedef {{ kind: 'started', pid: number } | { kind: 'failed', reason: string } | { kind: 'ended', code: number | null }} Report
 */
import { spawn } from 'node:child_process'
import { openSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

const graceMs = 5_000
const drainMs = 3_000

/** @type {Task} */
const task = JSON.parse(process.argv[2] ?? '')
const log = openSync(task.logFile, 'w')
const mongod = spawn(task.command, task.args, { stdio: ['ignore', log, log], windowsHide: true })
let isOrphaned = false

mongod.once('spawn', () => report({ kind: 'started', pid: mongod.pid ?? 0 }))
mongod.once('error', (cause) => {
  report({ kind: 'failed', reason: cause.message })
  if (process.connected) process.disconnect()
})
mongod.once('exit', (code) => {
  report({ kind: 'ended', code })
  if (isOrphaned) throwAway()
  if (process.connected) process.disconnect()
})

process.on('message', (signal) => {
  if (signal === 'SIGKILL' || signal === 'SIGSTOP' || signal === 'SIGCONT') mongod.kill(signal)
})
// With kept data there is a server, which learns of its parent's death now too and still has requests to finish.
process.once('disconnect', () => setTimeout(end, task.throwAway === undefined ? drainMs : 0).unref())
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, end)

function end() {
  if (isOrphaned || mongod.exitCode !== null || mongod.signalCode !== null) return
  isOrphaned = true
  // A stopped process (SIGSTOP, by a fault test) would sleep through the rest.
  mongod.kill('SIGCONT')
  mongod.kill('SIGTERM')
  setTimeout(() => mongod.kill('SIGKILL'), graceMs).unref()
}

function throwAway() {
  if (task.throwAway === undefined) return
  rmSync(task.throwAway, { recursive: true, force: true, maxRetries: 5 })
  try {
    rmdirSync(dirname(task.throwAway))
  } catch {
    // Another member is still there; its keeper is the last.
  }
}

/** @param {Report} message */
function report(message) {
  if (process.connected) process.send?.(message, () => {})
}
