import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WrongAnswer } from './load.mjs'

/**
 * @typedef {object} OpenLoop
 * @property {import('./rows.mjs').HttpTarget} target
 * @property {number} perSecond
 * @property {number} forMs
 */

/**
 * Asks at a fixed rate, from a process of its own, whether or not what was asked before has been answered.
 * @param {OpenLoop} plan
 * @returns {Promise<number[]>} how long each answer took, in milliseconds
 */
export async function askAtRate(plan) {
  const child = fork(fileURLToPath(new URL('open-loop-process.mjs', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  })
  const ended = once(child, 'exit')
  child.send(plan)
  const [{ waited, wrong }] = await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => {
      throw new WrongAnswer(`the open loop ended with ${code}`)
    }),
  ])
  await ended
  if (wrong.length > 0) throw new WrongAnswer(`${wrong.length} of ${waited.length} in the open loop: ${wrong[0]}`)
  return waited
}
