import type { Clock } from '../kernel/clock.js'
import { Unavailable } from '../kernel/errors.js'
import type { ClockComparison, Database } from './connection.js'

/** More than this, and expiries of one instance are nonsense to another. */
const trustedSkewMs = 10_000

export interface ClockWatch {
  /** Compares our clock with the database's. */
  check(): Promise<void>
  isTrusted(): boolean
  /**
   * The time that was judged, and not one of a moment later: a clock may be set between two readings.
   * @throws Unavailable while our clock is too far from the database's, or was never compared
   */
  trustedNow(): Date
}

export function createClockWatch(database: Database, clock: Clock): ClockWatch {
  let last: ClockComparison | null = null

  /** Between two comparisons a clock that is set shows in the one that cannot be: seconds of wrong verdicts are many. */
  function aheadMs(now: Date): number | null {
    if (last === null) return null
    const passedMs = clock.monotonicMs() - last.monotonicMs
    return last.aheadMs + (now.getTime() - last.wallMs - passedMs)
  }

  function isTrustworthy(now: Date): boolean {
    const ms = aheadMs(now)
    return ms !== null && Math.abs(ms) <= trustedSkewMs
  }

  return {
    async check() {
      last = (await database.ping()).comparison
    },
    isTrusted: () => isTrustworthy(clock.now()),
    trustedNow() {
      const now = clock.now()
      if (isTrustworthy(now)) return now
      throw new Unavailable(new Error(`Our clock and the database's are ${aheadMs(now) ?? 'unknown'} ms apart`))
    },
  }
}
