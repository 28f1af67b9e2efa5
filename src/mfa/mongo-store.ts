import { Schema, trusted, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import type { AuthenticatorStore, StoredAuthenticator, TotpAuthenticator } from './store.js'

interface AuthenticatorDocument {
  _id: string
  userId: string
  kind: StoredAuthenticator['kind']
  createdAt: Date
  lastUsedAt: Date | null
  name?: string
  sealedSecret?: string
  keyId?: string
  lastStep?: number
  digests?: string[]
}

const schema = new Schema<AuthenticatorDocument>(
  {
    _id: String,
    userId: { type: String, required: true },
    kind: { type: String, required: true, enum: ['totp', 'recovery-code'] },
    createdAt: { type: Date, required: true },
    lastUsedAt: { type: Date, default: null },
    name: String,
    sealedSecret: String,
    keyId: String,
    lastStep: Number,
    digests: { type: [String], default: undefined },
  },
  {
    strict: 'throw',
    strictQuery: 'throw',
    versionKey: false,
    autoIndex: false,
    autoCreate: false,
    collection: 'authenticators',
  },
)

/** Once per connection: mongoose registers the model on it. */
export function createMongoAuthenticatorStore(connection: Connection): AuthenticatorStore {
  const model = connection.model<AuthenticatorDocument>('Authenticator', schema)

  return {
    async listOf(userId, tx) {
      const found = await model.find({ userId }, null, inTransaction(tx)).sort({ createdAt: 1, _id: 1 }).lean()
      return found.map(authenticatorOf)
    },

    async insert(tx, { id, ...authenticator }) {
      const document =
        authenticator.kind === 'totp' ? authenticator : { ...authenticator, digests: [...authenticator.digests] }
      await model.insertMany([{ _id: id, ...document }], inTransaction(tx))
    },

    async spendStep(id, step, at) {
      const { modifiedCount } = await model.updateOne(
        { _id: id, kind: 'totp', lastStep: trusted({ $lt: step }) },
        { $set: { lastStep: step, lastUsedAt: at } },
      )
      return modifiedCount === 1
    },

    async spendRecoveryCode(tx, userId, digest, at) {
      const { modifiedCount } = await model.updateOne(
        { userId, kind: 'recovery-code', digests: digest },
        { $pull: { digests: digest }, $set: { lastUsedAt: at } },
        inTransaction(tx),
      )
      return modifiedCount === 1
    },

    async rename(userId, id, name) {
      const renamed = await model
        .findOneAndUpdate({ _id: id, userId, kind: 'totp' }, { $set: { name } }, { returnDocument: 'after' })
        .lean()
      return renamed === null ? null : totpOf(renamed)
    },

    async remove(tx, userId, id) {
      const { deletedCount } = await model.deleteOne({ _id: id, userId, kind: 'totp' }, inTransaction(tx))
      return deletedCount === 1
    },

    async removeSince(tx, userId, since) {
      await model.deleteMany({ userId, createdAt: trusted({ $gte: since }) }, inTransaction(tx))
    },

    async removeAllOf(tx, userId, kind) {
      await model.deleteMany({ userId, ...(kind === undefined ? {} : { kind }) }, inTransaction(tx))
    },
  }
}

function authenticatorOf(document: AuthenticatorDocument): StoredAuthenticator {
  if (document.kind === 'totp') return totpOf(document)
  const { _id: id, userId, createdAt, lastUsedAt, digests = [] } = document
  return { id, userId, kind: 'recovery-code', createdAt, lastUsedAt, digests }
}

function totpOf(document: AuthenticatorDocument): TotpAuthenticator {
  const { _id: id, userId, createdAt, lastUsedAt, name, sealedSecret, keyId, lastStep } = document
  if (name === undefined || sealedSecret === undefined || keyId === undefined || lastStep === undefined)
    throw new Error('An authenticator app without its secret is in the database')
  return { id, userId, kind: 'totp', createdAt, lastUsedAt, name, sealedSecret, keyId, lastStep }
}
