import { codesOf, parsed } from './judge.mjs'

/**
 * @typedef {import('./wire.mjs').Exchange} Exchange
 * @typedef {import('./lane.mjs').Outcome} Outcome
 */

const slowest = 5

/** What came of the requests, in numbers. */
export function createCount() {
  /** @type {Record<'kinds' | 'statuses' | 'codes', Record<string, number>>} */
  const tables = { kinds: {}, statuses: {}, codes: {} }
  /** @type {{ number: number, kind: string, ms: number }[]} */
  let slow = []
  let done = 0

  /** @param {keyof typeof tables} table @param {string} key */
  const up = (table, key) => {
    const counts = tables[table]
    counts[key] = (counts[key] ?? 0) + 1
  }

  return {
    get done() {
      return done
    },
    /** @param {Exchange} exchange @param {Outcome} outcome @param {number} number */
    add(exchange, { answers, ms }, number) {
      done += 1
      up('kinds', exchange.kind)
      if (answers.length === 0) up('statuses', 'hung up')
      for (const { status, body } of answers) {
        up('statuses', String(status))
        const answer = body.startsWith('{') ? parsed(body) : null
        const codes = answer === null ? [] : codesOf(answer)
        for (const code of new Set(codes)) up('codes', code)
        if (answer !== null && 'data' in answer && codes.length === 0) up('codes', 'no error')
      }
      // These take long because we do.
      if (!exchange.isWhole || exchange.pauseMs !== undefined) return
      if (slow.length === slowest && ms <= (slow.at(-1)?.ms ?? 0)) return
      slow = [...slow, { number, kind: exchange.kind, ms }]
        .toSorted((one, other) => other.ms - one.ms)
        .slice(0, slowest)
    },
    summary: () => ({ done, ...tables, slow }),
  }
}

/** @param {{ rssMb: () => number }} server */
export function watchMemory({ rssMb }) {
  const first = rssMb()
  let most = first
  const timer = setInterval(() => (most = Math.max(most, rssMb())), 500)
  return {
    stop() {
      clearInterval(timer)
      const last = rssMb()
      return { firstMb: first, mostMb: Math.max(most, last), lastMb: last }
    },
  }
}
