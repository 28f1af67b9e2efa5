import { Agent, request } from 'node:http'
import { WrongAnswer } from '../load.mjs'
import { registerPeople, signInBody, startHashing } from '../sign-ins.mjs'
import { percentileOf } from '../statistics.mjs'

/** Of each kind in a round; every address is asked once, as a stranger would who looks for those that exist. */
const addresses = 50
const rounds = 6
const kinds = /** @type {const} */ (['known', 'unknown'])
const backwards = kinds.toReversed()
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** @type {import('../rows.mjs').TimedRow} */
export default {
  name: 'decoy',
  title: 'how much longer a wrong password takes where there is such an address than where there is none',
  goal: { kind: 'time', atMostMs: 5 },
  rounds,
  async measured({ mongodbUri }) {
    // One network asks, and much more often than it may.
    const limits = JSON.stringify({ networkFailures: 1_000_000 })
    const portcullis = await startHashing(mongodbUri, { RATE_LIMITS: limits, ARGON2_QUEUE: '1000' })
    const emails = await registerPeople(portcullis, addresses * rounds)
    const target = { url: `${portcullis.url}/graphql`, headers: { 'content-type': 'application/json' } }
    const bodyOf = (/** @type {string} */ email) => ({ body: signInBody(email, 'another horse battery staple') })
    return {
      ask: {
        known: { ...target, variants: emails.map(bodyOf) },
        unknown: { ...target, variants: emails.map((email) => bodyOf(email.replace('person', 'nobody'))) },
      },
      close: portcullis.close,
    }
  },
  async time(targets, round) {
    /** @type {{ known: number[], unknown: number[] }} */
    const waited = { known: [], unknown: [] }
    for (let index = 0; index < addresses; index++) {
      // Each kind comes first as often as second: what the one leaves behind falls on the other.
      for (const kind of index % 2 === 0 ? kinds : backwards)
        waited[kind].push(await ask(targets[kind], round * addresses + index))
    }
    return waited
  },
  conclude({ known = [], unknown = [] }) {
    return { got: Math.abs(percentileOf(known, 0.5) - percentileOf(unknown, 0.5)), baseline: null }
  },
}

/**
 * @param {import('../rows.mjs').HttpTarget | undefined} target
 * @param {number} index
 * @returns {Promise<number>} milliseconds
 */
async function ask(target, index) {
  const body = target?.variants?.[index]?.body
  if (target === undefined || body === undefined) throw new RangeError('Each address is asked once')
  const startedAt = performance.now()
  const answer = await answerTo(target, body)
  const tookMs = performance.now() - startedAt
  if (!answer.includes('"CREDENTIALS_REJECTED"')) throw new WrongAnswer(`other answer: ${answer.slice(0, 200)}`)
  return tookMs
}

/**
 * @param {import('../rows.mjs').HttpTarget} target
 * @param {string} body
 * @returns {Promise<string>}
 */
function answerTo({ url, headers }, body) {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, agent }, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (/** @type {string} */ part) => (answer += part))
      response.on('end', () => resolve(answer)).on('error', reject)
    })
      .on('error', reject)
      .end(body)
  })
}
