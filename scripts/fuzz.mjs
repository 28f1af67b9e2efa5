/**
 * `npm run fuzz`: hostile requests against the built server, on a throw-away MongoDB or the one of `MONGODB_URI`.
 * `--requests <n>`, `--seed <n>`, `--first <number>` to go on where a run was ended (Ctrl-C ends it, and it tells what it saw), `--replay <number>` for one of them alone, `--lanes <n>`. Exit code 1 when something was found.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { hunt } from './fuzz/hunt.mjs'
import { findingText, progressText, summaryText } from './fuzz/report.mjs'
import { MongodUnavailable, withDatabase } from './mongod.mjs'
import { done, fail, Failure, working } from './setup/say.mjs'

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
    first: { type: 'string', default: '0' },
    replay: { type: 'string' },
    lanes: { type: 'string', default: '64' },
  },
})

const enough = new AbortController()
process.once('SIGINT', () => enough.abort())

try {
  const seed = wholeOf('seed', options.seed)
  const replay = options.replay === undefined ? null : wholeOf('replay', options.replay)
  const requests = replay === null ? wholeOf('requests', options.requests) : 1
  const first = replay ?? wholeOf('first', options.first)
  const lanes = wholeOf('lanes', options.lanes)
  working(`${requests} requests, seed ${seed}`)
  const onProgress = progressText(requests)
  const onFinding = (/** @type {import('./fuzz/stage.mjs').Finding} */ finding) =>
    console.log(`\n${findingText(finding, seed)}\n`)
  const result = await withDatabase((mongodbUri) =>
    hunt({ mongodbUri, seed, requests, lanes, first, signal: enough.signal, onProgress, onFinding }),
  )
  console.log(`\n${summaryText(result)}\n`)
  if (result.findings.length > 0) {
    fail(`${result.findings.length} found`)
    process.exitCode = 1
  } else done('nothing found')
} catch (cause) {
  if (!(cause instanceof Failure || cause instanceof MongodUnavailable)) throw cause
  fail(cause.message)
  process.exitCode = 1
}

/** @param {string} name @param {string} value */
function wholeOf(name, value) {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0) throw new Failure(`--${name} takes a whole number`)
  return number
}
