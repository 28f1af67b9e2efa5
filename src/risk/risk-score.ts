const riskReasonNames = [
  'unknown-device',
  'no-device-known',
  'new-user-agent',
  'new-network',
  'failures',
  'velocity',
  'breached-password',
] as const

/** What speaks for somebody else being at the door. */
export type RiskReason = (typeof riskReasonNames)[number]

export interface RiskFacts {
  /** Whether the device has shown a token of this person's. */
  readonly isKnown: boolean
  /** All that are known of this person. */
  readonly devices: readonly { readonly name: string; readonly ipPrefix: string | null; readonly createdAt: Date }[]
  readonly arriving: { readonly name: string; readonly ipPrefix: string | null }
  /** Wrong passwords in a row before the right one, from devices that are not known. */
  readonly failures: number
  readonly isBreached: boolean
}

export type RiskOutcome = 'allow' | 'notify' | 'second-factor' | 'refuse'

/** From these scores on; what is left out, never. */
export interface RiskThresholds {
  readonly notify?: number
  readonly secondFactor?: number
  readonly refuse?: number
}

export interface RiskVerdict {
  readonly score: number
  readonly reasons: readonly RiskReason[]
  readonly outcome: RiskOutcome
}

/** A browser that has lost its cookies at home is no news; a new one, or one in another network, is. */
export const riskWeights: Readonly<Record<RiskReason, number>> = {
  'unknown-device': 30,
  // Instead of the one above and the two below, where there is nothing to compare with: also of an account that nobody
  // has signed in to yet, because whoever comes first need not be its owner.
  'no-device-known': 40,
  'new-user-agent': 20,
  'new-network': 20,
  failures: 20,
  velocity: 20,
  'breached-password': 30,
}

/**
 * What a sign-in may come to after a new password by mail, which has forgotten all devices, once strangers fail at it
 * again. An outcome that keeps owners out has to lie above: they would have no way back.
 */
export const scoreAfterReset = riskWeights['no-device-known'] + riskWeights.failures

/** As many as an owner mistypes. */
const manyFailures = 5

/** So many new devices in a day are more than somebody unpacks. */
const manyDevices = 3
const dayMs = 86_400_000

/** The reasons, in the order of the weights. */
export function riskReasons(facts: RiskFacts, now: Date): RiskReason[] {
  const { isKnown, devices, arriving, failures, isBreached } = facts
  // An address that tells nothing is like no other, not like the next one of the kind.
  const isNew = (property: 'name' | 'ipPrefix') =>
    arriving[property] === null || devices.every((device) => device[property] !== arriving[property])
  const since = now.getTime() - dayMs
  const isFirst = devices.length === 0
  const holds: Readonly<Record<RiskReason, boolean>> = {
    'unknown-device': !isKnown && !isFirst,
    'no-device-known': !isKnown && isFirst,
    'new-user-agent': !isFirst && isNew('name'),
    'new-network': !isFirst && isNew('ipPrefix'),
    failures: !isKnown && failures >= manyFailures,
    velocity: !isKnown && devices.filter(({ createdAt }) => createdAt.getTime() > since).length >= manyDevices,
    'breached-password': !isKnown && isBreached,
  }
  return riskReasonNames.filter((reason) => holds[reason])
}

/** What the policy makes of it. A known device is never refused: whoever has it has been here, password and all. */
export function riskVerdict(facts: RiskFacts, now: Date, thresholds: RiskThresholds): RiskVerdict {
  const reasons = riskReasons(facts, now)
  const score = reasons.reduce((sum, reason) => sum + riskWeights[reason], 0)
  return { score, reasons, outcome: outcomeOf(score, facts.isKnown, thresholds) }
}

function outcomeOf(score: number, isKnown: boolean, thresholds: RiskThresholds): RiskOutcome {
  const { notify = Infinity, secondFactor = Infinity, refuse = Infinity } = thresholds
  if (!isKnown && score >= refuse) return 'refuse'
  if (score >= secondFactor) return 'second-factor'
  return score >= notify ? 'notify' : 'allow'
}
