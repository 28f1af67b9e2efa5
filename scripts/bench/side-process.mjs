/**
 * One side of a row, forked by side.mjs: opens it, says where it is and what it answers, then works and reports what
 * this process has taken so far. It ends with its parent.
 */
import { rows } from './rows.mjs'

/**
 * @typedef {import('./rows.mjs').HttpTarget} HttpTarget
 * @typedef {import('./rows.mjs').Reads} Reads
 *
 * `collect` leaves no garbage of before to whoever is measured next.
 * @typedef {{ kind: 'collect' } | { kind: 'mark' } | { kind: 'work', requests: number }} Command
 *
 * Everything since the start of the process.
 * @typedef {{ atMs: number, cpuMs: number, reads: Reads | null }} Mark
 *
 * @typedef {{ kind: 'ready', target: HttpTarget | null, answer: string } | { kind: 'mark', mark: Mark } | { kind: 'done' }} Report
 */

const [, , name, sideName] = process.argv
const { MONGODB_URI: mongodbUri = '' } = process.env

const row = rows.find((each) => each.name === name)
const open = sideName === 'baseline' ? row?.baseline : row?.measured
if (!open) throw new Error(`There is no ${sideName} side of ${name}`)
const { ask, reads, close } = await open({ mongodbUri })

process.on('message', (/** @type {Command} */ command) => void handle(command))
process.once('disconnect', () => void end())
const answer = typeof ask === 'function' ? await ask() : await answerAt(ask)
report({ kind: 'ready', target: typeof ask === 'function' ? null : ask, answer })

/** @param {Command} command */
async function handle(command) {
  if (command.kind === 'mark') return report({ kind: 'mark', mark: mark() })
  if (command.kind === 'collect') {
    // The young only: a whole collection would also throw away what the engine has learnt for its optimized code.
    globalThis.gc?.({ type: 'minor' })
    return report({ kind: 'done' })
  }
  if (typeof ask !== 'function') throw new Error('This side is asked by HTTP')
  for (let request = 0; request < command.requests; request++) await ask()
  report({ kind: 'done' })
}

function mark() {
  const { user, system } = process.cpuUsage()
  return { atMs: performance.now(), cpuMs: (user + system) / 1000, reads: reads?.() ?? null }
}

/** @param {HttpTarget} target */
async function answerAt({ url, headers, body }) {
  const response = await fetch(url, { method: 'POST', headers, body })
  return response.text()
}

/** @param {Report} message */
function report(message) {
  process.send?.(message)
}

async function end() {
  await close?.()
  process.exit()
}
