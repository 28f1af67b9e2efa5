import { Agent, request } from 'node:http'

/**
 * @typedef {object} Asked
 * @property {number} status
 * @property {any} data of the answer
 * @property {{ message: string, extensions?: Record<string, unknown> }[]} errors
 * @property {number} ms from the request to the last byte of the answer
 *
 * @typedef {(operation: { query: string, variables?: Record<string, unknown> }, headers?: Record<string, string>) => Promise<Asked>} Ask
 */

/**
 * Asks over connections that are kept. Not `fetch`, which takes a multiple of this in the process that makes the load.
 * @param {string} url
 * @param {{ connections: number }} options
 */
export function createClient(url, { connections }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const target = new URL(`${url}/graphql`)

  /** @type {Ask} */
  const ask = async (operation, headers = {}) => {
    const startedAt = performance.now()
    const { status, text } = await post(target, agent, { body: JSON.stringify(operation), headers })
    const ms = performance.now() - startedAt
    try {
      const { data = null, errors = [] } = JSON.parse(text)
      return { status, data, errors, ms }
    } catch (cause) {
      throw new Error(`${status}: ${text.slice(0, 200)}`, { cause })
    }
  }

  return { ask, close: () => agent.destroy() }
}

const mostTries = 10

/**
 * Asks again where no verdict could be reached, as a client does; what it waited in all is the time it took.
 * @param {Ask} ask
 * @returns {Ask}
 */
export function patient(ask) {
  return async (...request) => {
    let waitedMs = 0
    for (let attempt = 1; ; attempt++) {
      const asked = await ask(...request)
      waitedMs += asked.ms
      const isVerdict = asked.errors[0]?.extensions?.['code'] !== 'UNAVAILABLE'
      if (isVerdict || attempt === mostTries) return { ...asked, ms: waitedMs }
    }
  }
}

/**
 * @param {URL} target
 * @param {Agent} agent
 * @param {{ body: string, headers: Record<string, string> }} message
 * @returns {Promise<{ status: number, text: string }>}
 */
function post(target, agent, { body, headers }) {
  const length = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const asking = request(target, { agent, method: 'POST', headers: { ...length, ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (/** @type {string} */ part) => (text += part))
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asking.once('error', reject)
    asking.end(body)
  })
}

/**
 * Runs `work` for the numbers from 0 to `count`, so many at a time.
 * @param {number} count
 * @param {number} atOnce
 * @param {(index: number) => Promise<void>} work
 */
export async function inParallel(count, atOnce, work) {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(atOnce, count) }, async () => {
      while (next < count) await work(next++)
    }),
  )
}
