export interface BackoffSettings {
  /** So many failures in a row are free of a wait. */
  readonly accountFailures: number
  /** The wait after the last of them; it doubles with each further failure. */
  readonly accountFirstDelayMs: number
  readonly accountMaxDelayMs: number
}

/** How long an account rests after so many failures in a row: nothing at first, then 1, 2, 4 … 60 s. */
export function delayAfterMs(failures: number, settings: BackoffSettings): number {
  const doublings = failures - settings.accountFailures
  if (doublings < 0) return 0
  return Math.min(settings.accountFirstDelayMs * 2 ** doublings, settings.accountMaxDelayMs)
}
