import { systemClock, type Clock } from '../../src/kernel/clock.js'

/** A clock that goes on when it is told to: what takes time decides no test. Beyond ten seconds nobody believes it. */
export function setClock(): { clock: Clock; pass(ms: number): void } {
  let aheadMs = 0
  return {
    clock: { ...systemClock, now: () => new Date(systemClock.now().getTime() + aheadMs) },
    pass(ms) {
      aheadMs += ms
    },
  }
}
