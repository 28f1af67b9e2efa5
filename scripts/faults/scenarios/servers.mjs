import { setTimeout as sleep } from 'node:timers/promises'
import { drainMs } from '../stage.mjs'
import { serverOf, someLoad, untilReady } from './load.mjs'

/** @typedef {import('../stage.mjs').Stage} Stage */

const exitWithinMs = 10_000
const toldWithinMs = 100

/** @type {readonly import('../scenarios.mjs').Scenario[]} */
export const serverScenarios = [
  {
    name: 'server-killed',
    title: 'an instance is killed -9 at a random moment',
    faults: 200,
    ciFaults: 4,
    async inject(stage, run) {
      await someLoad(stage, 800)
      const server = serverOf(stage, stage.chance.below(2))
      await killAndRestart(stage, server, run)
    },
  },
  {
    name: 'server-killed-before-answer',
    title: 'an instance is killed -9 just before a write, or between a write and its answer',
    faults: 50,
    ciFaults: 4,
    async inject(stage, run) {
      const point = stage.chance.weighted([
        [4, /** @type {const} */ ('rotation-answered')],
        [2, /** @type {const} */ ('sign-out-asked')],
        [2, /** @type {const} */ ('end-answered')],
        [2, /** @type {const} */ ('commit-answered')],
      ])
      const held = await stage.cluster.links.hold(point, 20_000)
      if (held === null) return run.missed(point)
      // Whoever answers before it has written has answered by then.
      if (point === 'sign-out-asked') await sleep(toldWithinMs)
      await killAndRestart(stage, serverOf(stage, held.server), run)
      held.lose()
    },
  },
  {
    name: 'sigterm',
    title: 'an instance is stopped under load, and whoever routes to it heeds its readiness',
    faults: 100,
    ciFaults: 3,
    async inject(stage, run) {
      await someLoad(stage, 500)
      const server = serverOf(stage, stage.chance.below(2))
      const signalledAt = stage.now()
      stage.drains.push({
        server: `${server.index}.${server.incarnation}`,
        signalledAt,
        answersUntil: signalledAt + drainMs,
      })
      const noticed = closeDoorWhenNotReady(stage, server)
      const { code, signal } = await server.end('SIGTERM')
      const exitMs = stage.now() - signalledAt
      await noticed
      run.timed('exit', exitMs)
      if (code !== 0) run.violated(`server ${server.index} ended with ${code ?? signal} after SIGTERM`)
      if (exitMs > exitWithinMs) run.violated(`server ${server.index} took ${Math.round(exitMs)} ms to end`)
      await restart(stage, server)
      run.recovered()
    },
  },
]

/**
 * @param {Stage} stage
 * @param {import('../server.mjs').Server} server
 * @param {import('../scenarios.mjs').Run} run
 */
async function killAndRestart(stage, server, run) {
  const killedAt = stage.now()
  await server.end('SIGKILL')
  await restart(stage, server)
  run.recovered(stage.now() - killedAt)
}

/** @param {Stage} stage @param {import('../server.mjs').Server} server */
async function restart(stage, server) {
  await server.start()
  await untilReady(stage, server)
  stage.setDoor(server.index, true)
}

/**
 * As a load balancer does; with nobody left to answer it has been told as well.
 * @param {Stage} stage
 * @param {import('../server.mjs').Server} server
 */
async function closeDoorWhenNotReady(stage, server) {
  while (server.isUp && (await stage.isReady(server.port))) await sleep(50)
  stage.setDoor(server.index, false)
}
