import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { takeLock } from '../lock-file.mjs'

/** The user's cache folder for this project, by the custom of the platform. */
export function cacheFolder() {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'portcullis')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'portcullis')
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'portcullis', 'cache')
  return join(homedir(), '.cache', 'portcullis')
}

/**
 * Builds a folder beside its final place and moves it there whole, so that a reader never sees half of it. The caller
 * holds the lock.
 * @param {string} folder
 * @param {(building: string) => Promise<void>} build
 * @param {(unfinished: string) => Promise<void>} letGo ends what a killed run may have left running in its folder
 */
export async function putFolderInPlace(folder, build, letGo) {
  const building = `${folder}.${process.pid}.tmp`
  try {
    await removeUnfinished(folder, letGo)
    await mkdir(building, { recursive: true })
    await build(building)
    await rm(folder, { recursive: true, force: true })
    await rename(building, folder)
  } catch (cause) {
    await letGo(building)
    await rm(building, { recursive: true, force: true })
    throw cause
  }
}

/**
 * What killed runs left half built can be large. Only the holder of the lock comes here, so nobody is building now.
 * @param {string} folder
 * @param {(unfinished: string) => Promise<void>} letGo
 */
async function removeUnfinished(folder, letGo) {
  const [parent, name] = [dirname(folder), basename(folder)]
  for (const entry of await readdir(parent).catch(() => [])) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith('.tmp')) continue
    await letGo(join(parent, entry))
    await rm(join(parent, entry), { recursive: true, force: true })
  }
}

/**
 * One process at a time: a second one waits for the first and then finds its work done.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @param {(holder: number) => void} [onWait]
 * @returns {Promise<T>}
 */
export async function withCacheLock(name, work, onWait) {
  await mkdir(cacheFolder(), { recursive: true })
  const path = join(cacheFolder(), `${name}.lock`)
  let lock = takeLock(path)
  if (lock.holder !== null) onWait?.(lock.holder)
  for (; lock.holder !== null; lock = takeLock(path)) await sleep(250)
  try {
    return await work()
  } finally {
    lock.release()
  }
}
