/** The only teller of time: rules take `now` as an argument, services take a clock. */
export interface Clock {
  now(): Date
  /** Milliseconds from an arbitrary start; never steps back, unlike `now` (a corrected wall clock does). */
  monotonicMs(): number
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}
