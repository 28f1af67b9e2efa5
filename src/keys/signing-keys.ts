/** When a signing key is published, signs, and is forgotten. Pure: everything follows from the keys and now. */

export interface DatedKey {
  readonly id: string
  readonly signsFrom: Date
}

export interface KeyLifetimes {
  /** How long a key signs. */
  readonly signsMs: number
  /** How long it is published before it signs, so that every verifier has fetched it by then. */
  readonly leadMs: number
  /** How long a token signed by it can live at most; until then a retired key verifies. */
  readonly tokenMs: number
}

export interface KeyRing<Key extends DatedKey> {
  /** The key that signs now; null only before the first key was made. */
  readonly current: Key | null
  /** What a verifier may meet: next, current, and retired ones whose tokens may still live. */
  readonly published: readonly Key[]
  /** Nothing signed by these lives any more. */
  readonly forgotten: readonly Key[]
  /** When the key that must be made now will start to sign; null while none is due. */
  readonly nextSignsFrom: Date | null
}

export function keyRing<Key extends DatedKey>(keys: readonly Key[], now: Date, lifetimes: KeyLifetimes): KeyRing<Key> {
  const newestFirst = keys.toSorted((a, b) => b.signsFrom.getTime() - a.signsFrom.getTime())
  const at = newestFirst.findIndex((key) => key.signsFrom <= now)
  const current = newestFirst[at] ?? null
  const forgotten = newestFirst.filter((_key, index) => {
    const successor = newestFirst[index - 1]
    // A retired key may have signed until the very moment its successor took over.
    return index > at && at >= 0 && successor !== undefined && isPast(successor.signsFrom, lifetimes.tokenMs, now)
  })
  return {
    current,
    published: newestFirst.filter((key) => !forgotten.includes(key)),
    forgotten,
    nextSignsFrom: at > 0 ? null : nextStart(current, now, lifetimes),
  }
}

function nextStart(current: DatedKey | null, now: Date, lifetimes: KeyLifetimes): Date | null {
  // The very first key signs at once: there is no verifier yet that could miss it.
  if (current === null) return now
  const due = current.signsFrom.getTime() + lifetimes.signsMs
  if (now.getTime() < due - lifetimes.leadMs) return null
  return new Date(Math.max(due, now.getTime() + lifetimes.leadMs))
}

function isPast(start: Date, ms: number, now: Date): boolean {
  return start.getTime() + ms < now.getTime()
}
