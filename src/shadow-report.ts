import type { Logger } from 'pino'
import type { ShadowDifference } from './authorization/index.js'
import type { Metrics } from './http/metrics.js'
import { userBehind } from './kernel/caller.js'

/** One kind of difference is logged once in this time, with how often it was seen since. */
const quietMs = 60_000
/** Coordinates × codes × sets of roles: a schema has hundreds, and nobody can invent more than the policy has. */
const mostKinds = 2_000

/** Counts every difference, and logs each kind of them once a minute. */
export function createShadowReport(
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
  monotonicMs: () => number,
): (difference: ShadowDifference) => void {
  const kinds = new Map<string, { loggedAtMs: number; unlogged: number }>()
  return ({ coordinate, caller, enforced, shadow }) => {
    metrics.shadowDiffered(coordinate, enforced, shadow)
    const roles = caller.kind === 'anonymous' ? [] : userBehind(caller).roles
    const difference = { coordinate, enforced, shadow, caller: caller.kind, roles }
    const key = JSON.stringify(difference)
    const nowMs = monotonicMs()
    const kind = kinds.get(key) ?? { loggedAtMs: -Infinity, unlogged: 0 }
    if (kinds.size >= mostKinds && !kinds.has(key)) kinds.clear()
    kinds.set(key, kind)
    kind.unlogged += 1
    if (nowMs - kind.loggedAtMs < quietMs) return
    logger.warn({ ...difference, times: kind.unlogged }, 'the shadow policy would have answered otherwise')
    kind.loggedAtMs = nowMs
    kind.unlogged = 0
  }
}
