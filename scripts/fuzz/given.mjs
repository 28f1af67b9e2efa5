import { createHash } from 'node:crypto'
import { parsed } from './judge.mjs'

/**
 * The tokens that were given out since the start. Each may be in the one answer that it was given in, and nowhere else:
 * not in another answer, not in the log, and no part of it either.
 *
 * @typedef {object} Given
 * @property {(token: string) => void} note one that nobody of the stream was given
 * @property {(answer: { head: string, body: string }, sent: string) => string | null} wrongIn what is wrong with the tokens of an answer
 * @property {(line: string) => string | null} wrongInLog
 * @property {number} count how many there are
 */

const access = String.raw`eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{43,}`
const refresh = String.raw`ses_[0-9a-z]{26}\.[\w-]{43}\.[\w-]{43}`
const anywhere = new RegExp(`${access}|${refresh}`, 'g')
const alone = new RegExp(`^(?:${access}|${refresh})$`)
const cookie = /^set-cookie: __Host-portcullis-(?:access|refresh)=([^;\r\n]+)/gim
const run = /[\w-]{40,}/g

/** What asks for tokens; whatever else is answered with one was not asked for it. */
const asking = /signIn|signUp|refreshSession/

/** @returns {Given} */
export function createGiven() {
  /** @type {Set<string>} */
  const tokens = new Set()
  /** What nobody can know who does not know a token: its secrets, and what the database keeps of them. @type {Set<string>} */
  const parts = new Set()

  /** @param {string} token */
  function note(token) {
    tokens.add(token)
    const [, middle = '', last = ''] = token.split('.')
    for (const part of token.startsWith('ses_') ? [middle, last] : [last]) parts.add(part).add(digestOf(part))
  }

  /** @param {string} token @param {string} sent */
  function isWrong(token, sent) {
    if (!asking.test(sent)) return true
    if (!token.startsWith('ses_')) return tokens.has(token)
    const family = token.slice(0, token.lastIndexOf('.'))
    // Whoever has shown one of a family may have the newest of it, again, too: an answer can get lost.
    return parts.has(family.slice(family.indexOf('.') + 1)) && !sent.includes(`${family}.`)
  }

  return {
    note,
    get count() {
      return tokens.size
    },
    wrongIn({ head, body }, sent) {
      const here = placesIn(head, body)
      const wrong = here.find((token) => isWrong(token, sent))
      for (const token of here) note(token)
      return wrong ?? besides(here.reduce((text, token) => text.replaceAll(token, ''), `${head}\n${body}`))
    },
    wrongInLog: besides,
  }

  /** A token where none may be, or a part of one. @param {string} text */
  function besides(text) {
    return text.match(anywhere)?.[0] ?? text.match(run)?.find((part) => parts.has(part)) ?? null
  }
}

/** The tokens that are where tokens are given: a cookie, or a value of the data by itself. @param {string} head @param {string} body */
function placesIn(head, body) {
  const found = new Set([...head.matchAll(cookie)].flatMap(([, value = '']) => (alone.test(value) ? [value] : [])))
  const data = body.includes('"data":{') ? parsed(body)?.['data'] : null
  for (const text of textsIn(data)) if (alone.test(text)) found.add(text)
  return [...found]
}

/** @param {unknown} value @returns {string[]} */
function textsIn(value) {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** As the service makes one. @param {string} secret */
const digestOf = (secret) => createHash('sha256').update(secret).digest('base64url')
