/** What the three converters share: reading an export, writing our lines, and saying what was left out. */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * The records of an export: JSON Lines, or one JSON array.
 * @param {string} path
 */
export async function* recordsIn(path) {
  const [start] = await firstText(path)
  if (start === '[') {
    yield* JSON.parse(withoutMark(readFileSync(path, 'utf8')))
    return
  }
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line.trim() !== '') yield JSON.parse(withoutMark(line))
  }
}

/** @param {string} path */
async function firstText(path) {
  for await (const piece of createReadStream(path, { encoding: 'utf8' })) {
    const text = withoutMark(piece).trimStart()
    if (text !== '') return text
  }
  return ''
}

/** @param {string} text */
export const withoutMark = (text) => text.replace(/^\uFEFF/, '')

/** Base64 without padding, as hashes in PHC form have it. @param {Buffer} bytes */
export const bare = (bytes) => bytes.toString('base64').replace(/=+$/, '')

/** Any spelling of base64. @param {string} text */
export const fromBase64 = (text) => bare(Buffer.from(text, 'base64'))

/** A text as it is kept in one line: nothing that cannot be shown, and not longer. @param {unknown} value @param {number} most */
export function lineFrom(value, most) {
  const text = typeof value === 'string' ? value.replace(unshown, ' ').trim() : ''
  return text === '' ? undefined : Array.from(text).slice(0, most).join('').trim()
}

export const longestName = 100
/** Two marks that join letters and emoji or keep them apart are part of many names. */
const unshown = /(?:(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}])+/gu
/** In milliseconds that is a day of 1973, and in seconds one of 5138: less than that are seconds. */
const firstMs = 1e11

/**
 * RFC 3339, or nothing where nothing is known. Times without a zone are taken as UTC.
 * @param {unknown} value
 */
export function instant(value) {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = typeof value === 'string' ? value.trim().replace(' ', 'T') : value < firstMs ? value * 1000 : value
  const hasZone = typeof text === 'number' || /(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/.test(text.slice(10))
  const date = new Date(hasZone ? text : `${text}Z`)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** Writes one line for each user, and at the end what was left out. */
export function createWriter() {
  /** @type {Map<string, number>} */
  const notes = new Map()
  return {
    /** @param {Record<string, unknown>} user undefined is left out */
    write: (user) => void process.stdout.write(`${JSON.stringify(user)}\n`),
    /** @param {string} what */
    note: (what) => void notes.set(what, (notes.get(what) ?? 0) + 1),
    end() {
      for (const [what, count] of notes) process.stderr.write(`${count} ${what}\n`)
    },
  }
}
