import { Unavailable } from '../kernel/errors.js'
import type { Database } from './connection.js'

/** More than this, and expiries of one instance are nonsense to another. */
const trustedSkewMs = 10_000

export interface ClockWatch {
  /** Compares our clock with the database's. */
  check(): Promise<void>
  isTrusted(): boolean
  /** @throws Unavailable while our clock is too far from the database's, or was never compared */
  requireTrusted(): void
}

export function createClockWatch(database: Database): ClockWatch {
  let aheadMs: number | null = null
  const isTrusted = () => aheadMs !== null && Math.abs(aheadMs) <= trustedSkewMs
  return {
    async check() {
      aheadMs = (await database.ping()).aheadMs
    },
    isTrusted,
    requireTrusted() {
      if (isTrusted()) return
      throw new Unavailable(new Error(`Our clock and the database's are ${aheadMs ?? 'unknown'} ms apart`))
    },
  }
}
