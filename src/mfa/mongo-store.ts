import { Schema, trusted, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import { isDuplicateKey } from '../mongo/faults.js'
import type { AuthenticatorStore, Passkey, StoredAuthenticator, StrongAuthenticator } from './store.js'

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
  credentialId?: string
  publicKey?: string
  counter?: number
  transports?: string[]
}

const schema = new Schema<AuthenticatorDocument>(
  {
    _id: String,
    userId: { type: String, required: true },
    kind: { type: String, required: true, enum: ['totp', 'passkey', 'recovery-code'] },
    createdAt: { type: Date, required: true },
    lastUsedAt: { type: Date, default: null },
    name: String,
    sealedSecret: String,
    keyId: String,
    lastStep: Number,
    digests: { type: [String], default: undefined },
    credentialId: String,
    publicKey: String,
    counter: Number,
    transports: { type: [String], default: undefined },
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

/** What is a factor by itself: has a name, can be removed. */
const strongKinds: StrongAuthenticator['kind'][] = ['totp', 'passkey']

/** Once per connection: mongoose registers the model on it. */
export function createMongoAuthenticatorStore(connection: Connection): AuthenticatorStore {
  const model = connection.model<AuthenticatorDocument>('Authenticator', schema)

  return {
    async listOf(userId, tx) {
      const found = await model.find({ userId }, null, inTransaction(tx)).sort({ createdAt: 1, _id: 1 }).lean()
      return found.map(authenticatorOf)
    },

    async insert(tx, { id, ...authenticator }) {
      try {
        await model.insertMany([{ _id: id, ...documentOf(authenticator) }], inTransaction(tx))
        return 'inserted'
      } catch (cause) {
        if (isDuplicateKey(cause)) return 'taken'
        throw cause
      }
    },

    async findPasskey(credentialId) {
      const found = await model.findOne({ credentialId, kind: 'passkey' }).lean()
      return found === null ? null : passkeyOf(found)
    },

    async advanceCounter(tx, id, counter, at) {
      const before = counter === 0 ? 0 : trusted({ $lt: counter })
      const { matchedCount } = await model.updateOne(
        { _id: id, kind: 'passkey', counter: before },
        { $set: { counter, lastUsedAt: at } },
        inTransaction(tx),
      )
      return matchedCount === 1
    },

    async spendStep(tx, id, step, at) {
      const { modifiedCount } = await model.updateOne(
        { _id: id, kind: 'totp', lastStep: trusted({ $lt: step }) },
        { $set: { lastStep: step, lastUsedAt: at } },
        inTransaction(tx),
      )
      return modifiedCount === 1
    },

    async hasRecoveryCode(userId, digest) {
      return (await model.exists({ userId, kind: 'recovery-code', digests: digest })) !== null
    },

    async spendRecoveryCode(tx, userId, digest, at) {
      const left = await model
        .findOneAndUpdate(
          { userId, kind: 'recovery-code', digests: digest },
          { $pull: { digests: digest }, $set: { lastUsedAt: at } },
          { ...inTransaction(tx), returnDocument: 'after' },
        )
        .lean()
      return left === null ? null : (left.digests ?? []).length
    },

    async rename(userId, id, name) {
      const renamed = await model
        .findOneAndUpdate(
          { _id: id, userId, kind: trusted({ $in: strongKinds }) },
          { $set: { name } },
          { returnDocument: 'after' },
        )
        .lean()
      return renamed === null ? null : strongOf(renamed)
    },

    async remove(tx, userId, id) {
      const { deletedCount } = await model.deleteOne(
        { _id: id, userId, kind: trusted({ $in: strongKinds }) },
        inTransaction(tx),
      )
      return deletedCount === 1
    },

    async removeSince(tx, userId, since, until) {
      const createdAt = trusted({ $gte: since, ...(until === null ? {} : { $lte: until }) })
      await model.deleteMany({ userId, createdAt }, inTransaction(tx))
    },

    async removeAllOf(tx, userId, kind) {
      await model.deleteMany({ userId, ...(kind === undefined ? {} : { kind }) }, inTransaction(tx))
    },
  }
}

type New = StoredAuthenticator extends infer Each ? (Each extends unknown ? Omit<Each, 'id'> : never) : never

function documentOf(authenticator: New): Omit<AuthenticatorDocument, '_id'> {
  if (authenticator.kind === 'totp') return authenticator
  if (authenticator.kind === 'passkey') return { ...authenticator, transports: [...authenticator.transports] }
  return { ...authenticator, digests: [...authenticator.digests] }
}

function authenticatorOf(document: AuthenticatorDocument): StoredAuthenticator {
  if (document.kind !== 'recovery-code') return strongOf(document)
  const { _id: id, userId, createdAt, lastUsedAt, digests = [] } = document
  return { id, userId, kind: 'recovery-code', createdAt, lastUsedAt, digests }
}

function strongOf(document: AuthenticatorDocument): StrongAuthenticator {
  if (document.kind === 'passkey') return passkeyOf(document)
  const { _id: id, userId, createdAt, lastUsedAt, name, sealedSecret, keyId, lastStep } = document
  if (name === undefined || sealedSecret === undefined || keyId === undefined || lastStep === undefined)
    throw new Error('An authenticator app without its secret is in the database')
  return { id, userId, kind: 'totp', createdAt, lastUsedAt, name, sealedSecret, keyId, lastStep }
}

function passkeyOf({ _id: id, userId, createdAt, lastUsedAt, name, ...rest }: AuthenticatorDocument): Passkey {
  const { credentialId, publicKey, counter, transports = [] } = rest
  if (name === undefined || credentialId === undefined || publicKey === undefined || counter === undefined)
    throw new Error('A passkey without its key is in the database')
  const facts = { credentialId, publicKey, counter, transports }
  return { id, userId, kind: 'passkey', createdAt, lastUsedAt, name, ...facts }
}
