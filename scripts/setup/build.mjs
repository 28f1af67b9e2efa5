import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { notes, root } from './folders.mjs'
import { runNpm } from './run-npm.mjs'
import { done, Failure, working } from './say.mjs'

const note = join(notes, 'build')
const dist = join(root, 'dist')

export function isBuilt() {
  return existsSync(join(dist, 'main.js'))
}

export async function build() {
  if (isBuilt() && readNote() === digestOfSources()) {
    done('build up to date')
    return
  }
  const title = 'building'
  working(`${title} (types from the schema, then TypeScript)`)
  // What a deleted source left behind would still be loaded.
  rmSync(dist, { recursive: true, force: true })
  const { isDone, output } = await runNpm(['run', '--silent', 'build'], { title })
  if (!isDone) {
    rmSync(dist, { recursive: true, force: true })
    throw new Failure(`the build failed:\n${output.trim()}`)
  }
  // After it: the build writes src/graphql/generated.
  mkdirSync(notes, { recursive: true })
  writeFileSync(note, digestOfSources())
  done('built')
}

/** By content, not by time: a checkout of another branch gives old files new times, and the other way round. */
function digestOfSources() {
  const hash = createHash('sha256')
  const settings = readdirSync(root).filter((name) =>
    /^(tsconfig.*\.json|codegen\.yml|package\.json|package-lock\.json)$/.test(name),
  )
  for (const path of [...settings, ...filesUnder('src'), ...filesUnder('schema')].sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** @param {string} folder */
function filesUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

function readNote() {
  return existsSync(note) ? readFileSync(note, 'utf8') : ''
}
