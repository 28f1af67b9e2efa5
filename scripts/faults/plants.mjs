import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../setup/folders.mjs'
import { Failure } from '../setup/say.mjs'

/**
 * Faults to build into a copy of the built service, so that it can be seen that a run finds them.
 * @typedef {object} Plant
 * @property {string} name
 * @property {string} title
 * @property {string} foundBy the scenario that finds it
 * @property {readonly { file: string, replace: string, by: string }[]} patches in dist; each text must be there
 */

/** @type {readonly Plant[]} */
export const plants = []

/**
 * Where the service to run is: the one that is built, or a copy with that fault.
 * @param {string | undefined} name
 */
export async function plantedDist(name) {
  const dist = join(root, 'dist')
  if (name === undefined) return { dist, remove: async () => {} }
  const plant = plants.find((each) => each.name === name)
  if (plant === undefined) {
    throw new Failure(`There is no plant ${name}; there are ${plants.map((each) => each.name).join(', ')}`)
  }
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'portcullis-plant-'))
  const copy = join(folder, 'dist')
  await cp(dist, copy, { recursive: true })
  // What the code looks for beside itself.
  for (const beside of ['node_modules', 'schema', 'package.json'])
    await symlink(join(root, beside), join(folder, beside))
  for (const { file, replace, by } of plant.patches) {
    const path = join(copy, file)
    const text = await readFile(path, 'utf8')
    if (!text.includes(replace))
      throw new Failure(`dist/${file} has no "${replace}" any more: mend scripts/faults/plants.mjs`)
    await writeFile(path, text.replaceAll(replace, by))
  }
  return { dist: copy, remove: () => rm(folder, { recursive: true, force: true }) }
}
