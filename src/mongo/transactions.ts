import { setTimeout as pause } from 'node:timers/promises'
import mongoose, { type ClientSession, type Connection } from 'mongoose'
import type { Clock } from '../kernel/clock.js'
import { Unavailable } from '../kernel/errors.js'
import { systemRandom } from '../kernel/random.js'
import type { Transaction } from '../kernel/transaction.js'
import { isDatabaseFault, within } from './faults.js'

const options = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
} as const

/**
 * Runs `work` until it commits, meets no conflict that is worth another try, or the time is up. (The driver's own
 * `withTransaction` goes on for two minutes; nobody waits that long for an answer.)
 * @throws Unavailable when the outcome is unknown or the retries are used up; whatever else `work` throws
 */
export async function runTransaction<Result>(
  { connection, clock, answerWithinMs }: { connection: Connection; clock: Clock; answerWithinMs: number },
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  const deadline = clock.monotonicMs() + answerWithinMs
  const session = connection.getClient().startSession()
  const commits = retried(session, clock, deadline, work)
  // Whatever is still under way when the answer is given up ends by itself: it may commit, so nobody may say that it
  // did not.
  const ended = commits.then(
    () => session.endSession(),
    () => session.endSession(),
  )
  void ended.catch(() => undefined)
  return within(answerWithinMs, commits)
}

const firstPauseMs = 10
const longestPauseMs = 160

async function retried<Result>(
  session: ClientSession,
  clock: Clock,
  deadline: number,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt(session, work, () => clock.monotonicMs() < deadline)
    } catch (cause) {
      if (!hasLabel(cause, 'TransientTransactionError')) throw isDatabaseFault(cause) ? new Unavailable(cause) : cause
      if (clock.monotonicMs() >= deadline) throw new Unavailable(cause)
      // The other transaction should be done before this one looks again, and of many not all at the same moment.
      await pause(spread(firstPauseMs * 2 ** tries))
    }
  }
}

/** Somewhere between half of it and all of it. */
function spread(ms: number): number {
  const chance = systemRandom(2).readUInt16BE() / 65_536
  return Math.min(ms, longestPauseMs) * (0.5 + chance / 2)
}

async function attempt<Result>(
  session: ClientSession,
  work: (tx: Transaction) => Promise<Result>,
  hasTime: () => boolean,
): Promise<Result> {
  session.startTransaction(options)
  try {
    const result = await work(session as unknown as Transaction)
    await commit(session, hasTime)
    return result
  } catch (cause) {
    // Best effort: a transaction that nobody commits is dropped by the server.
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined)
    throw cause
  }
}

/** A commit may be repeated: it happens once. One whose outcome stays unknown is a fault and never a verdict. */
async function commit(session: ClientSession, hasTime: () => boolean): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction()
      return
    } catch (cause) {
      if (!hasLabel(cause, 'UnknownTransactionCommitResult') || !hasTime()) throw cause
    }
  }
}

function hasLabel(cause: unknown, label: string): boolean {
  return cause instanceof mongoose.mongo.MongoError && cause.hasErrorLabel(label)
}
