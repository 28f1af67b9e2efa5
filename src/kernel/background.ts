/**
 * Work that an answer does not wait for but a shutdown does. Failures are reported, never thrown: what must not be
 * lost is found again by a sweep.
 */
export interface Background {
  run(work: () => Promise<unknown>): void
  /** Resolves when everything that was running has ended. */
  drained(): Promise<void>
}

export function createBackground(onFailure: (cause: unknown) => void): Background {
  const running = new Set<Promise<unknown>>()
  return {
    run(work) {
      // Not before the answer is on its way: what is done behind it must not be seen in how long it takes.
      const task = new Promise((resolve) => setImmediate(resolve))
        .then(work)
        .catch(onFailure)
        .finally(() => running.delete(task))
      running.add(task)
    },
    async drained() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
