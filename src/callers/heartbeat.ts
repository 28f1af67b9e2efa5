import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../kernel/clock.js'
import type { Freshness } from './freshness.js'
import type { ChangeFeed } from './store.js'

export interface Heartbeat {
  /** Resolves when the first beat has come back, or when it is clear that none does for now. */
  start(): Promise<void>
  stop(): void
}

const beatEveryMs = 250
const firstBeatsEveryMs = 25
const firstBeatWithinMs = 10_000

/** Sends the beats by which freshness is proven; they come back through the feed. */
export function createHeartbeat(deps: {
  feed: ChangeFeed
  freshness: Freshness
  clock: Clock
  instanceId: string
  onFault: (cause: unknown) => void
}): Heartbeat {
  const { feed, freshness, clock, instanceId, onFault } = deps
  let beat = 0
  let isSending = false
  let timer: NodeJS.Timeout | undefined

  async function send(): Promise<void> {
    if (isSending) return
    isSending = true
    beat += 1
    freshness.sent(beat, clock.monotonicMs())
    try {
      await feed.beat(instanceId, beat)
    } catch (cause) {
      onFault(cause)
    } finally {
      isSending = false
    }
  }

  return {
    async start() {
      timer = setInterval(() => void send(), beatEveryMs)
      const deadline = clock.monotonicMs() + firstBeatWithinMs
      // A beat before the stream begins is not in it, and nobody says when it does: until one is seen, they come quickly.
      while (!freshness.everSeen) {
        void send()
        // Not fatal: the service is right without the stream, only slower. Readiness tells the operator.
        if (clock.monotonicMs() > deadline) return onFault(new Error('The change stream has shown no beat yet'))
        await pause(firstBeatsEveryMs)
      }
    },
    stop() {
      clearInterval(timer)
    },
  }
}
