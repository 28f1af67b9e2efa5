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
export const plants = [
  {
    name: 'one-is-enough',
    title: 'a write is acknowledged when the primary alone has it',
    foundBy: 'primary-cut-off',
    patches: ['mongo/connection.js', 'mongo/transactions.js'].map((file) => ({
      file,
      replace: "w: 'majority', journal: true",
      by: 'w: 1',
    })),
  },
  {
    name: 'answer-first',
    title: 'the end of a session is answered before it is written',
    foundBy: 'server-killed-before-answer',
    patches: [
      {
        file: 'sessions/ending.js',
        replace: 'const session = await store.end(id, userId, { reason, at: clock.now(), events })',
        by: 'void store.end(id, userId, { reason, at: clock.now(), events }).catch(() => undefined); const session = null',
      },
    ],
  },
  {
    name: 'always-fresh',
    title: 'remembered callers are believed though the change stream is silent',
    foundBy: 'stream-lost',
    patches: [
      { file: 'callers/freshness.js', replace: 'isFresh: (nowMs) => nowMs < freshUntilMs', by: 'isFresh: () => true' },
    ],
  },
  {
    name: 'no-grace',
    title: 'a spent refresh token yields its successor to nobody',
    foundBy: 'server-killed-before-answer',
    patches: [{ file: 'sessions/refresh.js', replace: 'now.getTime() + lifetimes.graceMs', by: 'now.getTime() - 1' }],
  },
  {
    name: 'no-condition',
    title: 'a refresh token rotates whether or not it is the current one',
    foundBy: 'bad-network',
    patches: [
      { file: 'sessions/mongo-store.js', replace: "'family.currentDigest': rotation.presentedDigest,", by: '' },
    ],
  },
  {
    name: 'stale-verdict',
    title: 'reuse is judged by what a secondary has',
    foundBy: 'secondary-behind',
    patches: [
      {
        file: 'sessions/mongo-store.js',
        replace: "readConcern: { level: 'linearizable' }",
        by: "readPreference: 'secondary'",
      },
    ],
  },
  {
    name: 'exit-at-once',
    title: 'SIGTERM ends the process at once',
    foundBy: 'sigterm',
    patches: [
      { file: 'main.js', replace: 'portcullis.close().then(', by: 'process.exit(0); portcullis.close().then(' },
    ],
  },
  {
    name: 'closes-at-once',
    title: 'SIGTERM closes the listener at once, and not when the drain is over',
    foundBy: 'sigterm',
    patches: [
      {
        file: 'portcullis.js',
        replace: 'await pause(config.drainDelayMs);',
        by: 'fastify.server.close(); await pause(config.drainDelayMs);',
      },
    ],
  },
  {
    name: 'any-clock',
    title: 'the clock is trusted, however wrong it is',
    foundBy: 'clock-wrong',
    patches: [{ file: 'mongo/clock-watch.js', replace: '&& Math.abs(ms) <= trustedSkewMs', by: '' }],
  },
]

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
