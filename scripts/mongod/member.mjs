import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { askMember, host } from './member-commands.mjs'

export const replicaSetName = 'portcullis'
const startPatienceMs = 60_000
const stopPatienceMs = 15_000

/**
 * @typedef {import('./keeper.mjs').Report} Report
 * @typedef {import('./resolve-binary.mjs').Mongod} Mongod
 *
 * @typedef {object} MemberSettings
 * @property {Mongod} mongod
 * @property {string} folder its data and its log; absolute
 * @property {number} port
 * @property {boolean} isThrowAway
 * @property {boolean} [isAlone] without the replica set, to repair what it would trip over
 * @property {boolean} [testCommands] opens fail points (`configureFailPoint`) to tests
 * @property {number} [cacheGB] by default small: it shares the machine with a developer's browser, or with the tests
 *
 * @typedef {Awaited<ReturnType<typeof startMember>>} Member
 */

/** The port was taken between looking for a free one and using it. */
export class PortTaken extends Error {}

/**
 * One mongod that answers, not yet part of a replica set.
 * @param {MemberSettings} settings
 */
export async function startMember(settings) {
  let running = await launch(settings)
  return {
    port: settings.port,
    folder: settings.folder,
    /** Of mongod itself (the Wine process where Wine runs it). */
    get pid() {
      return running.pid
    },
    /** SIGKILL, as a power cut would: nothing is flushed, nobody is told. */
    async kill() {
      running.signal('SIGKILL')
      await running.waitForEnd()
    },
    /** Freezes it: connections stay open and nothing answers. */
    pause() {
      running.signal('SIGSTOP')
    },
    resume() {
      running.signal('SIGCONT')
    },
    /** Starts it again after kill(), on the same port and the same data. */
    async restart() {
      if (running.isUp()) throw new Error(`The member on port ${settings.port} is still running`)
      running = await launch(settings)
    },
    async stop() {
      if (!running.isUp()) return
      running.signal('SIGCONT')
      // By command, not by signal: under Wine a signal is a crash. The answer is often a closed connection.
      await askMember(settings.port, { shutdown: 1, force: true, timeoutSecs: 0 }).catch(() => {})
      const timer = setTimeout(() => running.signal('SIGKILL'), stopPatienceMs)
      await running.waitForEnd()
      clearTimeout(timer)
    },
  }
}

/** @param {MemberSettings} settings */
async function launch(settings) {
  const { mongod, folder, port, isThrowAway } = settings
  const logFile = join(folder, 'mongod.log')
  await mkdir(join(folder, 'db'), { recursive: true })
  /** @type {import('./keeper.mjs').Task} */
  const task = { command: mongod.path, args: argumentsOf(settings), logFile, ...(isThrowAway && { throwAway: folder }) }
  const keeper = fork(fileURLToPath(new URL('keeper.mjs', import.meta.url)), [JSON.stringify(task)], {
    detached: true,
    stdio: 'ignore',
    // Flags of the parent (a debugger's port, a module loader) are not for this one.
    execArgv: [],
  })
  let pid = 0
  let isUp = true
  /** @type {string | null} */
  let endedBecause = null
  keeper.on('message', (/** @type {Report} */ report) => {
    if (report.kind === 'started') pid = report.pid
    else endedBecause = report.kind === 'failed' ? report.reason : `it ended with code ${report.code}`
  })
  const ended = once(keeper, 'exit').then(() => {
    isUp = false
    endedBecause ??= 'its keeper died'
  })
  // A database never keeps its owner alive; if the owner forgets to stop it, its own end does.
  keeper.unref()
  keeper.channel?.unref()

  const deadline = Date.now() + startPatienceMs
  for (; ; await sleep(50)) {
    if (endedBecause !== null) throw await explain(endedBecause, logFile, port)
    if (pid > 0 && (await askMember(port, { hello: 1 }, 1_000).catch(() => null)) !== null) break
    if (Date.now() > deadline) {
      keeper.send('SIGKILL')
      throw new Error(`mongod did not answer on port ${port} within ${startPatienceMs / 1000} s; its log is ${logFile}`)
    }
  }
  return {
    pid,
    async waitForEnd() {
      // Until now it did not keep us alive; whoever waits for its end must live to see it.
      keeper.ref()
      keeper.channel?.ref()
      await ended
    },
    isUp: () => isUp,
    /** @param {NodeJS.Signals} signal */
    signal(signal) {
      if (keeper.connected) keeper.send(signal)
    },
  }
}

/** @param {MemberSettings} settings */
function argumentsOf({ mongod, folder, port, testCommands = false, isAlone = false, cacheGB = 0.25 }) {
  const isWindowsBuild = process.platform === 'win32' || mongod.path.includes('-wine')
  return [
    `--port=${port}`,
    `--bind_ip=${host}`,
    `--dbpath=${join(folder, 'db')}`,
    ...(isAlone ? [] : [`--replSet=${replicaSetName}`]),
    `--wiredTigerCacheSizeGB=${cacheGB}`,
    '--oplogSize=256',
    // What a majority has is what the journal has: by default it is written every 100 ms, and a single node makes
    // linearizable reads and the change stream wait for that.
    '--journalCommitInterval=10',
    // The socket file in the temp folder would outlive a crash. The Windows build has none and refuses the flag.
    ...(isWindowsBuild ? [] : ['--nounixsocket']),
    // As the README advises: what an instance that was killed has left open must not hold an account for a minute.
    '--setParameter=transactionLifetimeLimitSeconds=10',
    ...(testCommands ? ['--setParameter=enableTestCommands=1'] : []),
  ]
}

/**
 * What mongod says about its end is in its log, as JSON lines of severity error and fatal.
 * @param {string} because
 * @param {string} logFile
 * @param {number} port
 */
async function explain(because, logFile, port) {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n')
  const text = lines.join('\n')
  if (/address already in use|SocketException|Failed to set up listener/i.test(text))
    return new PortTaken(`Port ${port} is taken`)
  if (/Incompatible|featureCompatibilityVersion.*(UPGRADE PROBLEM|invalid)|UPGRADE PROBLEM/i.test(text)) {
    return new Error(
      `The data beside ${logFile} were written by another version of MongoDB: move that folder away, or set MONGOD`,
    )
  }
  const last = lines.filter((line) => /"s":"[EF]"/.test(line)).at(-1) ?? lines.at(-1) ?? ''
  return new Error(`mongod did not start: ${because}; its log is ${logFile}: ${last.slice(0, 400)}`)
}
