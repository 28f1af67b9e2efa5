import type { Transaction } from '../kernel/transaction.js'

/** A browser or an app that a person has signed in with before, known by a token that it keeps. */
export interface KnownDevice {
  readonly id: string
  readonly userId: string
  /** Of its token, which nobody has but the device. */
  readonly digest: string
  /** In plain words: `Firefox on Linux`. */
  readonly name: string
  /** The network it was last seen from: IPv4 /24, IPv6 /48. */
  readonly ipPrefix: string | null
  readonly createdAt: Date
  readonly lastUsedAt: Date
  /** The user's when the proof began. What was forgotten under a newer one is forgotten, whoever wrote it late. */
  readonly securityVersion: number
  /** Wrong passwords in a row that came from it. */
  readonly failures: number
}

/** All that a sign-in needs to know of the devices of a person. */
export interface DeviceRecord {
  /** The one that was used last comes first. */
  readonly devices: readonly KnownDevice[]
  /** Wrong passwords in a row from devices that are not known. */
  readonly strangerFailures: number
  /** When the first of them came; null where there is none. */
  readonly strangersSince: Date | null
}

export interface DeviceStore {
  /** In one read, which is the same for somebody who does not exist. */
  find(userId: string, tx?: Transaction): Promise<DeviceRecord>
  insert(device: KnownDevice, tx?: Transaction): Promise<void>
  /** Somebody was signed in there. False where it is no device any more. */
  touch(id: string, seen: Pick<KnownDevice, 'name' | 'ipPrefix' | 'lastUsedAt'>, tx?: Transaction): Promise<boolean>
  /** Whether that user had it. */
  remove(tx: Transaction, userId: string, id: string): Promise<boolean>
  removeMany(userId: string, ids: readonly string[]): Promise<void>
  /**
   * Forgets all of them, and those that a sign-in of an older security version has yet to write; the one to keep goes
   * over into the new version. Failures start at zero: what was guessed at is no password any more.
   */
  forgetAll(tx: Transaction, userId: string, left: { securityVersion: number; keep: string | null }): Promise<void>
  /** How many there are with it; zero where it is no device any more. */
  countFailure(id: string): Promise<number>
  /** How many there are with it; those of a row that began before `since` are forgotten. */
  countStrangerFailure(userId: string, time: { readonly now: Date; readonly since: Date }): Promise<number>
  /** Only where it stands at that number: what was counted meanwhile is not forgotten. */
  forgetStrangerFailures(userId: string, counted: number): Promise<void>
  /** Nothing is left of that user. */
  removeAllOf(userId: string, tx?: Transaction): Promise<void>
}
