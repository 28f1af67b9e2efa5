import { setTimeout as sleep } from 'node:timers/promises'
import { questions } from '../questions.mjs'
import { createProbe, someLoad } from './load.mjs'

/**
 * @typedef {import('../stage.mjs').Stage} Stage
 * @typedef {import('../scenarios.mjs').Run} Run
 */

/** @type {readonly import('../scenarios.mjs').Scenario[]} */
export const databaseScenarios = [
  {
    name: 'primary-killed',
    title: 'the primary is killed -9 at a random moment',
    faults: 50,
    ciFaults: 1,
    async inject(stage, run) {
      await someLoad(stage, 1_500)
      await killPrimary(stage, run, await stage.cluster.primary())
    },
  },
  {
    name: 'primary-killed-between',
    title:
      'the primary is killed -9 between a write and its answer, or between a refresh and the reading of why it failed',
    faults: 30,
    ciFaults: 1,
    async inject(stage, run) {
      const point = stage.chance.weighted([
        [3, /** @type {const} */ ('verdict-read')],
        [3, /** @type {const} */ ('rotation-answered')],
        [2, /** @type {const} */ ('commit-answered')],
        [1, /** @type {const} */ ('end-answered')],
      ])
      const held = await stage.cluster.links.hold(point, 20_000)
      if (held === null) return run.missed(point)
      const killed = killPrimary(stage, run, held.member)
      await sleep(20)
      held.release()
      await killed
    },
  },
  {
    name: 'primary-cut-off',
    title: 'the primary is cut off from its majority, and instances still reach it',
    faults: 20,
    ciFaults: 1,
    async inject(stage, run) {
      const { cluster, chance } = stage
      await someLoad(stage, 1_000)
      const old = await cluster.primary()
      const cutAt = stage.now()
      // Frozen for a while as well: then it wakes up as a primary that does not know what has happened meanwhile.
      const isFrozen = chance.happens(0.4)
      const probe = await createProbe(stage, `probe${stage.history.operations.length}`)
      const device = await probe.signIn()
      cluster.links.isolate(old)
      const hurried = isFrozen ? [] : askTwice(stage, probe, device)
      if (isFrozen) cluster.pause(old)
      await cluster.primary((index) => index !== old)
      const electionMs = stage.now() - cutAt
      if (isFrozen) cluster.resume(old)
      run.recovered(await stage.recovery(cutAt), electionMs)
      await sleep(chance.between(200, 1_500))
      await cluster.settle()
      await Promise.all(hurried)
    },
  },
  {
    name: 'secondary-killed',
    title: 'a secondary is killed -9 at a random moment',
    faults: 20,
    ciFaults: 1,
    async inject(stage, run) {
      const { cluster, chance } = stage
      await someLoad(stage, 1_000)
      const primary = await cluster.primary()
      const killedAt = stage.now()
      const index = chance.pick(cluster.all.filter((each) => each !== primary))
      await cluster.kill(index)
      run.recovered(await stage.recovery(killedAt))
      await sleep(chance.between(100, 500))
      await cluster.settle()
    },
  },
  {
    name: 'secondary-behind',
    title: 'a secondary gets nothing new for a while, and answers as if it did',
    faults: 20,
    ciFaults: 1,
    async inject(stage, run) {
      const { cluster, chance } = stage
      const primary = await cluster.primary()
      const behind = chance.pick(cluster.all.filter((each) => each !== primary))
      const cutAt = stage.now()
      for (const other of cluster.all) if (other !== behind) cluster.links.cut(`member ${behind}`, other)
      run.recovered(await stage.recovery(cutAt))
      await sleep(chance.between(1_500, 3_000))
      await cluster.settle()
    },
  },
  {
    name: 'database-gone',
    title: 'all members are gone for a while: killed, or frozen so that nobody answers',
    faults: 10,
    ciFaults: 1,
    async inject(stage, run) {
      const { cluster, chance } = stage
      await someLoad(stage, 500)
      const isFrozen = chance.happens(0.5)
      for (const index of cluster.all) await (isFrozen ? cluster.pause(index) : cluster.kill(index))
      await sleep(chance.between(3_000, 5_000))
      const backAt = stage.now()
      if (isFrozen) for (const index of cluster.all) cluster.resume(index)
      else await Promise.all(cluster.all.map((index) => cluster.restart(index)))
      await cluster.primary()
      run.recovered(await stage.recovery(backAt), stage.now() - backAt)
      await cluster.settle()
    },
  },
]

/**
 * A change that a primary without a majority has made and cannot keep, asked for again at once and elsewhere: what is
 * already there must not be taken for what stays.
 * @param {Stage} stage
 * @param {Awaited<ReturnType<typeof createProbe>>} probe
 * @param {import('../client.mjs').Device} device
 */
function askTwice({ officer }, { client, userId, turnTo }, { sessionId, refreshToken }) {
  return [0, 1].map(async (index) => {
    await sleep(index * 400)
    turnTo(index)
    const question = { query: questions.signOut, variables: { token: refreshToken } }
    // The first one begins with its own server and stays with it.
    const signingOut = client.askUntilTold('sign-out', question, { userId, sessionId })
    await Promise.all([signingOut, officer.suspend(userId)])
  })
}

/**
 * @param {Stage} stage
 * @param {Run} run
 * @param {number} index
 */
async function killPrimary({ cluster, chance, now, recovery }, run, index) {
  const killedAt = now()
  await cluster.kill(index)
  await cluster.primary()
  const electionMs = now() - killedAt
  run.recovered(await recovery(killedAt), electionMs)
  await sleep(chance.between(100, 800))
  await cluster.settle()
}
