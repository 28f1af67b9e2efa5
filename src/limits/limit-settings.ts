import type { BackoffSettings } from './backoff.js'

export interface LimitSettings extends BackoffSettings {
  /** An account's failures are forgotten so long after the first of them. */
  readonly accountMemoryMs: number
  /** Failures in a row are forgotten so long after the first of them, where there is an end to trying. */
  readonly rowMemoryMs: number
  readonly networkFailures: number
  readonly networkWindowMs: number
  readonly signUpsPerNetwork: number
  readonly signUpWindowMs: number
  /** What anybody may ask for without a proof and that ends in a mail: resets, new links. */
  readonly mailRequestsPerNetwork: number
  readonly mailRequestWindowMs: number
  /** Of those mails that strangers can ask for; what happened to an account is always told. */
  readonly mailsPerRecipient: number
  readonly mailWindowMs: number
  /** Not longer than the link of such a mail lives: whoever cannot have another one has one that is good. */
  readonly resetMailWindowMs: number
  /** New passwords of one user that are looked at, by a change or a link: looking takes up to a second of CPU. */
  readonly passwordChoices: number
  readonly passwordChoiceWindowMs: number
  /** Of one caller, all together. */
  readonly changesPerMinute: number
}

/** security.md, "throttling by identity". */
export const defaultLimits: LimitSettings = {
  accountFailures: 5,
  accountFirstDelayMs: 1_000,
  accountMaxDelayMs: 60_000,
  accountMemoryMs: 86_400_000,
  rowMemoryMs: 2_592_000_000,
  networkFailures: 100,
  networkWindowMs: 900_000,
  signUpsPerNetwork: 20,
  signUpWindowMs: 900_000,
  mailRequestsPerNetwork: 20,
  mailRequestWindowMs: 900_000,
  mailsPerRecipient: 5,
  mailWindowMs: 3_600_000,
  resetMailWindowMs: 1_800_000,
  passwordChoices: 20,
  passwordChoiceWindowMs: 1_800_000,
  changesPerMinute: 120,
}

/** Where more is laxer; of the others less is. */
const countsOfTries = new Set<string>([
  'accountFailures',
  'networkFailures',
  'signUpsPerNetwork',
  'mailRequestsPerNetwork',
  'mailsPerRecipient',
  'passwordChoices',
  'changesPerMinute',
])

/** The names of what is laxer than the default. */
export function loosened(settings: Partial<LimitSettings>): string[] {
  const standard: Readonly<Record<string, number>> = { ...defaultLimits }
  return Object.entries(settings)
    .filter(([name, value]) => {
      const usual = standard[name] ?? value
      return countsOfTries.has(name) ? value > usual : value < usual
    })
    .map(([name]) => name)
}
