import { RateLimited } from '../kernel/errors.js'

/** What one may have under way at once in an instance. */
const atOnce = 16
const retryAfterMs = 1_000

/** Runs work for somebody unless so much of theirs is under way already. @throws RateLimited */
export type Share = <Result>(whose: string, work: () => Promise<Result>) => Promise<Result>

/**
 * Keeps the room for hashes from being one network's, or one account's. It counts in this instance only, because the
 * room is an instance's, too.
 */
export function createShare(): Share {
  const underWay = new Map<string, number>()
  return async (whose, work) => {
    const others = underWay.get(whose) ?? 0
    if (others >= atOnce) throw new RateLimited(retryAfterMs)
    underWay.set(whose, others + 1)
    try {
      return await work()
    } finally {
      const left = (underWay.get(whose) ?? 1) - 1
      if (left > 0) underWay.set(whose, left)
      else underWay.delete(whose)
    }
  }
}
