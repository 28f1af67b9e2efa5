import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeLock } from '../lock-file.mjs'
import { root } from '../setup/folders.mjs'
import { done, Failure } from '../setup/say.mjs'

/** What a developer's server keeps between starts. Deleting it is a clean slate. */
export const dataFolder = join(root, '.data')

/** Two servers on the same data would fight for the database. Returns what gives the folder back. */
export function takeDataFolder() {
  mkdirSync(dataFolder, { recursive: true })
  chmodSync(dataFolder, 0o700)
  const lock = takeLock(join(dataFolder, 'start.lock'))
  if (lock.holder === null) return lock.release
  throw new Failure(`"npm start" already runs here as process ${lock.holder}: stop that one first`)
}

/** The secret under which keys are sealed in the database. It is useless without the data beside it, and they without it. */
export function createLocalSecret() {
  const path = join(dataFolder, 'secret')
  if (existsSync(path)) {
    const secret = readFileSync(path, 'utf8').trim()
    if (secret !== '') return secret
  }
  const secret = randomBytes(32).toString('base64')
  writeFileSync(path, `${secret}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
  done('secret created in .data/secret')
  return secret
}
