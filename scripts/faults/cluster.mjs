import { setTimeout as sleep } from 'node:timers/promises'
import { mongo } from 'mongoose'
import { askMember, host } from '../mongod/member-commands.mjs'
import { startReplicaSet } from '../mongod.mjs'
import { startLinks } from './links.mjs'

/** @typedef {Awaited<ReturnType<typeof startCluster>>} Cluster */

const electionPatienceMs = 60_000

/**
 * Three members that can be killed and started again on their data, frozen, and cut off from each other.
 * @param {{ log: (line: string) => void }} options
 */
export async function startCluster({ log }) {
  /** @type {import('./links.mjs').Links | undefined} */
  let links
  const replicaSet = await startReplicaSet({
    nodes: 3,
    // With it each member says who it is when it connects to another one.
    testCommands: true,
    log,
    async before(ports) {
      links = await startLinks(ports)
      return links.ports
    },
  })
  if (links === undefined) throw new Error('A replica set asks for what comes before its members')
  const { members } = replicaSet
  const all = [...members.keys()]
  /** @type {Set<number>} */
  const dead = new Set()

  /** @param {number} index */
  function member(index) {
    const found = members[index]
    if (found === undefined) throw new RangeError(`There is no member ${index}`)
    return found
  }

  /**
   * The member that takes writes and has a majority that knows it, whoever else believes to be one.
   * @param {(index: number) => boolean} isCandidate
   * @param {number} patienceMs
   */
  async function findPrimary(isCandidate = () => true, patienceMs = electionPatienceMs) {
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(20)) {
      for (const index of all) {
        if (dead.has(index) || !isCandidate(index)) continue
        const hello = await askMember(member(index).port, { hello: 1 }, 2_000).catch(() => null)
        if (hello?.['isWritablePrimary'] === true) return index
      }
    }
    throw new Error(`No member became primary within ${patienceMs / 1000} s`)
  }

  return {
    uri: replicaSet.uri,
    links,
    all,
    primary: findPrimary,
    /** @param {number} index */
    async kill(index) {
      dead.add(index)
      await member(index).kill()
    },
    /** @param {number} index */
    async restart(index) {
      await member(index).restart()
      dead.delete(index)
    },
    /** @param {number} index */
    pause: (index) => member(index).pause(),
    /** @param {number} index */
    resume: (index) => member(index).resume(),
    /** All members up, none cut off, all of them of one mind, and nobody far behind. */
    async settle() {
      links?.heal()
      links?.undeafen()
      const down = [...dead]
      for (const index of down) await this.restart(index)
      await findPrimary()
      for (const deadline = performance.now() + electionPatienceMs; performance.now() < deadline; await sleep(50)) {
        if (await isSettled(members[0]?.port ?? 0)) return
      }
      throw new Error(`The replica set did not settle within ${electionPatienceMs / 1000} s`)
    },
    /** To all members, past the proxies: for whoever looks and does not take part. */
    connectDirectly() {
      const ports = members.map(({ port }) => port)
      return connectToPrimary(ports)
    },
    async stop() {
      for (const index of all) if (!dead.has(index)) member(index).resume()
      await replicaSet.stop()
      await links?.close()
    },
  }
}

/** @param {number} port */
async function isSettled(port) {
  const status = await askMember(port, { replSetGetStatus: 1 }).catch(() => null)
  /** @type {{ state: number }[]} */
  const members = status?.['members'] ?? []
  return (
    members.length === 3 &&
    members.filter(({ state }) => state === 1).length === 1 &&
    members.filter(({ state }) => state === 2).length === 2
  )
}

/** @param {readonly number[]} ports */
async function connectToPrimary(ports) {
  for (const port of ports) {
    const client = new mongo.MongoClient(`mongodb://${host}:${port}`, {
      directConnection: true,
      serverSelectionTimeoutMS: 2_000,
    })
    const hello = await client
      .db('admin')
      .command({ hello: 1 })
      .catch(() => null)
    if (hello?.['isWritablePrimary'] === true) return client
    await client.close()
  }
  throw new Error('There is no primary')
}
