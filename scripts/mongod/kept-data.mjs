import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '../lock-file.mjs'
import { askMember } from './member-commands.mjs'

/**
 * What is remembered beside kept data: the port, because the replica set has it in its configuration, and the process,
 * to recognise a mongod that a crash left behind.
 */
const fileName = 'member.json'
const patienceMs = 15_000

/** @param {string} root */
export async function readPort(root) {
  return (await readRecord(root))?.port ?? null
}

/**
 * @param {string} root
 * @param {{ port: number, pid: number }} member
 */
export async function recordMember(root, { port, pid }) {
  const path = join(root, fileName)
  await writeFile(`${path}.tmp`, JSON.stringify({ port, pid }))
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

/**
 * @param {string} root
 * @returns {Promise<{ port: number, pid: number } | null>}
 */
async function readRecord(root) {
  try {
    const { port, pid } = JSON.parse(await readFile(join(root, fileName), 'utf8'))
    return Number.isInteger(port) && Number.isInteger(pid) ? { port, pid } : null
  } catch {
    return null
  }
}
