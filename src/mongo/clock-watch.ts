import { Unavailable } from '../kernel/errors.js'
import type { Database } from './connection.js'

/** More than this, and expiries of one instance are nonsense to another. */
const trustedSkewMs = 10_000

export interface ClockWatch {
  /** Compares our clock with the database's. */
  check(): Promise<void>
  /** @throws Unavailable while our clock is too far from the database's, or was never compared */
  requireTrusted(): void
  /** Milliseconds our clock is ahead; null before the first comparison. */
  readonly aheadMs: number | null
}

export function createClockWatch(database: Database): ClockWatch {
  let aheadMs: number | null = null
  return {
    async check() {
      aheadMs = (await database.ping()).aheadMs
    },
    requireTrusted() {
      if (aheadMs === null || Math.abs(aheadMs) > trustedSkewMs) {
        throw new Unavailable(new Error(`Our clock and the database's are ${aheadMs ?? 'unknown'} ms apart`))
      }
    },
    get aheadMs() {
      return aheadMs
    },
  }
}
