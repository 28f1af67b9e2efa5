import { access, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../lock-file.mjs'
import { askMember, host, withMember } from './member-commands.mjs'

/**
 * What is remembered beside kept data: the port, because the replica set has it in its configuration, and the process,
 * to recognise a mongod that a crash left behind.
 */
const fileName = 'member.json'
const patienceMs = 15_000

/**
 * @typedef {object} MemberRecord
 * @property {number} port
 * @property {number} pid
 * @property {boolean} isMoving its data may still name another port
 */

/**
 * @param {string} root
 * @param {MemberRecord} record
 */
export async function writeRecord(root, record) {
  const path = join(root, fileName)
  await writeFile(`${path}.tmp`, JSON.stringify(record))
  await rename(`${path}.tmp`, path)
}

/**
 * Two mongod on the same data would be refused by its lock file, so an old one is ended first. It must answer on the
 * recorded port and name our folder: the recorded pid alone may by now belong to anybody.
 * @param {string} root
 * @param {(line: string) => void} log
 */
export async function endLeftOver(root, log) {
  const record = await readRecord(root)
  if (record === null || !isAlive(record.pid)) return
  const options = await askMember(record.port, { getCmdLineOpts: 1 }, 2_000).catch(() => null)
  if (options?.['parsed']?.storage?.dbPath !== join(root, 'db')) return
  log(`mongod: ending the one an earlier run left behind (process ${record.pid})`)
  await askMember(record.port, { shutdown: 1, force: true, timeoutSecs: 0 }).catch(() => {})
  for (const deadline = Date.now() + patienceMs; isAlive(record.pid) && Date.now() < deadline;) await sleep(50)
  // It proved above that it is ours, and it did not go when asked.
  if (isAlive(record.pid)) process.kill(record.pid, 'SIGKILL')
}

/** @param {string} root */
export function hasData(root) {
  return access(join(root, 'db', 'WiredTiger')).then(
    () => true,
    () => false,
  )
}

/**
 * The replica set has its own address stored. Starting as a member it would look for itself at the old one, where
 * something else may listen and never answer, so the address is changed while it runs alone.
 * @param {number} port of the member, running alone
 */
export function rewriteAddress(port) {
  return withMember(port, patienceMs, (client) =>
    client
      .db('local')
      .collection('system.replset')
      .updateOne({}, { $set: { 'members.0.host': `${host}:${port}` } }),
  )
}

/**
 * @param {string} root
 * @returns {Promise<MemberRecord | null>}
 */
export async function readRecord(root) {
  try {
    const { port, pid, isMoving } = JSON.parse(await readFile(join(root, fileName), 'utf8'))
    return Number.isInteger(port) && Number.isInteger(pid) ? { port, pid, isMoving: isMoving === true } : null
  } catch {
    return null
  }
}
