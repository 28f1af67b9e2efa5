/** Load by HTTP, closed: each connection waits for its answer before it asks again. */
import autocannon from 'autocannon'

/**
 * @typedef {import('./rows.mjs').HttpTarget} HttpTarget
 * @typedef {import('./rows.mjs').Variant} Variant
 */

export const mostConnections = 8
/** How often autocannon looks whether it is done; by itself, once a second. */
const sampleInt = 20
/** Seconds. A machine that does much else is slow, and slow is no other answer. */
const timeout = 60

/** What came back is nothing, an error, or not what came back before: whatever it took, it is not what is measured. */
export class WrongAnswer extends Error {}

/**
 * Goes on where the round before ended: the next of the variants, the last link of each chain.
 * @param {HttpTarget} target
 */
export function createLoad(target) {
  const { url, method = 'POST', headers, body, variants = [], marker, chain } = target
  const chained = chain === undefined ? null : new RegExp(chain)
  /** The request that each connection sends next, where that follows from its answers. */
  const links = chained === null ? [] : variants.map((variant) => ({ ...variant }))
  let sent = 0
  /** @type {string | null} */
  let usual = null

  return {
    firstAnswer,
    /** How long a number of requests took to the last answer, in milliseconds. @param {number} amount */
    ask: (amount) => run({ amount, connections: Math.min(mostConnections, amount) }),
    /** @param {number} seconds @param {number} connections */
    async askFor(seconds, connections) {
      await run({ duration: seconds, connections })
    },
  }

  /** @throws WrongAnswer when it is not what every answer has to be */
  async function firstAnswer() {
    const variant = links[0] ?? variants[0] ?? {}
    const init = { method, headers: { ...headers, ...variant.headers }, body: variant.body ?? body ?? null }
    const response = await fetch(url, init)
    const answer = await response.text()
    const refusal = refusalIn(answer) ?? (response.ok ? null : answer)
    if (refusal !== null) throw new WrongAnswer(`refused: ${refusal.slice(0, 200)}`)
    if (marker !== undefined && !answer.includes(marker)) throw new WrongAnswer(`other answer: ${answer.slice(0, 200)}`)
    if (links[0] !== undefined) follow(links[0], answer)
    usual = answer
  }

  /** @param {{ connections: number, amount?: number, duration?: number }} howMuch */
  async function run(howMuch) {
    if (chained !== null && links.length < howMuch.connections) throw new RangeError('Each connection needs a chain')
    const startedAt = performance.now()
    let answeredAt = startedAt
    let broken = 0
    let connection = 0
    /** @type {string | undefined} the first of them, for whoever has to find out why */
    let other
    const expected = marker === undefined && chained === null && usual !== null ? { expectBody: usual } : {}
    const isExpected = (/** @type {string} */ answer) => {
      const isSo = marker === undefined || answer.includes(marker)
      if (!isSo) other ??= answer
      return isSo
    }
    const verified = marker === undefined ? {} : { verifyBody: isExpected }
    const changing =
      variants.length === 0
        ? {}
        : { setupClient: (/** @type {autocannon.Client} */ client) => client.setRequests([nextOf(connection++)]) }

    /** @param {number} own which connection it is */
    function nextOf(own) {
      const link = links[own]
      return {
        setupRequest: (/** @type {autocannon.Request} */ request) => {
          const variant = link ?? variants[sent++ % variants.length] ?? {}
          return { ...request, headers: { ...headers, ...variant.headers }, body: variant.body ?? body }
        },
        onResponse: (/** @type {number} */ _status, /** @type {string} */ answer) => {
          if (link !== undefined && !follow(link, answer)) broken += 1
        },
      }
    }

    const result = await new Promise((resolve, reject) => {
      const running = autocannon(
        { url, method, headers, body, sampleInt, timeout, ...howMuch, ...expected, ...verified, ...changing },
        (/** @type {unknown} */ cause, /** @type {autocannon.Result} */ result) =>
          cause ? reject(cause) : resolve(result),
      )
      running.on('response', () => (answeredAt = performance.now()))
    })
    const { non2xx, errors, mismatches } = result
    if (non2xx + errors + mismatches + broken > 0) {
      const all = result.requests.total
      const example = other === undefined ? '' : `: ${other.slice(0, 200)}`
      throw new WrongAnswer(
        `${non2xx} refused, ${errors} lost, ${mismatches + broken} other answers of ${all}${example}`,
      )
    }
    return answeredAt - startedAt
  }

  /**
   * Puts what came back into the next request. False when nothing came back, or what was sent.
   * @param {Variant} link
   * @param {string} answer
   */
  function follow(link, answer) {
    const now = chained?.exec(answer)?.[1]
    const before = chained?.exec(link.body ?? '')?.[1]
    if (now === undefined || before === undefined || now === before) return false
    link.body = link.body?.replace(before, now) ?? ''
    return true
  }
}

/**
 * What GraphQL says when it refuses, which it does with any status.
 * @param {string} answer
 * @returns {string | null}
 */
export function refusalIn(answer) {
  const { errors } = JSON.parse(answer) ?? {}
  return errors === undefined ? null : String(errors[0]?.message)
}
