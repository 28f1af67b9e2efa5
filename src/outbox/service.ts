/**
 * Owns what is to be sent because of a change: written together with the change, kept until it is done, given to one
 * sender at a time. Does not own what a message says or how it is sent (mail).
 */
import { ulid } from 'ulid'
import type { Clock } from '../kernel/clock.js'
import type { Random } from '../kernel/random.js'
import type { Transaction } from '../kernel/transaction.js'
import type { Message } from './messages.js'
import { retryDelayMs } from './retry-delay.js'
import type { OutboxItem, OutboxStore } from './store.js'

export interface OutboxService {
  /** To be sent once the transaction has committed, where there is one. @throws Unavailable */
  put(message: Message, tx?: Transaction): Promise<void>
  /** The same of what follows from events, by their ids: each of them once, however often it is put. */
  putNotices(notices: readonly { readonly id: string; readonly message: Message }[], tx?: Transaction): Promise<void>
  /** Nothing that waits for this user or address is sent any more. Part of what makes them go. */
  forget(tx: Transaction, whom: { readonly userId: string; readonly email: string | null }): Promise<void>
  /** What waits of those kinds, of a user or to an address, is sent no more: it was overtaken. */
  withdraw(
    tx: Transaction,
    kinds: readonly Message['kind'][],
    of: { userId: string } | { email: string },
  ): Promise<void>
  /** It has come, whatever its mail server says: its link was used. */
  drop(tx: Transaction, messageId: string): Promise<void>
  /** Calls back soon after something was put here; what other instances put, or left behind, only a look can tell. */
  onPut(listener: () => void): void
  /** The next message that is due, for `leaseMs`; null when there is none. @throws Unavailable */
  take(): Promise<OutboxItem | null>
  /** It was sent. */
  done(item: OutboxItem): Promise<void>
  /** It was not: again later, or `abandoned` when it has been tried for long enough. */
  failed(item: OutboxItem): Promise<'later' | 'abandoned'>
}

/** Longer than sending one can take: otherwise another instance would send it as well. */
export const leaseMs = 60_000

export function createOutbox({
  store,
  clock,
  random,
}: {
  store: OutboxStore
  clock: Clock
  random: Random
}): OutboxService {
  const listeners: (() => void)[] = []

  async function insert(messages: readonly { id: string; message: Message }[], tx?: Transaction): Promise<void> {
    if (messages.length === 0) return
    const now = clock.now()
    await store.insertMany(
      messages.map((each) => ({ ...each, createdAt: now, dueAt: now })),
      tx,
    )
    for (const listener of listeners) listener()
  }

  return {
    put: (message, tx) => insert([{ id: newOutboxId(clock.now(), random), message }], tx),
    putNotices: (notices, tx) =>
      insert(
        notices.map(({ id, message }) => ({ id: `out_${id}`, message })),
        tx,
      ),
    forget: (tx, whom) => store.removeAbout(tx, whom),
    withdraw: (tx, kinds, of) => store.removeKinds(tx, kinds, of),
    drop: (tx, messageId) => store.removeById(tx, messageId),
    onPut: (listener) => void listeners.push(listener),
    take() {
      const now = clock.now()
      return store.take(now, new Date(now.getTime() + leaseMs))
    },
    done: (item) => store.remove(item),
    async failed(item) {
      const now = clock.now()
      const delayMs = retryDelayMs(item.attempts, now.getTime() - item.createdAt.getTime())
      if (delayMs === null) {
        await store.remove(item)
        return 'abandoned'
      }
      await store.postpone(item, new Date(now.getTime() + delayMs))
      return 'later'
    },
  }
}

/** Sorts by time, so that a folder of mails does. */
function newOutboxId(now: Date, random: Random): string {
  return `out_${ulid(now.getTime(), () => random(4).readUInt32BE() / 2 ** 32).toLowerCase()}`
}

export type { Message, NoticeTopic } from './messages.js'
export type { OutboxItem } from './store.js'
