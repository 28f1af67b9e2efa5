import type { Transaction } from '../kernel/transaction.js'
import type { Message } from './messages.js'

/** A message on its way. */
export interface OutboxItem {
  readonly id: string
  readonly message: Message
  readonly createdAt: Date
  /** How often it was taken, this time included. */
  readonly attempts: number
}

export interface NewOutboxItem {
  readonly id: string
  readonly message: Message
  readonly createdAt: Date
  /** From when on it is to be sent. */
  readonly dueAt: Date
}

export interface OutboxStore {
  /** Those that are there already stay as they are, outside of a transaction; in one that is a mistake. */
  insertMany(items: readonly NewOutboxItem[], tx?: Transaction): Promise<void>
  /** The one that is due longest, which nobody else gets before `leasedUntil`; null when none is due. */
  take(now: Date, leasedUntil: Date): Promise<OutboxItem | null>
  /** Only while it is still this taking of it that holds: one whose lease ran out belongs to whoever took it since. */
  remove(item: OutboxItem): Promise<void>
  /** Those to one address, and those about one user. */
  removeAbout(tx: Transaction, whom: { readonly userId: string; readonly email: string | null }): Promise<void>
  removeKinds(
    tx: Transaction,
    kinds: readonly Message['kind'][],
    of: { userId: string } | { email: string },
  ): Promise<void>
  removeById(tx: Transaction, id: string): Promise<void>
  /** As `remove`: it may be taken again from then on. */
  postpone(item: OutboxItem, dueAt: Date): Promise<void>
}
