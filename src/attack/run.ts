/** One check after the other, and what came of each. */
import type { Clock } from '../kernel/clock.js'
import type { Random } from '../kernel/random.js'
import { createAttack, graphqlRequest, type Attack, type AttackSettings } from './attack.js'
import { failed, NotApplicable, Undecided, type Area, type Check, type Finding, type Outcome } from './check.js'
import { createClient, NoAnswer, type Bounds } from './client.js'
import type { Operations } from './operations.js'
import type { Target } from './target.js'

export interface Result extends Finding {
  readonly check: string
  readonly area: Area
  readonly title: string
  readonly reason: string
  readonly remedy: string
  readonly references: readonly string[]
}

/** What `--json` prints. The shape is stable: names are added, never taken away, as long as `version` is 1. */
export interface Report {
  readonly version: 1
  readonly target: string
  readonly requests: number
  readonly seconds: number
  readonly summary: Readonly<Record<Outcome, number>>
  readonly results: readonly Result[]
}

export interface Plan {
  readonly target: Target
  readonly checks: readonly Check[]
  readonly operations: Operations
  readonly settings: AttackSettings
  readonly bounds: Bounds
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly random: Random
  readonly onCheck?: (check: Check) => void
}

export async function runAttack({
  target,
  checks,
  operations,
  settings,
  bounds,
  headers,
  clock,
  random,
  onCheck,
}: Plan) {
  const client = createClient({ target, bounds, clock, headers })
  const attack = createAttack({ client, operations, settings, clock, random })
  const began = clock.monotonicMs()
  const results: Result[] = []
  try {
    let isDown = false
    for (const check of checks) {
      onCheck?.(check)
      const { id, area, title, reason, remedy, references } = check
      const finding: Finding = isDown
        ? undecided('Not tried: the server no longer answers.')
        : await findingOf(check, attack)
      isDown ||= finding === fallen
      results.push({ check: id, area, title, ...finding, reason, remedy, references })
    }
  } finally {
    client.close()
  }
  const seconds = Math.round((clock.monotonicMs() - began) / 100) / 10
  const report: Report = {
    version: 1,
    target: target.url.href,
    requests: client.sent(),
    seconds,
    summary: count(results),
    results,
  }
  return report
}

async function findingOf(check: Check, attack: Attack): Promise<Finding> {
  try {
    return await check.run(attack)
  } catch (cause) {
    if (cause instanceof NotApplicable) return { outcome: 'not-applicable', detail: cause.message }
    if (cause instanceof NoAnswer && (await hasFallen(attack))) return fallen
    if (cause instanceof Undecided) return undecided(cause.message)
    // A fault of the check: the others still have something to say.
    return undecided(`The check broke off: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

const fallen = failed('The server no longer answers.')
const undecided = (detail: string): Finding => ({ outcome: 'undecided', detail })

/** It answered before, and now it does not even answer the simplest question: whatever was asked last ended it. */
async function hasFallen({ client, sightings }: Attack): Promise<boolean> {
  if (sightings.answers() === 0) return false
  try {
    await client.send(graphqlRequest('{ __typename }', {}))
    return false
  } catch (cause) {
    return cause instanceof NoAnswer
  }
}

function count(results: readonly Result[]): Record<Outcome, number> {
  const summary = { pass: 0, fail: 0, warn: 0, undecided: 0, 'not-applicable': 0 }
  for (const { outcome } of results) summary[outcome] += 1
  return summary
}

/** Undecided is no pass, and no proof of anything either: it fails for those who ask for it. */
export function exitCodeOf({ summary }: Report, { strict }: { strict: boolean }): 0 | 1 {
  return summary.fail > 0 || (strict && summary.undecided > 0) ? 1 : 0
}
