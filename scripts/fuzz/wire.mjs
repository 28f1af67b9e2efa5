/**
 * Requests as bytes: nothing between us and the socket repairs what is broken on purpose.
 *
 * @typedef {object} HttpRequest
 * @property {string} [method]
 * @property {string} [target]
 * @property {readonly (readonly [string, string])[]} [headers] sent as they are, beside `host` and `content-length`
 * @property {string | Buffer} [body]
 *
 * What goes over one connection.
 * @typedef {object} Exchange
 * @property {string} kind for the report
 * @property {readonly Buffer[]} parts
 * @property {number} [pauseMs] between the parts
 * @property {number} answers how many there may be
 * @property {boolean} isWhole whether it is HTTP: then there must be exactly so many answers
 * @property {boolean} [isHead] whether the answers have no bodies
 * @property {boolean} [mustNotOpen] whether the credentials in it are forged: then `me` must have nobody
 * @property {boolean} [maySeeOthers] whether whoever asks may read other people
 */

const proxied = /** @type {const} */ (['x-forwarded-proto', 'https'])

/**
 * @param {HttpRequest} request
 * @returns {Buffer}
 */
export function bytesOf({ method = 'POST', target = '/graphql', headers = [], body }) {
  const payload = typeof body === 'string' ? Buffer.from(body) : body
  const length = payload === undefined ? [] : [['content-length', String(payload.length)]]
  const has = (/** @type {string} */ name) => headers.some(([given]) => given.toLowerCase() === name)
  const all = [
    ...(has('host') ? [] : [['host', 'fuzz.example']]),
    proxied,
    ...headers,
    ...(has('content-length') ? [] : length),
  ]
  const head = `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return payload === undefined ? Buffer.from(head, 'latin1') : Buffer.concat([Buffer.from(head, 'latin1'), payload])
}

export const json = /** @type {const} */ (['content-type', 'application/json'])

/**
 * A POST of a GraphQL request as JSON.
 * @param {string | Buffer} body
 * @param {readonly (readonly [string, string])[]} [headers]
 */
export function post(body, headers = []) {
  return bytesOf({ headers: [json, ...headers], body })
}

/**
 * @param {string} query
 * @param {string} [variables] as JSON
 */
export function graphqlBody(query, variables) {
  return `{"query":${JSON.stringify(query)}${variables === undefined ? '' : `,"variables":${variables}`}}`
}

/**
 * One request in HTTP that is right, whatever it asks.
 * @param {string} kind
 * @param {Buffer} bytes
 * @param {Partial<Exchange>} [more]
 * @returns {Exchange}
 */
export const whole = (kind, bytes, more) => ({ kind, parts: [bytes], answers: 1, isWhole: true, ...more })
