import { RateLimited } from '../kernel/errors.js'

export interface TurnstileSettings {
  /** How many work at once. */
  readonly concurrency: number
  /** How many may wait; who comes after them is refused. */
  readonly queueLimit: number
}

/** Lets so much work run at once, in the order of its coming. */
export interface Turnstile {
  /** @throws RateLimited when too many wait already */
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

const retryAfterMs = 1_000

export function createTurnstile({ concurrency, queueLimit }: TurnstileSettings): Turnstile {
  const waiting: (() => void)[] = []
  let free = concurrency

  return {
    async run(work) {
      if (free > 0) free -= 1
      else if (waiting.length >= queueLimit) throw new RateLimited(retryAfterMs)
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        // The place goes straight to who waits longest: made free first, a newcomer could take it.
        const next = waiting.shift()
        if (next === undefined) free += 1
        else next()
      }
    },
  }
}
