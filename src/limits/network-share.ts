import { RateLimited } from '../kernel/errors.js'

/** Proofs of one network that may run at once in an instance. */
const atOnce = 16
const retryAfterMs = 1_000

/**
 * Keeps the room for hashes from being one network's. It counts in this instance only, because the room is an
 * instance's, too.
 */
export function createNetworkShare() {
  const underWay = new Map<string, number>()
  return {
    /** @throws RateLimited while the network has its share */
    async oneOfFew<Result>(network: string, work: () => Promise<Result>): Promise<Result> {
      const others = underWay.get(network) ?? 0
      if (others >= atOnce) throw new RateLimited(retryAfterMs)
      underWay.set(network, others + 1)
      try {
        return await work()
      } finally {
        const left = (underWay.get(network) ?? 1) - 1
        if (left > 0) underWay.set(network, left)
        else underWay.delete(network)
      }
    },
  }
}
