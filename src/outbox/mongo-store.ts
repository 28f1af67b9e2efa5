import { Schema, trusted, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import { isOnlyDuplicateKeys } from '../mongo/faults.js'
import type { Message } from './messages.js'
import type { OutboxStore } from './store.js'

interface OutboxDocument {
  _id: string
  message: Message
  createdAt: Date
  dueAt: Date
  attempts: number
}

const time = { type: Date, required: true } as const

const schema = new Schema<OutboxDocument>(
  {
    _id: { type: String, required: true },
    message: { type: Schema.Types.Mixed, required: true },
    createdAt: time,
    dueAt: time,
    attempts: { type: Number, required: true },
  },
  { collection: 'outbox', strict: 'throw', strictQuery: 'throw', versionKey: false, minimize: false },
)

/** What is lost of it with a primary is sent once more; there is one for each sign-in, so it must cost little. */
const lightly = { w: 1, j: false } as const

export function createMongoOutboxStore(connection: Connection): OutboxStore {
  const model = connection.model('Outbox', schema)
  return {
    async insertMany(items, tx) {
      const documents = items.map(({ id, ...item }) => ({ _id: id, ...item, attempts: 0 }))
      try {
        await model.insertMany(documents, { ordered: false, throwOnValidationError: true, ...inTransaction(tx) })
      } catch (cause) {
        // In a transaction the error has ended it: whoever puts something twice there has made a mistake.
        if (tx !== undefined || !isOnlyDuplicateKeys(cause)) throw cause
      }
    },

    async take(now, leasedUntil) {
      const taken = await model
        .findOneAndUpdate(
          { dueAt: trusted({ $lte: now }) },
          { $set: { dueAt: leasedUntil }, $inc: { attempts: 1 } },
          { sort: { dueAt: 1 }, returnDocument: 'after', writeConcern: lightly },
        )
        .lean()
      if (taken === null) return null
      const { _id: id, message, createdAt, attempts } = taken
      return { id, message, createdAt, attempts }
    },

    async remove({ id, attempts }) {
      await model.deleteOne({ _id: id, attempts }, { writeConcern: lightly })
    },

    async removeAbout(tx, { userId, email }) {
      const about = [{ 'message.userId': userId }, ...(email === null ? [] : [{ 'message.email': email }])]
      await model.deleteMany({ $or: about }, inTransaction(tx))
    },

    async removeKinds(tx, kinds, of) {
      const whom = 'userId' in of ? { 'message.userId': of.userId } : { 'message.email': of.email }
      await model.deleteMany({ 'message.kind': trusted({ $in: [...kinds] }), ...whom }, inTransaction(tx))
    },

    async removeById(tx, id) {
      await model.deleteOne({ _id: id }, inTransaction(tx))
    },

    async postpone({ id, attempts }, dueAt) {
      await model.updateOne({ _id: id, attempts }, { $set: { dueAt } }, { writeConcern: lightly })
    },
  }
}
