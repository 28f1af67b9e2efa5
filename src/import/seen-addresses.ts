/** Which line first had an address. */
export interface SeenAddresses {
  /** The number of the line that had it before; null when none had, and from now on this one has. */
  firstLineOf(identifier: string, line: number): number | null
}

const firstCapacity = 2 ** 12
/** Three words of the identifier, and the line; 0 is a free place. */
const width = 4

/**
 * An open hash table of numbers, about 30 bytes for each address: ten million of them as texts in a Map would not fit
 * into the heap. Identifiers are HMACs, so 96 of their bits are as good as random, and no two are the same.
 */
export function createSeenAddresses(): SeenAddresses {
  let table = new Uint32Array(firstCapacity * width)
  let count = 0

  function place(into: Uint32Array, words: readonly [number, number, number]): number {
    const mask = into.length / width - 1
    for (let slot = words[0] & mask; ; slot = (slot + 1) & mask) {
      const at = slot * width
      const isFree = into[at + 3] === 0
      if (isFree || (into[at] === words[0] && into[at + 1] === words[1] && into[at + 2] === words[2])) return at
    }
  }

  function grow(): void {
    const wider = new Uint32Array(table.length * 2)
    for (let at = 0; at < table.length; at += width) {
      const [a = 0, b = 0, c = 0, line = 0] = table.subarray(at, at + width)
      if (line !== 0) wider.set([a, b, c, line], place(wider, [a, b, c]))
    }
    table = wider
  }

  return {
    firstLineOf(identifier, line) {
      const bytes = Buffer.from(identifier, 'base64url')
      const words = [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)] as const
      const at = place(table, words)
      const seen = table[at + 3] ?? 0
      if (seen !== 0) return seen
      table.set([...words, line], at)
      count += 1
      if (count * width * 3 > table.length * 2) grow()
      return null
    },
  }
}
