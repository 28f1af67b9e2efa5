import mongoose from 'mongoose'
import { Unavailable } from '../kernel/errors.js'

const { MongoError, MongoServerError } = mongoose.mongo

/** Answers that mean our own request was wrong; every other driver error means that the database could not answer. */
const ourMistakes = new Set([
  2 /* BadValue */, 9 /* FailedToParse */, 14 /* TypeMismatch */, 40 /* ConflictingUpdate */,
])

export function isDuplicateKey(cause: unknown): boolean {
  return cause instanceof MongoServerError && cause.code === 11000
}

/** Whether the database is to blame: away, too slow, or without a primary. */
export function isDatabaseFault(cause: unknown): boolean {
  if (cause instanceof mongoose.Error.MongooseServerSelectionError) return true
  if (cause instanceof mongoose.Error && /buffering timed out|before initial connection/.test(cause.message))
    return true
  if (!(cause instanceof MongoError)) return false
  if (isDuplicateKey(cause)) return false
  // 121 is a validator of ours that refused; like the other mistakes it is a defect, to be reported as one.
  return !(cause instanceof MongoServerError && (cause.code === 121 || ourMistakes.has(Number(cause.code))))
}

/** The same store, whose methods say Unavailable when the database cannot answer. Errors inside a transaction keep
 * their driver labels, because the driver decides by them whether to run it again. */
export function reportingFaults<Store extends object>(store: Store): Store {
  const wrapped: Record<string, unknown> = {}
  for (const [name, method] of Object.entries(store)) {
    wrapped[name] =
      typeof method !== 'function'
        ? method
        : async (...args: unknown[]) => {
            try {
              return await method.apply(store, args)
            } catch (cause) {
              if (isDatabaseFault(cause) && !runsInTransaction(args)) throw new Unavailable(cause)
              throw cause
            }
          }
  }
  return wrapped as Store
}

function runsInTransaction(args: readonly unknown[]): boolean {
  return args.some((argument) => argument instanceof mongoose.mongo.ClientSession)
}
