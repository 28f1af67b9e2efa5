import { Schema, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import type { CredentialStore } from './store.js'

interface CredentialDocument {
  _id: string
  passwordHash: string
  changedAt: Date
}

const credentialSchema = new Schema<CredentialDocument>(
  { _id: String, passwordHash: { type: String, required: true }, changedAt: { type: Date, required: true } },
  { strict: 'throw', versionKey: false, autoIndex: false, autoCreate: false, collection: 'credentials' },
)

/** Once per connection: mongoose registers the model on it. */
export function createMongoCredentialStore(connection: Connection): CredentialStore {
  const credentials = connection.model<CredentialDocument>('Credential', credentialSchema)

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
      await credentials.deleteOne({ _id: userId }, inTransaction(tx))
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
  }
}
