/**
 * Whether the change stream can be trusted to have told us everything up to a second ago. Silence proves nothing: an
 * idle stream and a primary cut off from its majority are equally silent. So each instance writes numbered beats and
 * watches for them in the same stream; a beat that arrives proves that all changes before it have arrived as well.
 */
export interface Freshness {
  /** Note it before the beat is written. */
  sent(beat: number, nowMs: number): void
  seen(beat: number): void
  /** Whether the newest beat seen was sent less than a second ago. */
  isFresh(nowMs: number): boolean
  /** Whether any beat has come back since the start. */
  readonly everSeen: boolean
}

const windowMs = 1_000

export function createFreshness(): Freshness {
  const sentAtMs = new Map<number, number>()
  let freshUntilMs = -Infinity
  return {
    sent(beat, nowMs) {
      sentAtMs.set(beat, nowMs)
      // What is older than the window can prove nothing any more.
      for (const [old, atMs] of sentAtMs) {
        if (atMs > nowMs - windowMs) break
        sentAtMs.delete(old)
      }
    },
    seen(beat) {
      const atMs = sentAtMs.get(beat)
      if (atMs !== undefined) freshUntilMs = Math.max(freshUntilMs, atMs + windowMs)
    },
    isFresh: (nowMs) => nowMs < freshUntilMs,
    get everSeen() {
      return freshUntilMs !== -Infinity
    },
  }
}
