import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { notes, root } from './folders.mjs'
import { runNpm } from './run-npm.mjs'
import { done, Failure, working } from './say.mjs'

/**
 * The shipped argon2 is compiled for the oldest CPU of its kind; compiled for this one it hashes nearly twice as much
 * in the same time, and hashing is what a sign-in costs. node-gyp-build takes build/Release before prebuilds/, so
 * putting a binary there is all it takes to use it.
 *
 * Such a binary kills the process on a CPU that lacks an instruction (SIGILL), and the shipped one may not load on
 * this Node at all (the one of 0.45 wants Node-API 10 and crashes Node 20). So each is tried in a process of its own
 * before it is relied upon, and the note says which machine that was.
 *
 * @typedef {'compiled for this machine' | 'compiled, without tuning' | 'shipped'} Kind
 */
const packageFolder = join(root, 'node_modules', 'argon2')
const buildFolder = join(packageFolder, 'build')
const note = join(notes, 'argon2.json')
const compileMs = 180_000

export async function prepareArgon2() {
  const machine = describeMachine()
  const known = readNote()
  if (known !== null && known.machine === machine && existsSync(buildFolder) === (known.kind !== 'shipped')) {
    done(`argon2: ${known.kind}`)
    return
  }
  // A binary tuned for another CPU must not even be tried as the fallback.
  if (known?.kind === 'compiled for this machine') rmSync(buildFolder, { recursive: true, force: true })
  const kind = (await compile()) ?? takeWhatIsHere()
  mkdirSync(notes, { recursive: true })
  writeFileSync(note, JSON.stringify({ machine, kind }))
  done(`argon2: ${kind}`)
}

/** @returns {Promise<Kind | null>} */
async function compile() {
  if (!hasCompiler()) return null
  const title = 'compiling argon2 for this machine'
  working(title)
  // Beside the one in use, which stays until the new one has proven itself; gyp finds node-addon-api from here too.
  const workshop = join(notes, 'argon2-build')
  rmSync(workshop, { recursive: true, force: true })
  cpSync(packageFolder, workshop, { recursive: true, filter: (path) => path !== buildFolder })
  try {
    const flags = '-O3 -march=native'
    const env = { CFLAGS: flags, CXXFLAGS: flags, ...headersOfThisNode() }
    const { isDone } = await runNpm(['exec', '--call', 'node-gyp rebuild'], {
      title,
      cwd: workshop,
      env,
      timeoutMs: compileMs,
    })
    if (!isDone || !works(workshop)) {
      done('argon2: could not be compiled here, so not tuned for this machine')
      return null
    }
    rmSync(buildFolder, { recursive: true, force: true })
    mkdirSync(join(buildFolder, 'Release'), { recursive: true })
    renameSync(join(workshop, 'build', 'Release', 'argon2.node'), join(buildFolder, 'Release', 'argon2.node'))
    return 'compiled for this machine'
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
}

/** @returns {Kind} */
function takeWhatIsHere() {
  // npm compiles a plain one while installing where the shipped one does not load.
  if (existsSync(buildFolder)) {
    if (works(packageFolder)) return 'compiled, without tuning'
    rmSync(buildFolder, { recursive: true, force: true })
  }
  if (works(packageFolder)) return 'shipped'
  throw new Failure(
    `argon2 has no binary for Node ${process.versions.node} on ${process.platform} ${process.arch}: install a C++ compiler, make and python3, then run this again`,
  )
}

function hasCompiler() {
  if (process.platform === 'win32') return false
  const commands = [
    ['make', '--version'],
    ['python3', '--version'],
    [process.env['CXX'] ?? 'c++', '--version'],
  ]
  return commands.every(([command = '', ...args]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0)
}

/** node-gyp would download them; most installations brought them along. */
function headersOfThisNode() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? { npm_config_nodedir: prefix } : {}
}

/**
 * It loads, and it computes what argon2 is: a wrong hash would lock everybody out later.
 * @param {string} folder
 */
function works(folder) {
  const trial = fileURLToPath(new URL('argon2-trial.cjs', import.meta.url))
  return spawnSync(process.execPath, [trial, folder], { stdio: 'ignore', timeout: 30_000 }).status === 0
}

function describeMachine() {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  const node = `${process.platform} ${process.arch} node ${process.versions.node.split('.')[0]}`
  return `argon2 ${version}, ${node}, ${cpus()[0]?.model ?? ''}, ${cpuFlags()}`
}

/** Two machines may share a model name and not the instructions, virtual ones above all. */
function cpuFlags() {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8')
    return (
      /^(?:flags|Features)\s*: (.*)$/m
        .exec(text)?.[1]
        ?.match(/avx\w*|sve\w*|asimd\w*|bmi\d|fma|gfni|vaes/g)
        ?.join(' ') ?? ''
    )
  } catch {
    return ''
  }
}

/** @returns {{ machine: string, kind: Kind } | null} */
function readNote() {
  try {
    return JSON.parse(readFileSync(note, 'utf8'))
  } catch {
    return null
  }
}
