/**
 * A thread of its own: judging a password takes up to a second of CPU, and the dictionaries 70 MB. Plain JavaScript,
 * because the same file runs beside the sources and beside what is built from them.
 */
import { parentPort } from 'node:worker_threads'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common'
import { dictionary as english } from '@zxcvbn-ts/language-en'

/** @typedef {{ id: number, password: string, words: string[] }} Question */

const zxcvbn = new ZxcvbnFactory({ dictionary: { ...common, ...english }, graphs: adjacencyGraphs })

/** @param {Question} question */
function answer({ id, password, words }) {
  try {
    const { score, feedback } = zxcvbn.check(password, words)
    return { id, score, warning: feedback.warning }
  } catch {
    // Whatever was thrown may quote the password, and would be logged.
    return { id, score: null, warning: null }
  }
}

parentPort?.on('message', (question) => parentPort?.postMessage(answer(question)))
parentPort?.postMessage('ready')
