import { Agent, request } from 'node:http'

/**
 * What a client was told, or that it was told nothing:
 * - ok: done
 * - refused: not done, and why
 * - unavailable: try again; a change may have happened or not
 * - lost: no answer, or half of one; a change may have happened or not
 * - not-sent: nobody listened, nothing happened
 * - broken: an answer that no client should get
 * @typedef {'ok' | 'refused' | 'unavailable' | 'lost' | 'not-sent' | 'broken'} Outcome
 *
 * @typedef {object} Told
 * @property {Outcome} outcome
 * @property {number} status 0 without an answer
 * @property {string | null} code
 * @property {string | null} reason
 * @property {any} data
 * @property {string} text what there is to say of an answer that is broken or lost
 *
 * @typedef {{ query: string, variables?: Record<string, unknown>, token?: string | undefined }} Question
 * @typedef {(port: number, question: Question) => Promise<Told>} Ask
 */

const patienceMs = 15_000

/** Asks over connections that are kept alive, as browsers do. */
export function createAsk() {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  /** @type {Ask} */
  const ask = async (port, { query, variables, token }) => {
    const body = JSON.stringify({ query, variables })
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    try {
      const { status, text } = await send(agent, { port, path: '/graphql', method: 'POST', headers }, body)
      return told(status, text)
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
      return {
        outcome: code === 'ECONNREFUSED' ? 'not-sent' : 'lost',
        status: 0,
        code,
        reason: null,
        data: null,
        text: code,
      }
    }
  }
  return { ask, isReady: (/** @type {number} */ port) => isReady(agent, port), close: () => agent.destroy() }
}

/**
 * @param {Agent} agent
 * @param {number} port
 */
async function isReady(agent, port) {
  try {
    const { status } = await send(agent, { port, path: '/health/ready', method: 'GET' }, '')
    return status === 200
  } catch {
    return false
  }
}

/**
 * @param {Agent} agent
 * @param {import('node:http').RequestOptions} options
 * @param {string} body
 * @returns {Promise<{ status: number, text: string }>}
 */
function send(agent, options, body) {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', agent, timeout: patienceMs, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asking.once('timeout', () => asking.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })))
    asking.once('error', reject)
    asking.end(body)
  })
}

const refusals = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'RATE_LIMITED',
  'BAD_USER_INPUT',
  'STEP_UP_REQUIRED',
])

/**
 * @param {number} status
 * @param {string} text
 * @returns {Told}
 */
export function told(status, text) {
  /** @type {any} */
  let body = null
  try {
    body = JSON.parse(text)
  } catch {
    return { outcome: 'broken', status, code: null, reason: null, data: null, text }
  }
  const data = body?.data ?? null
  const [error] = body?.errors ?? []
  if (error === undefined) {
    return {
      outcome: status === 200 && data !== null ? 'ok' : 'broken',
      status,
      code: null,
      reason: null,
      data,
      text: '',
    }
  }
  const { code = null, reason = null } = error.extensions ?? {}
  const known = { status, code, reason, data, text }
  // UNAVAILABLE is the only answer of the server's own fault that there may be.
  if (code === 'UNAVAILABLE') return { outcome: 'unavailable', ...known }
  return { outcome: refusals.has(code) && status < 500 ? 'refused' : 'broken', ...known }
}
