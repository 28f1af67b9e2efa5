import { setTimeout as pause } from 'node:timers/promises'
import { createCount, watchMemory } from './count.mjs'
import { judge } from './judge.mjs'
import { createLane } from './lane.mjs'
import { startProbe } from './probe.mjs'
import { requestFor } from './requests.mjs'
import { setStage } from './stage.mjs'

/**
 * @typedef {import('./stage.mjs').Finding} Finding
 * @typedef {import('./stage.mjs').Mode} Mode
 * @typedef {import('./wire.mjs').Exchange} Exchange
 *
 * @typedef {object} Options
 * @property {string} mongodbUri a replica set; the run makes a database of its own on it and drops it
 * @property {number} seed
 * @property {number} requests
 * @property {number} [first] the number of the first of them
 * @property {number} [lanes] how many at once
 * @property {readonly Mode[]} [modes]
 * @property {readonly string[]} [imports] modules that the servers load first: faults, planted to be found
 * @property {number} [patienceMs] how long an answer may take; what the server itself gives a request to arrive, and more
 * @property {number} [mostFindings] after so many it stops
 * @property {AbortSignal} [signal] ends it early; what was seen until then is told
 * @property {(finding: Finding) => void} [onFinding] at once, should the run be cut short
 * @property {(progress: { done: number, perSecond: number, findings: number }) => void} [onProgress]
 */

/**
 * Sends so many hostile requests of a seed, and answers with what went wrong and with what it saw.
 * @param {Options} options
 */
export async function hunt(options) {
  const {
    mongodbUri,
    seed,
    requests,
    first = 0,
    lanes = 64,
    imports = [],
    mostFindings = 20,
    onProgress = () => {},
  } = options
  const { modes = ['open', 'production'], onFinding = () => {}, patienceMs, signal } = options
  /** @type {Finding[]} */
  const findings = []
  let isOver = false
  const find = (/** @type {Finding} */ finding) => {
    findings.push(finding)
    onFinding(finding)
    if (findings.length >= mostFindings) isOver = true
  }
  const { servers, world, secrets, given, strike } = await setStage({ mongodbUri, modes, imports, find })
  const known = { secrets, given, codes: await readCodes() }
  const count = createCount()
  const watches = servers.map((server) => ({
    name: server.name,
    memory: watchMemory(server),
    probe: startProbe(server.port),
  }))
  /** @type {Set<number>} */
  const underWay = new Set()
  for (const { name, ended } of servers) {
    void ended.then((detail) => {
      if (isOver) return
      find({
        what: 'crash',
        detail,
        number: null,
        kind: 'process',
        server: name,
        sent: `under way: ${[...underWay].join(' ')}`,
        got: '',
      })
      isOver = true
    })
  }

  const startedAt = performance.now()
  const secondsSoFar = () => (performance.now() - startedAt) / 1_000
  let next = first
  const isGoingOn = () => !isOver && signal?.aborted !== true && next < first + requests
  const work = Array.from({ length: Math.min(lanes, requests) }, async (_, index) => {
    const ways = servers.map((server) => ({
      server,
      lane: createLane({ port: server.port, address: addressOf(index), patienceMs }),
    }))
    while (isGoingOn()) {
      const number = next++
      const way = ways[number % ways.length]
      if (way === undefined) break
      const exchange = requestFor(seed, number, world)
      underWay.add(number)
      const outcome = await way.lane.exchange(exchange)
      // A server that has crashed is known to have, moments later.
      if (outcome.end === 'closed') await pause(500)
      underWay.delete(number)
      // What a server does not answer because it has ended is the end's fault.
      if (isOver) break
      count.add(exchange, outcome, number)
      for (const fault of judge(exchange, outcome, known)) {
        const got = outcome.answers.map(({ head, body }) => `${head}\n\n${body.slice(0, 2_000)}`).join('\n\n')
        find({ ...fault, number, kind: exchange.kind, server: way.server.name, sent: textOf(exchange), got })
      }
      if (count.done % 500 === 0)
        onProgress({ done: count.done, perSecond: count.done / secondsSoFar(), findings: findings.length })
    }
    for (const { lane } of ways) lane.close()
  })
  await Promise.all(work)
  const seconds = secondsSoFar()
  isOver = true
  const seen = await Promise.all(
    watches.map(async ({ name, memory, probe }) => ({ name, ...memory.stop(), probeMs: await probe.stop() })),
  )
  await strike()
  return { findings, seconds, servers: seen, tokens: given.count, ...count.summary() }
}

/** A client of its own for each lane: what is counted by network is not all counted together. @param {number} index */
function addressOf(index) {
  return `127.0.${1 + (index >> 7)}.${1 + (index & 127)}`
}

/** The codes that an error can have, from the server itself. @returns {Promise<ReadonlySet<string>>} */
async function readCodes() {
  const { wireCodes } = await import('../../dist/graphql/errors.js')
  return new Set(wireCodes)
}

/** @param {Exchange} exchange */
function textOf({ parts }) {
  const text = Buffer.concat(parts).toString('latin1')
  return text.length > 6_000 ? `${text.slice(0, 6_000)}… (${text.length} bytes)` : text
}
