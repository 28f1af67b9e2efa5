/**
 * One side of a row, forked by side.mjs: opens it, says where it is or what it answers, then works and reports what
 * this process has taken so far. It ends with its parent.
 */
import { rows } from './rows.mjs'

/**
 * @typedef {import('./rows.mjs').Targets} Targets
 * @typedef {import('./rows.mjs').Side} Side
 * @typedef {import('./rows.mjs').Reads} Reads
 *
 * `collect` leaves no garbage of before to whoever is measured next.
 * @typedef {{ kind: 'collect' } | { kind: 'mark' } | { kind: 'work', requests: number }} Command
 *
 * Everything since the start of the process.
 * @typedef {{ atMs: number, cpuMs: number, reads: Reads | null }} Mark
 *
 * @typedef {{ kind: 'ready', targets: Targets, answer: string | null } | { kind: 'mark', mark: Mark } | { kind: 'done' }} Report
 */

const [, , name, sideName] = process.argv
const { MONGODB_URI: mongodbUri = '' } = process.env

const row = rows.find((each) => each.name === name)
const open = row && (sideName === 'measured' ? row.measured : 'baseline' in row && row.baseline)
if (!open) throw new Error(`There is no ${sideName} side of ${name}`)
const { ask, atOnce = 1, reads, close } = await open({ mongodbUri })

process.on('message', (/** @type {Command} */ command) => void handle(command))
process.once('disconnect', () => void end())
report({ kind: 'ready', targets: targetsOf(ask), answer: typeof ask === 'function' ? await ask(0) : null })

/** @param {Command} command */
async function handle(command) {
  if (command.kind === 'mark') return report({ kind: 'mark', mark: mark() })
  if (command.kind === 'collect') {
    // The young only: a whole collection would also throw away what the engine has learnt for its optimized code.
    globalThis.gc?.({ type: 'minor' })
    return report({ kind: 'done' })
  }
  if (typeof ask !== 'function') throw new Error('This side is asked by HTTP')
  let left = command.requests
  const work = async (/** @type {number} */ worker) => {
    while (left-- > 0) await ask(worker)
  }
  await Promise.all(Array.from({ length: atOnce }, (_, worker) => work(worker)))
  report({ kind: 'done' })
}

function mark() {
  const { user, system } = process.cpuUsage()
  return { atMs: performance.now(), cpuMs: (user + system) / 1000, reads: reads?.() ?? null }
}

/** @param {Side['ask']} ask @returns {Targets} */
function targetsOf(ask) {
  if (typeof ask === 'function') return {}
  return isTarget(ask) ? { only: ask } : ask
}

/** @param {import('./rows.mjs').HttpTarget | Targets} ask @returns {ask is import('./rows.mjs').HttpTarget} */
function isTarget(ask) {
  return typeof ask['url'] === 'string'
}

/** @param {Report} message */
function report(message) {
  process.send?.(message)
}

async function end() {
  await close?.()
  process.exit()
}
