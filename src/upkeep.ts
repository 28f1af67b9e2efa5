import type { Background } from './kernel/background.js'

/** Work that comes back at intervals until it is stopped; a run that takes longer than its interval is not doubled. */
export function createUpkeep(background: Background) {
  const timers: NodeJS.Timeout[] = []
  return {
    every(ms: number, work: () => Promise<unknown>): void {
      let running = false
      const timer = setInterval(() => {
        if (running) return
        running = true
        background.run(() => work().finally(() => (running = false)))
      }, ms)
      // The listening socket keeps the process alive, not its upkeep.
      timers.push(timer.unref())
    },
    stop(): void {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
