/**
 * What is counted: an account's first attempts, those that had to wait for their turn, those that failed in a row, a
 * network's attempts, and the sign-ups and requests for mail from a network, mails to a recipient, new passwords of a user, and what a caller
 * changes. Keys are digests of addresses, or ids: the database learns no address.
 */
export type Counter =
  | 'account'
  | 'account-paced'
  | 'row'
  | 'network'
  | 'sign-up'
  | 'mail-request'
  | 'mail'
  | 'reset-mail'
  | 'sign-in-mail'
  | 'password-choice'
  | 'change'

export interface Count {
  readonly count: number
  /** Until the counter starts again at zero. */
  readonly endsInMs: number
}

/** Counters that are shared by all instances, and gates that let one through at a time. */
export interface LimitStore {
  /** Adds one in a single write, so that of parallel callers each sees another number. Starts a window if none runs. */
  count(counter: Counter, key: string, windowMs: number): Promise<Count>
  read(counter: Counter, key: string): Promise<number>
  /** Takes one off again, never below zero. */
  giveBack(counter: Counter, key: string): Promise<void>
  forget(counter: Counter, key: string): Promise<void>
  /** Lets one caller through and shuts behind it for `shutMs`; for all others, how long it stays shut. */
  passGate(key: string, shutMs: number): Promise<'passed' | { readonly shutForMs: number }>
  openGate(key: string): Promise<void>
}
