import { Schema, trusted, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import { isDuplicateKey } from '../mongo/faults.js'
import type { OneTimeToken, OneTimeTokenStore } from './store.js'

type OneTimeTokenDocument = Omit<OneTimeToken, 'digest'> & { _id: string }

const text = { type: String, required: true } as const
const time = { type: Date, required: true } as const

const schema = new Schema<OneTimeTokenDocument>(
  {
    _id: text,
    purpose: text,
    subject: text,
    securityVersion: { type: Number, default: null },
    messageId: String,
    payload: { type: Schema.Types.Mixed, required: true },
    createdAt: time,
    expiresAt: time,
  },
  { collection: 'oneTimeTokens', strict: 'throw', strictQuery: 'throw', versionKey: false, minimize: false },
)

export function createMongoOneTimeTokenStore(connection: Connection): OneTimeTokenStore {
  const model = connection.model('OneTimeToken', schema)
  // The database removes what has expired once a minute; until then the filter does.
  const living = (now: Date) => ({ expiresAt: trusted({ $gt: now }) })

  return {
    async insert({ digest, ...token }) {
      await model.create([{ _id: digest, ...token }])
    },

    async put({ digest, ...token }) {
      await model.replaceOne({ _id: digest }, token, { upsert: true })
    },

    async claim(tx, { digest, ...token }) {
      try {
        await model.create([{ _id: digest, ...token }], inTransaction(tx))
        return true
      } catch (cause) {
        if (isDuplicateKey(cause)) return false
        throw cause
      }
    },

    async find(digest, now) {
      return tokenOf(await model.findOne({ _id: digest, ...living(now) }).lean())
    },

    async findLatest(purpose, subject, now) {
      return tokenOf(
        await model
          .findOne({ subject, purpose, ...living(now) })
          .sort({ createdAt: -1 })
          .lean(),
      )
    },

    async listOf(subject, now) {
      const found = await model.find({ subject, ...living(now) }).lean()
      return found.flatMap((document) => tokenOf(document) ?? [])
    },

    async consume(tx, digest, now) {
      const { deletedCount } = await model.deleteOne({ _id: digest, ...living(now) }, inTransaction(tx))
      return deletedCount === 1
    },

    async removeAllOf(tx, subject, purposes) {
      const some = purposes === 'all' ? {} : { purpose: trusted({ $in: [...purposes] }) }
      await model.deleteMany({ subject, ...some }, inTransaction(tx))
    },
  }
}

function tokenOf(document: OneTimeTokenDocument | null): OneTimeToken | null {
  if (document === null) return null
  const { _id: digest, purpose, subject, securityVersion, messageId, payload, createdAt, expiresAt } = document
  const mail = messageId === undefined ? {} : { messageId }
  return { digest, purpose, subject, securityVersion, ...mail, payload, createdAt, expiresAt }
}
