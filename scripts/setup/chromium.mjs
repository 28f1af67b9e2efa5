import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { done, working } from './say.mjs'

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
 * The tests of passkeys need a browser. It is installed where that is one command and nobody has to be asked: as root of
 * a Debian. Anywhere else those tests fail and say what is missing. Downloads while the rest of the set-up computes.
 */
export async function prepareChromium() {
  if (findChromium() === null && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    working('installing Chromium')
    // A list of packages that is missing or old is what the first attempt fails by.
    if (!(await install())) await apt('update').then(install)
  }
  const path = findChromium()
  done(path === null ? 'Chromium: none here; its tests will fail, and say what to do' : `Chromium: ${path}`)
}

const install = () => apt('install', '--no-install-recommends', 'chromium')

/** @param {string[]} args */
async function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = spawn('apt-get', ['-qq', '-y', ...args], { env, stdio: 'ignore', timeout: 240_000 })
  const [code] = await once(child, 'exit').catch(() => [1])
  return code === 0
}
