import { keptMark, mark } from './values.mjs'

/**
 * @typedef {import('./wire.mjs').Exchange} Exchange
 * @typedef {import('./lane.mjs').Outcome} Outcome
 * @typedef {import('./answers.mjs').Answer} Answer
 *
 * What must never come out, wherever it is asked: `digests` are compared whole, `texts` are looked for.
 * @typedef {object} Secrets
 * @property {ReadonlySet<string>} digests
 * @property {readonly string[]} texts
 * @property {readonly string[]} others personal data of somebody whom only holders of a permission may read
 *
 * @typedef {{ what: string, detail: string }} Fault
 */

const stackTrace = /\n? {4}at |node_modules|\.js:\d+:\d+|MongoServerError|CastError/
const hashes = /\$argon2/
const opaque = /[A-Za-z0-9_+/-]{20,}/g

/**
 * What is wrong with how the server took a request; nothing, mostly.
 * @param {Exchange} exchange
 * @param {Outcome} outcome
 * @param {{ secrets: Secrets, given: import('./given.mjs').Given, codes: ReadonlySet<string> }} known
 * @returns {Fault[]}
 */
export function judge(exchange, { end, answers, left }, { secrets, given, codes }) {
  const sent = Buffer.concat(exchange.parts).toString('latin1')
  const faults = answers.flatMap((answer) => [
    ...judgeText(answer, exchange, secrets),
    ...tokenFault(given.wrongIn(answer, sent)),
    ...judgeAnswer(answer, exchange, codes),
  ])
  if (end === 'silent') faults.push({ what: 'no answer', detail: 'neither an answer nor an end of the connection' })
  if (end === 'garbled' || left !== '') faults.push({ what: 'no HTTP', detail: left })
  if (end === 'closed') faults.push({ what: 'dropped', detail: `${answers.length} of ${exchange.answers} answers` })
  if (answers.length > exchange.answers) faults.push({ what: 'smuggled', detail: `${answers.length} answers` })
  return faults
}

/** @param {Answer} answer @param {Exchange} exchange @param {Secrets} secrets @returns {Fault[]} */
function judgeText({ head, body }, { maySeeOthers = false }, secrets) {
  const text = `${head}\n${body}`
  const isEmpty = !/"data":\{/.test(body)
  const echoed = echoIn(text, isEmpty)
  const other = maySeeOthers ? undefined : secrets.others.find((other) => text.includes(other))
  return [
    ...(echoed === null ? [] : [{ what: 'echo', detail: echoed }]),
    ...leaksIn(text, secrets),
    ...(other === undefined ? [] : [{ what: 'personal data', detail: other }]),
  ]
}

/**
 * A canary, as it is or in one of the three ways that base64 can shift it.
 * @param {string} text
 * @param {boolean} isEmpty whether the answer has no data: then not even what was kept may be in it
 */
function echoIn(text, isEmpty) {
  const lower = text.toLowerCase()
  const found = lower.includes(mark)
    ? mark
    : isEmpty
      ? [keptMark, ...inBase64].find((part) => text.includes(part))
      : undefined
  if (found === undefined) return null
  const at = found === mark ? lower.indexOf(found) : text.indexOf(found)
  return text.slice(Math.max(0, at - 60), at + 60)
}

const inBase64 = [0, 1, 2].map((shift) => {
  const text = Buffer.from(' '.repeat(shift) + mark).toString('base64')
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + mark.length) * 8) / 6))
})

/**
 * @param {string} text of an answer or of the log
 * @param {Secrets} secrets
 * @returns {Fault[]}
 */
export function leaksIn(text, { digests, texts }) {
  const leaked =
    texts.find((secret) => text.includes(secret)) ??
    text.match(opaque)?.find((run) => digests.has(run)) ??
    hashes.exec(text)?.[0]
  return leaked === undefined ? [] : [{ what: 'secret', detail: leaked }]
}

/** @param {string | null} token that is where it must not be @returns {Fault[]} */
export const tokenFault = (token) => (token === null ? [] : [{ what: 'token', detail: token }])

/** @param {Answer} answer @param {Exchange} exchange @param {ReadonlySet<string>} codes @returns {Fault[]} */
function judgeAnswer({ status, head, body }, { mustNotOpen = false }, codes) {
  if (stackTrace.test(body)) return [{ what: 'stack', detail: body.slice(0, 200) }]
  if (!/\r\ncontent-type: application\/(?:graphql-response\+)?json/i.test(head) || body === '') {
    return status >= 500 ? [{ what: 'status', detail: String(status) }] : []
  }
  const answer = parsed(body)
  if (answer === null) return [{ what: 'no JSON', detail: body.slice(0, 200) }]
  const given = codesOf(answer)
  const unknown = given.find((code) => !codes.has(code))
  const isForeseen = status < 500 || (status === 503 && (given.includes('UNAVAILABLE') || 'status' in answer))
  return [
    ...(isForeseen && !given.includes('INTERNAL_SERVER_ERROR')
      ? []
      : [{ what: 'status', detail: `${status} ${given.join(' ')}` }]),
    ...(unknown === undefined ? [] : [{ what: 'code', detail: unknown }]),
    ...(mustNotOpen && opens(answer) ? [{ what: 'opened', detail: body.slice(0, 200) }] : []),
  ]
}

/** @param {string} body @returns {Record<string, any> | null} */
export function parsed(body) {
  try {
    const value = JSON.parse(body)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

/** @param {Record<string, any>} answer @returns {string[]} */
export function codesOf({ errors }) {
  return Array.isArray(errors) ? errors.map(({ extensions }) => String(extensions?.code)) : []
}

/** @param {Record<string, any>} answer */
function opens({ data }) {
  return data?.me || data?.viewer || data?.refreshSession || data?.signOut
}
