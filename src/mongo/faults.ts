import mongoose from 'mongoose'
import { Unavailable } from '../kernel/errors.js'

const { MongoBulkWriteError, MongoError, MongoServerError } = mongoose.mongo

/** Answers that mean our own request was wrong; every other driver error means that the database could not answer. */
const ourMistakes = new Set([
  2 /* BadValue */, 9 /* FailedToParse */, 14 /* TypeMismatch */, 40 /* ConflictingUpdate */,
])

export function isDuplicateKey(cause: unknown): boolean {
  return cause instanceof MongoServerError && cause.code === 11000
}

/** Of many writes at once, some of which were there already: whether nothing else went wrong with any of them. */
export function isOnlyDuplicateKeys(cause: unknown): boolean {
  if (!(cause instanceof MongoBulkWriteError) || cause.result.getWriteConcernError() !== undefined) return false
  return cause.result.getWriteErrors().every(({ code }) => code === 11000)
}

/**
 * Writes many documents at once, in no order.
 * @returns those whose key was there already @throws what went wrong with any of the others
 */
export async function duplicatesAmong<Document>(
  documents: readonly Document[],
  write: () => Promise<unknown>,
): Promise<readonly Document[]> {
  try {
    await write()
    return []
  } catch (cause) {
    if (!(cause instanceof MongoBulkWriteError) || !isOnlyDuplicateKeys(cause)) throw cause
    const taken = new Set(cause.result.getWriteErrors().map(({ index }) => index))
    return documents.filter((_, index) => taken.has(index))
  }
}

/** Whether the database is to blame: away, too slow, or without a primary. */
export function isDatabaseFault(cause: unknown): boolean {
  if (cause instanceof mongoose.Error.MongooseServerSelectionError) return true
  if (cause instanceof mongoose.Error && /buffering timed out|before initial connection/.test(cause.message))
    return true
  if (!(cause instanceof MongoError)) return false
  if (isDuplicateKey(cause)) return false
  return !(cause instanceof MongoServerError && ourMistakes.has(Number(cause.code)))
}

/**
 * The same store, whose methods say Unavailable when the database cannot answer, or not in time: the driver tries a read
 * twice, and a primary that hangs costs a socket's time-out each. Inside a transaction errors keep their labels, by
 * which it is decided whether to run it again.
 */
export function reportingFaults<Store extends object>(store: Store, answerWithinMs: number): Store {
  const wrapped: Record<string, unknown> = {}
  for (const [name, method] of Object.entries(store)) {
    wrapped[name] =
      typeof method !== 'function'
        ? method
        : async (...args: unknown[]) => {
            try {
              if (runsInTransaction(args)) return await method.apply(store, args)
              return await within(answerWithinMs, method.apply(store, args))
            } catch (cause) {
              if (!runsInTransaction(args) && isDatabaseFault(cause)) throw new Unavailable(cause)
              throw cause
            }
          }
  }
  return wrapped as Store
}

/** How long a caller waits for the database before the answer is UNAVAILABLE, where nothing else is set. */
export const usualAnswerMs = 2_000

/** What comes later than that is not waited for; a write may still happen, so its outcome is unknown and no verdict. */
export async function within<Result>(ms: number, answer: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unavailable(new Error('The database took too long'))), ms)
  })
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

function runsInTransaction(args: readonly unknown[]): boolean {
  return args.some((argument) => argument instanceof mongoose.mongo.ClientSession)
}
