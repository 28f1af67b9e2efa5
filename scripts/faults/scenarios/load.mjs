import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, deviceOf } from '../client.mjs'
import { questions } from '../questions.mjs'

/** @typedef {import('../stage.mjs').Stage} Stage */

/** Some load between two faults, of a length that nobody foresees. @param {Stage} stage @param {number} longestMs */
export function someLoad({ chance }, longestMs) {
  return sleep(chance.between(longestMs / 5, longestMs))
}

/** One of the two. @param {Stage} stage @param {number} index */
export function serverOf({ servers }, index) {
  const server = servers[index]
  if (server === undefined) throw new RangeError(`There is no server ${index}`)
  return server
}

/** @param {Stage} stage @param {import('../server.mjs').Server} server @param {number} [patienceMs] */
export async function untilReady({ isReady }, server, patienceMs = 60_000) {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(20)) {
    if (await isReady(server.port)) return
  }
  throw new Error(`Server ${server.index} did not become ready:\n${server.printed()}`)
}

/**
 * Somebody who asks exactly one server at a time.
 * @param {Stage} stage
 * @param {string} name
 */
export async function createProbe(stage, name) {
  const target = { index: 0 }
  const route = () => {
    const server = serverOf(stage, target.index)
    return { server, port: server.port }
  }
  const client = createClient(name, stage.chance.fork(name), { ...stage.surroundings, route })
  const input = { email: `${name}.${stage.chance.below(1e9)}@example.com`, password: `correct horse battery ${name}` }
  const { userId } = await client.signUp(input)
  return {
    client,
    input,
    userId,
    /** @param {number} index */
    turnTo: (index) => void (target.index = index),
    async signIn() {
      const question = { query: questions.signIn, variables: { input } }
      const told = await client.askUntilTold('sign-in', question, { userId, password: 'right' })
      return deviceOf(told.data.signIn)
    },
  }
}
