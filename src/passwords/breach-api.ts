import type { BreachList } from './breached.js'
import { prefixLength, rangeHas } from './breach-range.js'

/** A padded range has about 40 KB. */
const mostBytes = 512 * 1024

const limitMs = 1_000

/** Asks a range API (https://haveibeenpwned.com/API/v3#PwnedPasswords), or a mirror of one. */
export function breachApi(address: string): BreachList {
  return {
    async has(hash) {
      const prefix = hash.slice(0, prefixLength)
      const signal = AbortSignal.timeout(limitMs)
      const response = await fetch(`${address}${prefix}`, {
        // Padding: the size of the answer would tell a listener which range it was.
        headers: { 'add-padding': 'true', 'user-agent': 'portcullis', accept: 'text/plain' },
        // Somewhere else is not where the operator wanted it to be asked.
        redirect: 'error',
        signal,
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`The list of breached passwords answers with status ${response.status}`)
      }
      const verdict = rangeHas(await textOf(response), hash)
      if (verdict === null) throw new Error('The list of breached passwords does not answer with a range')
      return verdict
    },
    close: async () => undefined,
  }
}

/** Bounded after decompression: a small answer can be a large text. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    // Leaving the loop cancels the rest.
    if (size > mostBytes) throw new Error('The list of breached passwords answers with too much')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('latin1')
}
