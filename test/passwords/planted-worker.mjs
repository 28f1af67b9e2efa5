/**
 * A judge of passwords as faults leave it: it dies, hangs, fails or talks nonsense when the password says so, and
 * otherwise takes what begins with "good" for good.
 */
import { parentPort } from 'node:worker_threads'

/** @typedef {{ id: number, password: string, words: string[] }} Question */

/** @param {Question} question */
function answer({ id, password, words }) {
  if (password.startsWith('die')) process.exit(1)
  if (password.startsWith('throw')) throw new Error('broken')
  if (password.startsWith('nonsense')) return 'nonsense'
  if (password.startsWith('late')) return { id: id - 1, score: 4, warning: null }
  if (password.startsWith('no score')) return { id, score: null, warning: null }
  if (password.startsWith('hang')) for (;;);
  return { id, score: password.startsWith('good') ? 4 : 0, warning: words.join(' ') }
}

parentPort?.on('message', (/** @type {Question} */ question) => parentPort?.postMessage(answer(question)))
parentPort?.postMessage('ready')
