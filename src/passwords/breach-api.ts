import type { BreachList } from './breached.js'
import { prefixLength, rangeHas } from './breach-range.js'

/** A padded range has about 40 KB. */
const mostBytes = 512 * 1024

const limitMs = 1_000

/** Asks a range API (https://haveibeenpwned.com/API/v3#PwnedPasswords), or a mirror of one. */
export function breachApi(address: string): BreachList {
  return {
    has: (hash) => within(limitMs, (signal) => ask(address, hash, signal)),
    close: async () => undefined,
  }
}

async function ask(address: string, hash: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${address}${hash.slice(0, prefixLength)}`, {
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
}

/**
 * Not by the signal alone: once its request has been collected as garbage, Node 20 does not tell a body that is still
 * being read, and whoever waits for it would wait for minutes.
 */
async function within<Result>(ms: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const aborter = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('The list of breached passwords takes too long'))
      aborter.abort()
    }, ms)
  })
  try {
    return await Promise.race([work(aborter.signal), tooLate])
  } finally {
    clearTimeout(timer)
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
