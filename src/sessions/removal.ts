import type { EventMover } from '../audit/service.js'
import type { SessionStore } from './store.js'

/** For users who go: what waits in their sessions goes to the trail, and then the sessions can. */
export interface Removal {
  /** Moves the events of one user's sessions. */
  settle(userId: string): Promise<void>
  /** Of a user who is gone: what a sign-in under way has written after the others were removed. */
  removeLeft(userId: string): Promise<void>
}

export interface Leftovers {
  removeAllOf(userId: string): Promise<void>
}

export function createRemoval({
  store,
  mover,
  leftovers,
}: {
  store: SessionStore
  mover: Pick<EventMover, 'move'>
  leftovers: Leftovers
}): Removal {
  async function settle(userId: string): Promise<void> {
    const waiting = await store.listPendingOf(userId)
    await Promise.all(waiting.map((document) => mover.move(document)))
  }

  return {
    settle,
    async removeLeft(userId) {
      do await settle(userId)
      while (!(await store.removeAllOf(userId)))
      await leftovers.removeAllOf(userId)
    },
  }
}
