import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * "One process at a time", kept in a file that names the holder. A lock whose holder is gone is taken over, otherwise
 * one killed run would block every later one.
 */

/**
 * @param {string} path
 * @returns {{ holder: null, release: () => void } | { holder: number }} the holder is another, living process
 */
export function takeLock(path) {
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) }))
  try {
    for (;;) {
      if (linkOnce(mine, path)) return { holder: null, release: () => rmSync(path, { force: true }) }
      const holder = readHolder(path)
      if (holder !== null && isSameProcess(holder)) return { holder: holder.pid }
      removeStale(path, holder)
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // EPERM: it is there, it only belongs to somebody else.
    return codeOf(cause) === 'EPERM'
  }
}

/**
 * Linking is the decision: of many who try, the file system lets one.
 * @param {string} from
 * @param {string} to
 */
function linkOnce(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false
    throw cause
  }
}

/**
 * Between our look and this call somebody else may have taken the stale lock over; theirs is put back.
 * @param {string} path
 * @param {{ pid: number } | null} seen
 */
function removeStale(path, seen) {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return
    throw cause
  }
  if (readHolder(aside)?.pid !== seen?.pid) linkOnce(aside, path)
  rmSync(aside, { force: true })
}

/**
 * @param {string} path
 * @returns {{ pid: number, birth: string } | null}
 */
function readHolder(path) {
  try {
    const { pid, birth } = JSON.parse(readFileSync(path, 'utf8'))
    return Number.isInteger(pid) ? { pid, birth: String(birth) } : null
  } catch {
    return null
  }
}

/** @param {{ pid: number, birth: string }} holder */
function isSameProcess({ pid, birth }) {
  return isAlive(pid) && birthOf(pid) === birth
}

/**
 * When it started. Process numbers repeat, in a container after every restart, and a stranger with the number of a
 * dead holder would hold its lock for ever. Where the system does not tell, the number must do.
 * @param {number} pid
 */
function birthOf(pid) {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The second field is a name and may hold spaces and brackets; the start time is the 20th after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return `${boot} ${fields?.[19]}`
  } catch {
    return ''
  }
}

/** @param {unknown} cause */
function codeOf(cause) {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
