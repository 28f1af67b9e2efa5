import { spawn } from 'node:child_process'
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './cache-folder.mjs'
import { lastLine } from './run.mjs'

/** Without a byte for this long the machine is taken to have no way out; the downloader itself would wait minutes. */
const patienceMs = 8_000

const folder = () => join(cacheFolder(), 'official')

/** A binary that an earlier run downloaded. */
export async function findDownloaded() {
  const names = await readdir(folder()).catch(() => [])
  const name = names.find((name) => /^mongod-.*\d(\.exe)?$/.test(name))
  if (name === undefined) return null
  const path = join(folder(), name)
  // While the archive is being unpacked the file is there but not whole; its checksum is written last.
  return access(`${path}.md5`).then(
    () => path,
    () => null,
  )
}

/**
 * The official download, by mongodb-memory-server, in a process of its own: that is what can be ended when it hangs.
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
export function downloadOfficial(log) {
  const downloader = fileURLToPath(new URL('official-download-process.mjs', import.meta.url))
  const env = {
    ...process.env,
    // The downloader checks certificates only when npm says so; outside npm nobody says so.
    npm_config_strict_ssl: 'true',
    MONGOMS_MD5_CHECK: 'true',
    MONGOMS_MAX_RETRIES: '1',
  }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [downloader, folder()], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    let errors = ''
    /** @type {string | undefined} */
    let path
    let isSilent = false
    const giveUp = () => {
      isSilent = true
      child.kill('SIGKILL')
    }
    let patience = setTimeout(giveUp, patienceMs)
    child.on('message', (/** @type {string} */ message) => (path = message))
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      clearTimeout(patience)
      patience = setTimeout(giveUp, patienceMs * 4)
      log(`  ${lastLine(String(text))}`)
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => (errors += text))
    child.once('close', () => {
      clearTimeout(patience)
      if (path !== undefined) resolve(path)
      else
        reject(new Error(isSilent ? 'no answer from the download server' : lastLine(errors) || 'the download failed'))
    })
  })
}
