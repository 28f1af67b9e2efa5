import { defaultOperations, type Operations } from '../../src/attack/operations.js'
import type { AttackSettings } from '../../src/attack/attack.js'
import { checks } from '../../src/attack/checks.js'
import { runAttack, type Report } from '../../src/attack/run.js'
import { resolveTarget } from '../../src/attack/target.js'
import { systemClock } from '../../src/kernel/clock.js'
import { systemRandom } from '../../src/kernel/random.js'

export interface AttackOptions extends Partial<AttackSettings> {
  /** All of them unless named. */
  readonly only?: readonly string[]
  readonly operations?: Operations
  readonly headers?: Record<string, string>
  readonly maxRequests?: number
}

export async function attackOn(url: string, options: AttackOptions = {}): Promise<Report> {
  const { only, operations = defaultOperations, headers = {}, maxRequests = 2_000, ...settings } = options
  return runAttack({
    target: await resolveTarget(url, { allowRemote: false, hostIsMine: undefined }),
    checks: only === undefined ? checks : checks.filter(({ id }) => only.includes(id)),
    operations,
    settings: { origin: new URL(url).origin, patienceMs: 0, samples: 8, person: null, second: null, ...settings },
    bounds: { maxRequests, maxMs: 120_000 },
    headers,
    clock: systemClock,
    random: systemRandom,
  })
}

/** What came of it, by check. */
export const outcomesOf = ({ results }: Report): Record<string, string> =>
  Object.fromEntries(results.map(({ check, outcome }) => [check, outcome]))
