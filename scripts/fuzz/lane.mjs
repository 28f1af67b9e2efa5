import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createAnswerReader } from './answers.mjs'

/**
 * @typedef {import('./answers.mjs').Answer} Answer
 * @typedef {import('./wire.mjs').Exchange} Exchange
 *
 * How an exchange went: `answered` as it should, `closed` before that, `silent` until we lost patience, or `garbled`.
 * @typedef {object} Outcome
 * @property {'answered' | 'closed' | 'silent' | 'garbled'} end
 * @property {readonly Answer[]} answers
 * @property {string} left what came beside them
 * @property {number} ms
 */

/** Longer than the server gives a request to arrive (15 s), the look at its clock included. */
const longPatienceMs = 25_000
/** For what is no HTTP: an answer that has not come by then may need us to hang up first. */
const quietMs = 150
/** For a second answer where there should be one only. */
const afterMs = 10

/**
 * One connection after the other: a good one is used for as long as the server keeps it.
 * @param {{ port: number, address: string, patienceMs?: number | undefined }} where `address` is ours: many clients are
 *   many networks
 */
export function createLane({ port, address, patienceMs = longPatienceMs }) {
  /** @type {import('node:net').Socket | null} */
  let kept = null

  // What is sent to a server that has hung up is an error here; that it hung up is told by `close`.
  const open = () => connect({ port, host: '127.0.0.1', localAddress: address, noDelay: true }).on('error', () => {})

  return {
    /**
     * @param {Exchange} exchange
     * @param {{ isLast?: boolean }} [how] a silence counts only when it comes twice: a busy machine is silent, too
     * @returns {Promise<Outcome>}
     */
    async exchange(exchange, { isLast = false } = {}) {
      const isGood = kept !== null && !kept.destroyed && kept.writable
      const reused = exchange.isWhole && isGood ? kept : null
      if (exchange.isWhole) kept = null
      const socket = reused ?? open()
      const outcome = await talk(socket, exchange, patienceMs)
      const isLostRace = reused !== null && outcome.end === 'closed' && outcome.answers.length === 0
      // The server may close an idle connection at the very moment that we write to it (RFC 9112 §9.3.1).
      if (isLostRace) return this.exchange(exchange)
      if (outcome.end === 'silent' && !isLast) {
        socket.destroy()
        return this.exchange(exchange, { isLast: true })
      }
      const mayStay =
        exchange.isWhole &&
        outcome.end === 'answered' &&
        !/\r\nconnection: close/i.test(outcome.answers.at(-1)?.head ?? '')
      if (mayStay) kept = socket
      else socket.destroy()
      return outcome
    },
    close: () => void kept?.destroy(),
  }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {Exchange} exchange
 * @param {number} patienceMs
 * @returns {Promise<Outcome>}
 */
async function talk(socket, exchange, patienceMs) {
  const { parts, pauseMs = 0, answers: expected, isWhole } = exchange
  const startedAt = performance.now()
  const reader = createAnswerReader(exchange)
  /** @type {string | null} */
  let garbled = null
  /** @type {() => void} */
  let wake = () => {}
  let isClosed = false
  const onData = (/** @type {Buffer} */ chunk) => {
    try {
      reader.feed(chunk)
    } catch (cause) {
      garbled ??= String(cause)
    }
    wake()
  }
  const onClose = () => {
    isClosed = true
    wake()
  }
  socket.on('data', onData).on('close', onClose).on('end', onClose)
  const wait = async (/** @type {number} */ ms, /** @type {() => boolean} */ isDone) => {
    const deadline = performance.now() + ms
    const isWaiting = () => !isDone() && !isClosed && garbled === null
    while (isWaiting()) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) return
      await new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), leftMs)
        wake = () => {
          clearTimeout(timer)
          resolve(undefined)
        }
      })
    }
  }

  await write(socket, parts, pauseMs)
  const has = (/** @type {number} */ count) => () => reader.answers.length >= count
  if (isWhole) await wait(patienceMs, has(expected))
  else {
    await wait(exchange.kind === 'stalled' ? patienceMs : quietMs, has(1))
    await wait(afterMs, has(expected + 1))
    socket.end()
    await wait(patienceMs, () => false)
  }
  socket.off('data', onData).off('close', onClose).off('end', onClose)
  const { left } = garbled === null ? reader.close() : { left: garbled }
  const isAnswered = isWhole ? reader.answers.length >= expected : isClosed
  const end = garbled !== null ? 'garbled' : isAnswered ? 'answered' : isClosed ? 'closed' : 'silent'
  return { end, answers: reader.answers, left, ms: performance.now() - startedAt }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {readonly Buffer[]} parts
 * @param {number} pauseMs
 */
async function write(socket, parts, pauseMs) {
  for (const [index, part] of parts.entries()) {
    if (index > 0) await pause(pauseMs)
    if (socket.destroyed) return
    if (!socket.write(part)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
  }
}
