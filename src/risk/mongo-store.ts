import { Schema, trusted, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import type { DeviceRecord, DeviceStore, KnownDevice } from './store.js'

/** A device, or what is kept of a user beside them: so that one read finds both. Of the latter the id is the user's. */
interface DeviceDocument extends Partial<Omit<KnownDevice, 'id' | 'userId'>> {
  _id: string
  userId: string
  /** Devices of an older security version are forgotten. */
  forgottenBefore?: number
  strangerFailures?: number
  strangersSince?: Date
}

const schema = new Schema<DeviceDocument>(
  {
    _id: String,
    userId: { type: String, required: true },
    digest: String,
    name: String,
    ipPrefix: { type: String, default: undefined },
    createdAt: Date,
    lastUsedAt: Date,
    securityVersion: Number,
    forgottenBefore: Number,
    strangerFailures: Number,
    strangersSince: Date,
    failures: Number,
  },
  {
    strict: 'throw',
    strictQuery: 'throw',
    versionKey: false,
    autoIndex: false,
    autoCreate: false,
    collection: 'devices',
  },
)

/** Once per connection: mongoose registers the model on it. */
export function createMongoDeviceStore(connection: Connection): DeviceStore {
  const model = connection.model<DeviceDocument>('Device', schema)
  const devicesOf = (userId: string) => ({ userId, digest: trusted({ $exists: true }) })

  return {
    async find(userId, tx) {
      return recordOf(await model.find({ userId }, null, inTransaction(tx)).lean())
    },

    async insert({ id, ...device }, tx) {
      await model.insertMany([{ _id: id, ...device }], inTransaction(tx))
    },

    async touch(id, seen, tx) {
      const { matchedCount } = await model.updateOne({ _id: id }, { $set: { ...seen, failures: 0 } }, inTransaction(tx))
      return matchedCount === 1
    },

    async remove(tx, userId, id) {
      const { deletedCount } = await model.deleteOne({ ...devicesOf(userId), _id: id }, inTransaction(tx))
      return deletedCount === 1
    },

    async removeMany(userId, ids) {
      await model.deleteMany({ ...devicesOf(userId), _id: trusted({ $in: [...ids] }) })
    },

    async forgetAll(tx, userId, { securityVersion, keep }) {
      const options = inTransaction(tx)
      await model.deleteMany({ ...devicesOf(userId), _id: trusted({ $ne: keep }) }, options)
      await model.updateMany(devicesOf(userId), { $set: { securityVersion, failures: 0 } }, options)
      await model.updateOne(
        { _id: userId },
        { $set: { userId, forgottenBefore: securityVersion, strangerFailures: 0 }, $unset: { strangersSince: 1 } },
        { upsert: true, ...options },
      )
    },

    async countFailure(id) {
      const counted = await model
        .findOneAndUpdate({ _id: id }, { $inc: { failures: 1 } }, { returnDocument: 'after' })
        .lean()
      return counted?.failures ?? 0
    },

    async countStrangerFailure(userId, { now, since }) {
      const isSameRow = { $gt: ['$strangersSince', since] }
      const strangerFailures = { $cond: [isSameRow, { $add: ['$strangerFailures', 1] }, 1] }
      const strangersSince = { $cond: [isSameRow, '$strangersSince', now] }
      const counted = await model.collection.findOneAndUpdate(
        { _id: userId as never },
        [{ $set: { userId, strangerFailures, strangersSince } }],
        { upsert: true, returnDocument: 'after' },
      )
      return Number(counted?.['strangerFailures'])
    },

    async forgetStrangerFailures(userId, counted) {
      await model.updateOne(
        { _id: userId, strangerFailures: counted },
        { $set: { strangerFailures: 0 }, $unset: { strangersSince: 1 } },
      )
    },

    async removeAllOf(userId, tx) {
      await model.deleteMany({ userId }, inTransaction(tx))
    },
  }
}

function recordOf(documents: readonly DeviceDocument[]): DeviceRecord {
  const beside = documents.find(({ digest }) => digest === undefined)
  const forgottenBefore = beside?.forgottenBefore ?? 0
  return {
    devices: documents
      .flatMap((document) => deviceOf(document) ?? [])
      .filter(({ securityVersion }) => securityVersion >= forgottenBefore)
      .toSorted((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime()),
    strangerFailures: beside?.strangerFailures ?? 0,
    strangersSince: beside?.strangersSince ?? null,
  }
}

function deviceOf({ _id: id, userId, ipPrefix = null, ...rest }: DeviceDocument): KnownDevice | null {
  const { digest, name, createdAt, lastUsedAt, securityVersion, failures = 0 } = rest
  if (digest === undefined) return null
  if (!name || !createdAt || !lastUsedAt || securityVersion === undefined)
    throw new Error('A device without its name or its times is in the database')
  return { id, userId, digest, name, ipPrefix, createdAt, lastUsedAt, securityVersion, failures }
}
