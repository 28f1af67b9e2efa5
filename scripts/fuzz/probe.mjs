/**
 * Asks after the health of a server ten times a second, in a thread of its own: while the requests keep ours busy, our
 * clock would tell of us. An answer that takes long means that something has kept the server's only thread.
 */
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/** @param {number} port */
export function startProbe(port) {
  const worker = new Worker(new URL(import.meta.url), { workerData: port })
  return {
    /** @returns {Promise<number[]>} how long each answer took, in ms */
    async stop() {
      /** @type {Promise<number[]>} */
      const told = new Promise((resolve) => worker.once('message', resolve))
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage('stop')
      const times = await told
      await worker.terminate()
      return times
    },
  }
}

if (!isMainThread) {
  /** @type {number[]} */
  const times = []
  const stop = new AbortController()
  parentPort?.once('message', () => stop.abort())
  while (!stop.signal.aborted) {
    const startedAt = performance.now()
    const isAnswered = await new Promise((resolve) => {
      request({ port: workerData, path: '/health/live', agent: false }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode === 200))
      })
        .on('error', () => resolve(false))
        .end()
    })
    if (isAnswered) times.push(performance.now() - startedAt)
    await pause(100)
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(times)
}
