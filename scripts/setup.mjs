/**
 * Everything between a fresh clone and a program that starts; run before `npm start` and `npm test`. It uses nothing
 * but Node, because it is what installs the rest. With nothing to do it takes a fraction of a second.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { takeLock } from './lock-file.mjs'
import { prepareArgon2 } from './setup/argon2.mjs'
import { build, isBuilt } from './setup/build.mjs'
import { prepareChromium } from './setup/chromium.mjs'
import { installDependencies } from './setup/dependencies.mjs'
import { root } from './setup/folders.mjs'
import { done, fail, Failure, working } from './setup/say.mjs'

const oldestNode = [20, 19]
/** Only tests need them: whoever just wants to start is spared a hundred megabytes and their licence. */
const withExamples = process.argv.includes('--examples')
/** Only the bench needs them. */
const withPeers = process.argv.includes('--peers')

try {
  checkNode()
  // An image brings its build; whoever started it wants it up, not compiled.
  if (process.env['NODE_ENV'] === 'production' && isBuilt()) done('production: using the build that is here')
  else await setUp()
} catch (cause) {
  if (!(cause instanceof Failure)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new Failure(`Node ${process.versions.node} is too old: install Node ${oldestNode.join('.')} or newer`)
}

async function setUp() {
  const lock = await waitForLock()
  try {
    const chromium = withExamples ? prepareChromium() : null
    await installDependencies()
    await prepareArgon2()
    await build()
    // After ours: they use the same copy of graphql.
    if (withExamples) {
      await installDependencies({ folder: join(root, 'examples', 'federation'), what: 'packages of the example' })
    }
    if (withPeers) await installDependencies({ folder: join(root, 'bench', 'peers'), what: 'packages of the bench' })
    await chromium
  } finally {
    lock.release()
  }
}

/** `npm start` and `npm test` at once in a fresh clone: two installs in one folder would destroy each other's work. */
async function waitForLock() {
  mkdirSync(`${root}/.data`, { recursive: true, mode: 0o700 })
  for (let isTold = false; ; await sleep(250)) {
    const lock = takeLock(`${root}/.data/setup.lock`)
    if (lock.holder === null) return lock
    if (!isTold) working(`waiting for another set-up (process ${lock.holder})`)
    isTold = true
  }
}
