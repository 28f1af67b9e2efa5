import type { Connection } from 'mongoose'
import { RateLimiterMongo, RateLimiterRes, type IRateLimiterMongoFunctionOptions } from 'rate-limiter-flexible'
import { Unavailable } from '../kernel/errors.js'
import type { LimitStore } from './store.js'

const collection = 'rateLimits'

/** Each call brings its own window; the library knows the option, its types for MongoDB do not. */
interface WindowOption extends IRateLimiterMongoFunctionOptions {
  customDuration: number
}

/** Zero would mean a window that never ends: an account that is shut for good. */
const lasting = (ms: number): WindowOption => ({ attrs: {}, customDuration: Math.max(1, ms) / 1000 })

/**
 * No in-memory blocking and no insurance limiter: a count that only this instance knows is a way around the limit, and
 * without the database there is no verdict.
 */
export function createMongoLimitStore(connection: Connection): LimitStore {
  const { db } = connection
  if (db === undefined) throw new Unavailable(new Error('The database connection is not open yet'))
  const documents = db.collection(collection)
  // Indexes come from mongo/migrations.ts.
  const shared = { storeClient: db, tableName: collection, disableIndexesCreation: true, duration: 1 }
  // Never full: what is too many is the service's to say.
  const counters = new RateLimiterMongo({ ...shared, keyPrefix: '', points: Number.MAX_SAFE_INTEGER })
  const gates = new RateLimiterMongo({ ...shared, keyPrefix: 'gate', points: 1 })

  return {
    async count(counter, key, windowMs) {
      const { consumedPoints, msBeforeNext } = await counters.consume(`${counter}:${key}`, 1, lasting(windowMs))
      return { count: consumedPoints, endsInMs: msBeforeNext }
    },

    async read(counter, key) {
      return (await counters.get(`${counter}:${key}`))?.consumedPoints ?? 0
    },

    async giveBack(counter, key) {
      // The library's `reward` would start a window at −1 where none runs any more.
      await documents.updateOne({ key: `${counter}:${key}`, points: { $gt: 0 } }, { $inc: { points: -1 } })
    },

    async forget(counter, key) {
      await counters.delete(`${counter}:${key}`)
    },

    async passGate(key, shutMs) {
      try {
        await gates.consume(key, 1, lasting(shutMs))
        return 'passed'
      } catch (cause) {
        // How the library says "no"; an error is anything else.
        if (cause instanceof RateLimiterRes) return { shutForMs: cause.msBeforeNext }
        throw cause
      }
    },

    async openGate(key) {
      await gates.delete(key)
    },
  }
}
