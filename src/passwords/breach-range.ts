/**
 * The k-anonymous form of a list of breached passwords, as Have I Been Pwned answers it: asked for the first five
 * characters of a SHA-1, it gives the rest of each hash that begins so, and how often it was seen.
 */
import { createHash } from 'node:crypto'

/** The only part that leaves this process: some thousand passwords of the list share it. */
export const prefixLength = 5

export const hashLength = 40

/** Upper case. SHA-1 because the lists are made of it; nothing is protected by it here. */
export function breachHash(password: string): string {
  return createHash('sha1').update(password).digest('hex').toUpperCase()
}

const entryShape = /^([0-9A-F]+):(\d{1,12})$/i

/** One line of a range or of a file, or null when it is none. */
export function entryOf(line: string, length: number): { readonly hash: string; readonly count: number } | null {
  const [, hash = '', count = ''] = entryShape.exec(line.trimEnd()) ?? []
  return hash.length === length ? { hash: hash.toUpperCase(), count: Number(count) } : null
}

/**
 * Whether a range has that hash; null when the text is no range. Padding has the count 0. An empty text is no range
 * either: there is none without entries, and a proxy that swallows answers would switch the check off unseen.
 */
export function rangeHas(range: string, hash: string): boolean | null {
  const suffix = hash.slice(prefixLength)
  const lines = range.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) return null
  let isFound = false
  for (const line of lines) {
    const entry = entryOf(line, suffix.length)
    if (entry === null) return null
    if (entry.hash === suffix && entry.count > 0) isFound = true
  }
  return isFound
}
