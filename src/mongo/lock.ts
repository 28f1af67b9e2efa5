import type { Connection } from 'mongoose'
import type { Clock } from '../kernel/clock.js'
import { Unavailable } from '../kernel/errors.js'
import { isDuplicateKey } from './faults.js'

interface LockDocument {
  _id: string
  holder: string
  heldUntil: Date
}

const leaseMs = 30_000
const retryMs = 200

/**
 * Runs `work` while no other instance runs work of that name. The lease is renewed while the work lasts and ends by
 * itself when the holder dies.
 * @param patienceMs how long to wait for another holder
 * @throws Unavailable when the lock was not to be had in that time
 */
export async function withLock<Result>(
  connection: Connection,
  { name, holder, clock, patienceMs }: { name: string; holder: string; clock: Clock; patienceMs: number },
  work: () => Promise<Result>,
): Promise<Result> {
  const locks = connection.collection<LockDocument>('locks')
  const deadline = clock.monotonicMs() + patienceMs
  while (!(await take())) {
    if (clock.monotonicMs() > deadline)
      throw new Unavailable(new Error(`The lock "${name}" is held by another instance`))
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
  let renewing: Promise<unknown> = Promise.resolve()
  const renewal = setInterval(() => {
    renewing = take().catch(() => undefined)
  }, leaseMs / 3)
  try {
    return await work()
  } finally {
    clearInterval(renewal)
    // One that is under way would bring the lock back after it was given up.
    await renewing
    await locks.deleteOne({ _id: name, holder })
  }

  async function take(): Promise<boolean> {
    const now = clock.now()
    try {
      await locks.updateOne(
        { _id: name, $or: [{ holder }, { heldUntil: { $lte: now } }] },
        { $set: { holder, heldUntil: new Date(now.getTime() + leaseMs) } },
        { upsert: true },
      )
      return true
    } catch (cause) {
      // The upsert met a live lock of somebody else's: its _id is taken and the filter did not match.
      if (isDuplicateKey(cause)) return false
      throw cause
    }
  }
}
