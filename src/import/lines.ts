export type Line =
  { readonly number: number; readonly text: string } | { readonly number: number; readonly fault: string }

/** Those of one piece of the source that are not empty, and how much of the source has been read with it. */
export interface Lines {
  readonly lines: readonly Line[]
  readonly bytesRead: number
}

/** Far more than any of the fields may take; what is longer is not kept in memory. */
const maxLineBytes = 64 * 1024

/**
 * The lines of a source, as it comes: a file of gigabytes is never in memory. Lines end with LF or CRLF, the last one
 * also with the source; empty ones count and are left out; a byte order mark is none of the text.
 */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Lines> {
  let [number, bytesRead, keptBytes] = [0, 0, 0]
  let kept: Uint8Array[] = []

  function keep(part: Uint8Array): void {
    keptBytes += part.length
    if (keptBytes <= maxLineBytes) kept.push(part)
  }
  function end(): readonly Line[] {
    number += 1
    const line = keptBytes > maxLineBytes ? { number, fault: tooLong } : decoded(number, Buffer.concat(kept))
    ;[kept, keptBytes] = [[], 0]
    return line === null ? [] : [line]
  }

  for await (const piece of source) {
    const lines: Line[] = []
    let from = 0
    for (let at = piece.indexOf(lineFeed); at >= 0; at = piece.indexOf(lineFeed, from)) {
      keep(piece.subarray(from, at))
      lines.push(...end())
      from = at + 1
    }
    keep(piece.subarray(from))
    bytesRead += piece.length
    yield { lines, bytesRead }
  }
  if (keptBytes > 0) yield { lines: end(), bytesRead }
}

const lineFeed = 0x0a
const tooLong = `The line is longer than ${maxLineBytes / 1024} KB.`
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decoded(number: number, bytes: Uint8Array): Line | null {
  try {
    const text = decoder.decode(bytes)
    const body = (number === 1 ? text.replace(/^\uFEFF/, '') : text).trim()
    return body === '' ? null : { number, text: body }
  } catch {
    return { number, fault: 'The line is not UTF-8.' }
  }
}
