import { Schema, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import { duplicatesAmong } from '../mongo/faults.js'
import { foreignMark } from './foreign-hash.js'
import type { CredentialStore } from './store.js'

interface CredentialDocument {
  _id: string
  passwordHash: string
  changedAt: Date
  /** Absent in older ones, which are long enough. */
  isShort?: boolean
}

const credentialSchema = new Schema<CredentialDocument>(
  {
    _id: String,
    passwordHash: { type: String, required: true },
    changedAt: { type: Date, required: true },
    isShort: Boolean,
  },
  { strict: 'throw', versionKey: false, autoIndex: false, autoCreate: false, collection: 'credentials' },
)

const isImported = { passwordHash: { $regex: `^${foreignMark}` } }

/** Once per connection: mongoose registers the model on it. */
export function createMongoCredentialStore(connection: Connection): CredentialStore {
  const credentials = connection.model<CredentialDocument>('Credential', credentialSchema)
  // For thousands at once: mongoose would make a document of each, at several times the cost.
  const imported = connection.collection<CredentialDocument>('credentials')

  return {
    async findHash(userId) {
      const found = await credentials.findById(userId).lean()
      return found?.passwordHash ?? null
    },

    async findChangedAt(userId) {
      const found = await credentials.findById(userId, { changedAt: 1 }).lean()
      return found?.changedAt ?? null
    },

    async put(tx, { userId, ...change }) {
      await credentials.updateOne({ _id: userId }, { $set: change }, { upsert: true, ...inTransaction(tx) })
    },

    async remove(tx, userId) {
      const { deletedCount } = await credentials.deleteOne({ _id: userId }, inTransaction(tx))
      return deletedCount === 1
    },

    async isShort(userId, tx) {
      const found = await credentials.findById(userId, { isShort: 1 }, inTransaction(tx)).lean()
      return found && found.isShort === true
    },

    async removeShort(tx, userId) {
      await credentials.deleteOne({ _id: userId, isShort: true }, inTransaction(tx))
    },

    async replace(tx, expectedHash, { userId, ...change }) {
      const { matchedCount } = await credentials.updateOne(
        { _id: userId, passwordHash: expectedHash },
        { $set: change },
        inTransaction(tx),
      )
      return matchedCount === 1
    },

    async rehash(userId, expectedHash, passwordHash) {
      const { matchedCount } = await credentials.updateOne(
        { _id: userId, passwordHash: expectedHash },
        { $set: { passwordHash } },
      )
      return matchedCount === 1
    },

    async insertImported(batch) {
      if (batch.length === 0) return
      const documents = batch.map(({ userId, ...rest }) => ({ _id: userId, ...rest }))
      const left = await duplicatesAmong(documents, () => imported.insertMany(documents, { ordered: false }))
      if (left.length === 0) return
      await imported.bulkWrite(
        left.map(({ _id, ...replacement }) => ({ replaceOne: { filter: { _id, ...isImported }, replacement } })),
        { ordered: false },
      )
    },

    async dropImported(userIds) {
      if (userIds.length > 0) await imported.deleteMany({ _id: { $in: [...userIds] }, ...isImported })
    },
  }
}
