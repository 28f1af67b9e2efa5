import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endLeftOver, hasData, readRecord, rewriteAddress, writeRecord } from './kept-data.mjs'
import { askMember, findFreePort, host, isPortFree } from './member-commands.mjs'
import { PortTaken, replicaSetName, startMember } from './member.mjs'
import { resolveMongod } from './resolve-binary.mjs'

const primaryPatienceMs = 30_000

/**
 * @typedef {import('./member.mjs').Member} Member
 * @typedef {(folder: string, port: number, options?: { isAlone?: boolean }) => Promise<Member>} StartMember
 *
 * @typedef {object} ReplicaSetOptions
 * @property {number} [nodes] 1 (default) to 3
 * @property {string} [dataDir] keep the data here; without it they are thrown away at stop
 * @property {boolean} [testCommands] opens fail points to tests; never with dataDir
 * @property {number} [cacheGB] of each node, for measures; see member.mjs
 * @property {(ports: readonly number[]) => Promise<readonly number[]>} [before] puts something before the members, and
 *   says by which ports they are reached from then on, by each other as well
 * @property {(line: string) => void} [log]
 */

/**
 * A replica set with a primary that takes writes, on 127.0.0.1 only.
 * @param {ReplicaSetOptions} [options]
 */
export async function startReplicaSet({
  nodes = 1,
  dataDir,
  testCommands = false,
  cacheGB,
  before = async (ports) => ports,
  log = console.log,
} = {}) {
  if (dataDir !== undefined && nodes !== 1) throw new Error('A replica set with kept data has one node')
  const mongod = await resolveMongod({ log })
  /** @type {StartMember} */
  const start = (folder, port, { isAlone = false } = {}) =>
    startMember({
      isAlone,
      mongod,
      folder,
      port,
      isThrowAway: dataDir === undefined,
      testCommands: testCommands && dataDir === undefined,
      ...(cacheGB !== undefined && { cacheGB }),
    })

  const root =
    dataDir === undefined ? await mkdtemp(join(await realpath(tmpdir()), 'portcullis-mongo-')) : resolve(dataDir)
  await mkdir(root, { recursive: true })
  /** @type {Member[]} */
  let members = []
  /** @type {readonly number[]} */
  let ports = []
  const stop = async () => {
    await Promise.all(members.map((member) => member.stop()))
    if (dataDir === undefined) await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  try {
    if (dataDir === undefined) members = await startThrowAway(root, nodes, start)
    else members = [await startKept(root, start, log)]
    ports = await before(members.map(({ port }) => port))
    await formSet(members, ports)
    await waitForPrimary(members)
  } catch (cause) {
    await stop().catch(() => {})
    throw cause
  }
  const hosts = ports.map((port) => `${host}:${port}`).join(',')
  return {
    uri: `mongodb://${hosts}/?replicaSet=${replicaSetName}`,
    members,
    /** The member that takes writes now; after an election it is another one. */
    primary: () => waitForPrimary(members),
    stop,
  }
}

/**
 * @param {string} root
 * @param {number} nodes
 * @param {StartMember} start
 */
async function startThrowAway(root, nodes, start) {
  return Promise.all(
    Array.from({ length: nodes }, async (_, index) => {
      // Somebody else may take a free port before mongod does, so a lost race is tried again.
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await start(join(root, String(index)), await findFreePort())
        } catch (cause) {
          if (!(cause instanceof PortTaken) || attempt === 5) throw cause
        }
      }
    }),
  )
}

/**
 * @param {string} root
 * @param {StartMember} start
 * @param {(line: string) => void} log
 */
async function startKept(root, start, log) {
  await endLeftOver(root, log)
  const stored = await readRecord(root)
  const port = stored !== null && (await isPortFree(stored.port)) ? stored.port : await findFreePort()
  if ((port !== stored?.port || stored.isMoving) && (await hasData(root))) {
    log('mongod: moving to another port, the old one is taken')
    const alone = await start(root, port, { isAlone: true })
    // Noted before and after: cut short in between, the next start does it again.
    await writeRecord(root, { port, pid: alone.pid, isMoving: true })
    await rewriteAddress(port)
    await alone.stop()
  }
  const member = await start(root, port)
  await writeRecord(root, { port, pid: member.pid, isMoving: false })
  return member
}

/**
 * @param {Member[]} members
 * @param {readonly number[]} ports
 */
async function formSet(members, ports) {
  const [first] = members
  if (first === undefined) throw new Error('A replica set has at least one node')
  const isFormed = await askMember(first.port, { replSetGetConfig: 1 }).then(
    () => true,
    () => false,
  )
  if (isFormed) return
  const addresses = ports.map((port, _id) => ({ _id, host: `${host}:${port}` }))
  // Short, so that tests of a fail-over take seconds.
  const settings = { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500, heartbeatTimeoutSecs: 2 }
  await askMember(first.port, { replSetInitiate: { _id: replicaSetName, members: addresses, settings } })
}

/**
 * @param {Member[]} members
 * @returns {Promise<Member>}
 */
async function waitForPrimary(members) {
  for (const deadline = Date.now() + primaryPatienceMs; Date.now() < deadline; await sleep(50)) {
    for (const member of members) {
      const answer = await askMember(member.port, { hello: 1 }, 500).catch(() => null)
      if (answer?.['isWritablePrimary'] === true) return member
    }
  }
  throw new Error(`No member became primary within ${primaryPatienceMs / 1000} s`)
}
