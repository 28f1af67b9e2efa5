import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { done, Failure, working } from './say.mjs'

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

/** The Chromium of this machine, or the one that CHROMIUM names; null where there is none. */
export function findChromium() {
  const { CHROMIUM } = process.env
  if (CHROMIUM) return existsSync(CHROMIUM) ? CHROMIUM : null
  return usual.find((path) => existsSync(path)) ?? null
}

/**
 * The tests of passkeys need a browser. Installed where that is one command and nobody has to be asked: as root of a
 * Debian. Anywhere else the tests say what is missing.
 */
export function prepareChromium() {
  if (findChromium() === null && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) install()
  const path = findChromium()
  done(path === null ? 'Chromium: none here, the tests of passkeys in a browser will fail' : `Chromium: ${path}`)
}

function install() {
  working('installing Chromium')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', ['-qq', '-y', ...args], { env, stdio: 'ignore', timeout: 240_000 }).status === 0
  const isInstalled = apt('install', '--no-install-recommends', 'chromium') || apt('update')
  if (findChromium() === null && isInstalled) apt('install', '--no-install-recommends', 'chromium')
  if (process.env['CI'] && findChromium() === null)
    throw new Failure('Chromium could not be installed: apt-get install chromium')
}
