import type { IdentityChange } from '../kernel/identity-change.js'
import type { Subject } from '../kernel/subject.js'
import type { Session } from '../sessions/service.js'

export interface FeedHandlers {
  onChange(change: IdentityChange): void
  onBeat(beat: number): void
  /** The feed could not go on where it was: changes may have been missed. */
  onGap(): void
  onFault(cause: unknown): void
}

/** All changes of users, sessions and machines, from every instance, in the order of their writes. */
export interface ChangeFeed {
  /** Follows the changes from now on until closed. */
  follow(handlers: FeedHandlers): { close(): Promise<void> }
  /** Writes a numbered beat that comes back through the feed of this instance only. */
  beat(instanceId: string, beat: number): Promise<void>
}

export interface Readings<Thing> {
  find(id: string): Promise<Thing | null>
  /** From a primary that has proven that it still is one. */
  findVerdict(id: string): Promise<Thing | null>
}

export interface CallerReadings {
  readonly sessions: Readings<Session>
  readonly users: Readings<Subject>
}
