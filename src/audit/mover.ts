import type { AuditEvent } from './events.js'
import type { AuditStore, PendingDocument, PendingEvents } from './store.js'

/** Moves events from the documents that they were committed in to the trail. What fails is found again by a sweep. */
export interface EventMover {
  /**
   * Moves the events of one document that has just been written. What comes while others are being moved goes together
   * in the next write: a hundred sign-ins at once are a few writes and not two hundred.
   */
  move(document: PendingDocument): Promise<void>
  /** Moves what an instance left behind that died between its write and the move. */
  sweep(): Promise<void>
}

const batchSize = 100

export function createEventMover(
  store: Pick<AuditStore, 'insertMany'>,
  source: PendingEvents,
  tell: (events: readonly AuditEvent[]) => Promise<void> = async () => undefined,
): EventMover {
  let waiting: PendingDocument[] = []
  let running: Promise<void> | null = null

  /** In this order: an event that is in both places is there once more, one that is in neither is lost. */
  async function moveAll(documents: readonly PendingDocument[]): Promise<void> {
    const events = documents.flatMap(({ events }) => events)
    await store.insertMany(events)
    await tell(events)
    await source.clearPending(documents)
  }

  async function moveWaiting(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, batchSize)
        waiting = waiting.slice(batchSize)
        await moveAll(batch)
      }
    } finally {
      // In the same moment in which nothing waits any more: what comes next begins anew.
      running = null
    }
  }

  return {
    move(document) {
      waiting.push(document)
      running ??= moveWaiting()
      return running
    },
    async sweep() {
      for (;;) {
        const left = await source.listPending(batchSize)
        if (left.length === 0) return
        await moveAll(left)
      }
    },
  }
}
