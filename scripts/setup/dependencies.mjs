import { readFileSync } from 'node:fs'
import { root } from './folders.mjs'
import { runNpm, reasonIn } from './run-npm.mjs'
import { done, Failure, working } from './say.mjs'

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @param {{ folder?: string, what?: string }} [where] a folder with a package.json and a lock file of its own */
export async function installDependencies({ folder = root, what = 'dependencies' } = {}) {
  const reason = whyStale(folder)
  if (reason === null) {
    done(`${what} up to date`)
    return
  }
  const title = `installing ${what}`
  working(`${title} (${reason}; about a minute)`)
  // --include=dev: the build needs them, whatever NODE_ENV says.
  const quietly = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  let outcome = await runNpm(['ci', ...quietly], { title, cwd: folder })
  // A lock file written behind a mirror lacks what the mirror lacks (packages for other systems), and "npm ci" takes
  // that for a contradiction. "npm install" keeps to the lock, hashes included, and looks up only what is not in it.
  if (outcome.output.includes('EUSAGE'))
    outcome = await runNpm(['install', '--no-save', ...quietly], { title, cwd: folder })
  if (!outcome.isDone)
    throw new Failure(`npm could not install: ${reasonIn(outcome.output)} (run "npm install" in ${folder} to see all)`)
  done(`${what} installed`)
}

/**
 * npm notes what it put into node_modules in a lock file of its own, last of all. Comparing that with ours tells a
 * missing, an interrupted and an outdated install, and one carried over from another kind of machine.
 *
 * @param {string} folder
 */
function whyStale(folder) {
  const wanted = readPackages(`${folder}/package-lock.json`)
  if (wanted === null) throw new Failure('package-lock.json is missing or damaged: restore it from git')
  const present = readPackages(`${folder}/node_modules/.package-lock.json`)
  if (present === null) return 'node_modules is missing or incomplete'
  for (const [path, locked] of Object.entries(wanted)) {
    if (path === '') continue
    const found = present[path]
    if (found === undefined) {
      if (isNeededHere(locked)) return `${path} is missing`
    } else if (found.version !== locked.version || found.integrity !== locked.integrity) {
      return `${path} is not the locked one`
    }
  }
  return null
}

/**
 * npm leaves out optional packages made for other machines. Where its rule is the C library, or a failed install
 * script, it cannot be foretold from here, and "missing" would then mean an install at every start.
 * @param {LockedPackage} locked
 */
function isNeededHere({ optional = false, os, cpu, libc }) {
  if (!optional) return true
  return (
    os !== undefined && libc === undefined && os.includes(process.platform) && (cpu?.includes(process.arch) ?? true)
  )
}

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage> | null}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? null
  } catch {
    return null
  }
}
