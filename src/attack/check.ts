/** What a check is, and what can come of it. One check is one rule, in a file of its own. */
import type { Attack } from './attack.js'

export type Outcome = 'pass' | 'fail' | 'warn' | 'undecided' | 'not-applicable'

export interface Finding {
  readonly outcome: Outcome
  /** What was seen, in one sentence. */
  readonly detail: string
}

export const areas = ['Sign-in', 'Tokens', 'Sessions', 'Objects', 'GraphQL', 'HTTP', 'Answers'] as const
export type Area = (typeof areas)[number]

export interface Check {
  /** For `--only` and for programs; never renamed. */
  readonly id: string
  readonly area: Area
  /** What should hold. */
  readonly title: string
  /** What somebody could do otherwise. */
  readonly reason: string
  readonly remedy: string
  /** Standards: RFC, OWASP ASVS 5.0, OWASP API Security Top 10 (2023), OWASP cheat sheets. */
  readonly references: readonly string[]
  /** Throws NotApplicable or Undecided where it cannot judge; never guesses. */
  readonly run: (attack: Attack) => Promise<Finding>
}

export const passed = (detail: string): Finding => ({ outcome: 'pass', detail })
export const failed = (detail: string): Finding => ({ outcome: 'fail', detail })
export const warned = (detail: string): Finding => ({ outcome: 'warn', detail })

/**
 * What went through where nothing should have.
 *
 * @param found names of what did
 * @param heldOff how many requests were refused for going too fast, which says nothing about them
 * @throws Undecided when nothing was found among those that were looked at
 */
export function unlessFound(found: readonly string[], clean: string, heldOff = 0): Finding {
  if (found.length === 0 && heldOff > 0) throw new Undecided(`${heldOff} requests were throttled; try again later.`)
  return found.length === 0 ? passed(clean) : failed([...new Set(found)].join('; '))
}

/** The server has no such thing, so that there is nothing to attack. Not a pass. */
export class NotApplicable extends Error {}

/** It could not be found out: throttled, too noisy, no answer. Not a pass either. */
export class Undecided extends Error {}
