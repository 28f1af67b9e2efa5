import { hostileText } from './values.mjs'
import { bytesOf, graphqlBody, json, post } from './wire.mjs'

/**
 * What is no HTTP, or not quite, or comes in an unusual way.
 *
 * @typedef {import('./operations.mjs').Making} Making
 * @typedef {import('./wire.mjs').Exchange} Exchange
 */

const body = graphqlBody('{ __typename }')
const good = post(body)
/** Would be seen: a request that hides behind another one must not be answered. */
const hidden = bytesOf({ method: 'GET', target: '/health/live' }).toString('latin1')

/** Good by itself: after a body that is bad the connection would end, and with it what hides. */
const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

/** @param {Making} making @returns {Exchange} */
export function brokenHttp({ dice, canary }) {
  const headOf = (/** @type {readonly string[]} */ lines) =>
    `POST /graphql HTTP/1.1\r\nhost: a\r\nx-forwarded-proto: https\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
  const typed = 'content-type: application/json'
  const text = hostileText(dice, canary)
  const bytes = dice.pick([
    () => `${canary}\r\n\r\n`,
    () => `${text}\n${text}\r\n\r\n`,
    () => `GET /graphql?${canary} HTTP/9.9\r\n\r\n`,
    () => `GET /graphql HTTP/1.1\r\n\r\n`,
    () => `GET  /graphql  HTTP/1.1\r\nhost: a\r\n\r\n`,
    () => `${canary} /graphql HTTP/1.1\r\nhost: a\r\n\r\n`,
    () => headOf([`${canary} : 1`, typed]) + body,
    () => headOf([`x-${canary}`, typed]) + body,
    () => headOf([`x: ${canary}\u0000`, typed]) + body,
    () => headOf([`x: a\n ${canary}`, typed]) + body,
    () => headOf([typed, 'content-length: -1']) + body,
    () => headOf([typed, 'content-length: 9'.padEnd(40, '9')]) + body,
    () => headOf([typed, `content-length: ${canary}`]) + body,
    () => headOf([typed, `content-length: ${body.length + 100}`]) + body,
    () => headOf([typed, `content-length: ${body.length - 5}`]) + body,
    () => headOf([typed, `content-length: ${body.length}`, `content-length: ${body.length + 1}`]) + body + hidden,
    () => headOf([typed, `content-length: ${body.length}`, 'transfer-encoding: chunked']) + chunked + hidden,
    () => headOf([typed, 'transfer-encoding: chunked, identity']) + chunked + hidden,
    () => headOf([typed, `transfer-encoding: ${canary}`]) + body,
    () => headOf([typed, 'transfer-encoding: chunked']) + `${canary}\r\n${body}\r\n0\r\n\r\n`,
    () => headOf([typed, 'transfer-encoding: chunked']) + `ffffffffffffffff\r\n${body}`,
    () => headOf([typed, 'transfer-encoding: chunked']) + `5;${canary}\r\n{"que\r\n0\r\n\r\n`,
    () => headOf([typed, 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-key: x']) + body,
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () => `CONNECT ${canary}.example:443 HTTP/1.1\r\nhost: a\r\n\r\n`,
    () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    () => Buffer.from(dice.times(200, () => dice.below(256))),
    () => headOf([typed, `x: ${canary}${'x'.repeat(dice.pick([8_000, 17_000, 70_000]))}`]) + body,
    () => headOf([typed, ...dice.times(2_500, (index) => `x-${index}: 1`)]) + body,
    () => `GET /${canary}${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    () => good.subarray(0, dice.below(good.length)),
    () => Buffer.concat([good.subarray(0, 60), Buffer.from([dice.below(256)]), good.subarray(61)]),
  ])()
  const part = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  // What is left over of a body that is too long is another request, and refused as one. What hides is never answered.
  const answers = part.includes(hidden) ? 1 : 2
  return { kind: 'broken HTTP', parts: [part], answers, isWhole: false }
}

/** Several at once over one connection: each is answered once, in its turn. @param {Making} making @returns {Exchange} */
export function pipelined({ dice, canary }) {
  const answers = 2 + dice.below(6)
  const one = () => (dice.chance(70) ? good : post(`{"query":"{ user(id: \\"${canary}\\") { id } }"}`))
  return { kind: 'pipelined', parts: [Buffer.concat(dice.times(answers, one))], answers, isWhole: true }
}

/** A few bytes at a time. @param {Making} making @returns {Exchange} */
export function slow({ dice, canary }) {
  const bytes = bytesOf({ headers: [json, ['x-slow', canary]], body })
  const cuts = dice.times(2 + dice.below(5), () => dice.below(bytes.length)).toSorted((one, other) => one - other)
  const parts = [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length))
  return { kind: 'slow', parts, pauseMs: 1 + dice.below(40), answers: 1, isWhole: true }
}

/** Never finished: the server has to end it. @param {Making} making @returns {Exchange} */
export function stalled({ dice, canary }) {
  const bytes = bytesOf({ headers: [json, ['x-slow', canary]], body })
  return { kind: 'stalled', parts: [bytes.subarray(0, 1 + dice.below(bytes.length - 1))], answers: 1, isWhole: false }
}
