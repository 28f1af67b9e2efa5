import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { root } from '../setup/folders.mjs'
import { done } from '../setup/say.mjs'

/**
 * Kept under the time of now, beside what the machine is.
 * @param {Record<string, unknown>} results
 * @param {string} [name] of the measure, where it is not the whole bench
 */
export async function writeResults(results, name) {
  const at = new Date().toISOString()
  const machine = {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  }
  const folder = join(root, 'bench', 'results')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${name === undefined ? '' : `${name}-`}${at.replaceAll(':', '-')}.json`)
  await writeFile(path, `${JSON.stringify({ at, machine, ...results }, null, 2)}\n`)
  done(`written to ${relative(root, path)}`)
}
