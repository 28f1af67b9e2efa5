import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'

/**
 * @typedef {import('./side-process.mjs').Command} Command
 * @typedef {import('./side-process.mjs').Report} Report
 * @typedef {import('./side-process.mjs').Mark} Mark
 * @typedef {import('./rows.mjs').HttpTarget} HttpTarget
 */

const mostConnections = 8
/** How often autocannon looks whether it is done; by itself, once a second. */
const sampleInt = 20
const stopPatienceMs = 10_000

/** What came back is an error, or not what came back before: whatever it took, it is not what is measured. */
export class WrongAnswer extends Error {}

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
    env: { ...process.env, NODE_ENV: 'production', MONGODB_URI: databaseOfItsOwn(mongodbUri) },
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
  try {
    const { target, answer } = answerOf(await nextReport(), 'ready')
    const { errors } = JSON.parse(answer)
    if (errors !== undefined) throw new WrongAnswer(`refused: ${errors[0]?.message}`)
    return { round: (/** @type {number} */ requests) => round(requests, target, answer), idle, stop }
  } catch (cause) {
    await stop()
    throw cause
  }

  /**
   * @param {number} requests
   * @param {HttpTarget | null} target
   * @param {string} answer
   */
  async function round(requests, target, answer) {
    answerOf(await send({ kind: 'collect' }), 'done')
    const before = await mark()
    const loadMs = target === null ? null : await load(requests, target, answer)
    if (target === null) answerOf(await send({ kind: 'work', requests }), 'done')
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
      ended.then(([code]) => {
        throw new Error(`The ${side} side of ${row} ended with ${code}`)
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

/**
 * How long it took to the last answer, in milliseconds.
 * @param {number} amount
 * @param {HttpTarget} target
 * @param {string} answer
 */
async function load(amount, target, answer) {
  const connections = Math.min(mostConnections, amount)
  const startedAt = performance.now()
  let answeredAt = startedAt
  const result = await new Promise((resolve, reject) => {
    const running = autocannon(
      { ...target, method: 'POST', connections, amount, expectBody: answer, sampleInt },
      (/** @type {unknown} */ cause, /** @type {import('autocannon').Result} */ result) =>
        cause ? reject(cause) : resolve(result),
    )
    running.on('response', () => (answeredAt = performance.now()))
  })
  const { non2xx, errors, mismatches } = result
  if (non2xx + errors + mismatches > 0) {
    throw new WrongAnswer(`${non2xx} refused, ${errors} lost, ${mismatches} other answers of ${amount}`)
  }
  return answeredAt - startedAt
}

/** @param {string} server */
function databaseOfItsOwn(server) {
  const uri = new URL(server)
  uri.pathname = `/bench_${randomBytes(6).toString('hex')}`
  // Reads are counted where the driver sends them.
  uri.searchParams.set('monitorCommands', 'true')
  return uri.href
}
