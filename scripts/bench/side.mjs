import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLoad, refusalIn, WrongAnswer } from './load.mjs'

/**
 * @typedef {import('./side-process.mjs').Command} Command
 * @typedef {import('./side-process.mjs').Report} Report
 * @typedef {import('./side-process.mjs').Mark} Mark
 * @typedef {import('./rows.mjs').Targets} Targets
 */

const startPatienceMs = 120_000
const stopPatienceMs = 10_000
/** As `npm start` and the image set it, for the peers, too: passwords are hashed on these threads. */
const threads = { UV_THREADPOOL_SIZE: String(availableParallelism() + 2) }

/**
 * One side of a row in a process of its own: nothing but its work is in the CPU time of that process, nor in the code
 * that its engine has optimized. Load by HTTP comes from this process, which is another one.
 * @param {string} row
 * @param {'baseline' | 'measured'} side
 * @param {string} mongodbUri
 */
export async function startSide(row, side, mongodbUri) {
  const child = fork(fileURLToPath(new URL('side-process.mjs', import.meta.url)), [row, side], {
    // graphql-js asks for it when it is loaded, and leaves out what only helps developers.
    env: { ...process.env, NODE_ENV: 'production', MONGODB_URI: databaseOfItsOwn(mongodbUri), ...threads },
    // Flags of this process too, so that `node --cpu-prof scripts/bench.mjs` profiles both.
    execArgv: [...process.execArgv, '--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    if (child.connected) child.disconnect()
    const timer = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs)
    await ended
    clearTimeout(timer)
  }
  const patience = setTimeout(() => child.kill('SIGKILL'), startPatienceMs)
  try {
    const { targets, answer } = answerOf(await nextReport(), 'ready')
    clearTimeout(patience)
    const refusal = answer === null ? null : refusalIn(answer)
    if (refusal !== null) throw new WrongAnswer(`refused: ${refusal}`)
    const { only } = targets
    const load = only === undefined ? null : createLoad(only)
    await load?.firstAnswer()
    return { round: (/** @type {number} */ requests) => round(requests, load), idle, targets, stop }
  } catch (cause) {
    await stop()
    throw cause
  }

  /**
   * @param {number} requests
   * @param {ReturnType<typeof createLoad> | null} load null: the side asks itself
   */
  async function round(requests, load) {
    answerOf(await send({ kind: 'collect' }), 'done')
    const before = await mark()
    const loadMs = load === null ? null : await load.ask(requests)
    if (load === null) answerOf(await send({ kind: 'work', requests }), 'done')
    const after = await mark()
    const spentMs = after.atMs - before.atMs
    const { reads } = after
    return {
      requests,
      cpuMs: after.cpuMs - before.cpuMs,
      spentMs,
      wallMs: loadMs ?? spentMs,
      reads:
        reads === null || before.reads === null
          ? null
          : { reads: reads.reads - before.reads.reads, getMores: reads.getMores - before.reads.getMores },
    }
  }

  /** @param {number} forMs @returns {Promise<number>} milliseconds of CPU time that pass in a second by themselves */
  async function idle(forMs) {
    const before = await mark()
    await sleep(forMs)
    const after = await mark()
    return ((after.cpuMs - before.cpuMs) * 1000) / (after.atMs - before.atMs)
  }

  async function mark() {
    return answerOf(await send({ kind: 'mark' }), 'mark').mark
  }

  /** @param {Command} command */
  function send(command) {
    const report = nextReport()
    child.send(command)
    return report
  }

  /** @returns {Promise<Report>} */
  async function nextReport() {
    const [report] = await Promise.race([
      once(child, 'message'),
      ended.then(([code, signal]) => {
        throw new WrongAnswer(`the ${side} side ended with ${code ?? signal}`)
      }),
    ])
    return report
  }
}

/**
 * @template {Report['kind']} Kind
 * @param {Report} report
 * @param {Kind} kind
 */
function answerOf(report, kind) {
  if (!isOf(report, kind)) throw new Error(`"${report.kind}" where "${kind}" was expected`)
  return report
}

/**
 * @template {Report['kind']} Kind
 * @param {Report} report
 * @param {Kind} kind
 * @returns {report is Extract<Report, { kind: Kind }>}
 */
function isOf(report, kind) {
  return report.kind === kind
}

/** @param {string} server */
function databaseOfItsOwn(server) {
  const uri = new URL(server)
  uri.pathname = `/bench_${randomBytes(6).toString('hex')}`
  // Reads are counted where the driver sends them.
  uri.searchParams.set('monitorCommands', 'true')
  return uri.href
}
