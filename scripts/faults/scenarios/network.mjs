import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf } from '../client.mjs'
import { questions } from '../questions.mjs'
import { createProbe, serverOf, someLoad, untilReady } from './load.mjs'

/**
 * @typedef {import('../stage.mjs').Stage} Stage
 * @typedef {import('../scenarios.mjs').Run} Run
 */

const hourMs = 3_600_000

/** @type {readonly import('../scenarios.mjs').Scenario[]} */
export const networkScenarios = [
  {
    name: 'bad-network',
    title: 'between clients and instances answers are late, lost or half',
    faults: 20,
    ciFaults: 1,
    async inject(stage, run) {
      const { chance } = stage
      stage.setWeather({
        delays: 0.3,
        longestDelayMs: 300,
        cuts: chance.between(0, 0.1),
        halves: chance.between(0, 0.15),
      })
      await sleep(chance.between(2_000, 4_000))
      const calmAt = stage.now()
      stage.setWeather(null)
      run.recovered(await stage.recovery(calmAt))
    },
  },
  {
    name: 'instance-cut-off',
    title: 'an instance no longer reaches the primary, and nobody tells it so',
    faults: 20,
    ciFaults: 1,
    async inject(stage, run) {
      const { cluster, chance } = stage
      await someLoad(stage, 500)
      const primary = await cluster.primary()
      cluster.links.cut(`server ${chance.below(2)}`, primary)
      await sleep(chance.between(1_000, 4_000))
      const healedAt = stage.now()
      cluster.links.heal()
      run.recovered(await stage.recovery(healedAt))
      await Promise.all(stage.servers.map((server) => untilReady(stage, server)))
    },
  },
  {
    name: 'revocation',
    title: 'a session is ended at one instance and used at the other one',
    faults: 500,
    ciFaults: 6,
    async inject(stage, run) {
      if (await revokeAndWatch(stage, run)) run.recovered()
      else run.missed('end-answered')
    },
  },
  {
    name: 'stream-lost',
    title: 'the same while the other instance gets nothing of the change stream',
    faults: 50,
    ciFaults: 2,
    async inject(stage, run) {
      const isDone = await revokeAndWatch(stage, run, (watching) => stage.cluster.links.deafen(watching))
      stage.cluster.links.undeafen()
      if (isDone) run.recovered()
      else run.missed('end-answered')
    },
  },
  {
    name: 'clock-wrong',
    title: 'the clock of an instance is an hour off, from its start or all of a sudden',
    faults: 8,
    ciFaults: 2,
    async inject(stage, run) {
      const offMs = stage.chance.happens(0.5) ? hourMs : -hourMs
      await startWithWrongClock(stage, run, offMs)
      run.recovered()
    },
  },
]

/**
 * The refusals themselves are judged by the history; here they are timed. False when the session was not ended.
 * @param {Stage} stage
 * @param {Run} run
 * @param {(watching: number) => void} [hinder]
 */
async function revokeAndWatch(stage, run, hinder) {
  const ending = stage.chance.below(2)
  const watching = 1 - ending
  const probe = await createProbe(stage, `probe${stage.history.operations.length}`)
  const kept = await probe.signIn()
  const ended = await probe.signIn()
  probe.turnTo(watching)
  // Until the other instance remembers the caller: what it remembers is what may be out of date.
  for (let looks = 0; looks < 3; looks += 1) await probe.client.me(ended)
  hinder?.(watching)
  probe.turnTo(ending)
  const question = { query: questions.revoke, variables: { id: ended.sessionId }, token: kept.accessToken }
  const about = { userId: probe.userId, sessionId: ended.sessionId, askedBy: kept.sessionId }
  const { outcome } = await probe.client.askUntilTold('revoke', question, about)
  if (outcome !== 'ok') return false
  const endedAt = stage.now()
  probe.turnTo(watching)
  let lastGivenAt = endedAt
  for (const until = endedAt + (hinder === undefined ? 400 : 2_500); stage.now() < until; await sleep(5)) {
    const askedAt = stage.now()
    if ((await probe.client.me(ended)).outcome === 'ok') lastGivenAt = askedAt
    // The session that was kept must still be usable without the stream.
    if (hinder !== undefined) await probe.client.me(kept)
  }
  run.timed('last answer after the end', lastGivenAt - endedAt)
  return true
}

/**
 * @param {Stage} stage
 * @param {Run} run
 * @param {number} offMs
 */
async function startWithWrongClock(stage, run, offMs) {
  const index = stage.chance.below(2)
  const server = serverOf(stage, index)
  const probe = await createProbe(stage, `probe${stage.history.operations.length}`)
  probe.turnTo(1 - index)
  const device = await probe.signIn()
  stage.setDoor(index, false)
  await server.end('SIGTERM')
  await server.start({ FAULTS_CLOCK_MS: String(offMs) })
  probe.turnTo(index)
  if (await stage.isReady(server.port)) run.violated(`server ${index} is ready with a clock ${offMs} ms off`)
  await expectUnavailable(probe, device, run)
  await server.end('SIGTERM')

  // Right at first, then wrong all of a sudden, while it is used.
  await server.start({ FAULTS_CLOCK_JUMP_MS: String(offMs) })
  await untilReady(stage, server)
  stage.setDoor(index, true)
  await sleep(500)
  server.signal('SIGUSR2')
  for (const until = stage.now() + 15_000; (await stage.isReady(server.port)) && stage.now() < until;) await sleep(50)
  if (await stage.isReady(server.port)) run.violated(`server ${index} stays ready with a clock ${offMs} ms off`)
  await expectUnavailable(probe, device, run)
  server.signal('SIGUSR2')
  await untilReady(stage, server)
}

/**
 * @param {Awaited<ReturnType<typeof createProbe>>} probe
 * @param {import('../client.mjs').Device} device
 * @param {Run} run
 */
async function expectUnavailable(probe, device, run) {
  const { client, userId, input } = probe
  const { sessionId } = device
  const asked = [
    await client.askOnce('sign-in', { query: questions.signIn, variables: { input } }, { userId, password: 'right' }),
    await client.askOnce(
      'refresh',
      { query: questions.refresh, variables: { token: device.refreshToken } },
      { userId, sessionId, presented: digestOf(device.refreshToken) },
    ),
    await client.askOnce('me', { query: questions.me, token: device.accessToken }, { userId, sessionId }),
  ]
  for (const { told, operation } of asked) {
    if (told.outcome === 'unavailable') continue
    run.violated(`with a wrong clock ${operation.kind} was answered: ${told.outcome} ${told.code ?? ''}`)
  }
}
