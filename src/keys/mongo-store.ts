import { Schema, type Connection } from 'mongoose'
import { isDuplicateKey } from '../mongo/faults.js'
import type { KeyStore, StoredKey } from './store.js'

type KeyDocument = Omit<StoredKey, 'id'> & { _id: string }

const schema = new Schema<KeyDocument>(
  {
    _id: { type: String, required: true },
    use: { type: String, required: true },
    sealed: { type: String, required: true },
    createdAt: { type: Date, required: true },
    publicJwk: { type: Schema.Types.Mixed, default: null },
    signsFrom: { type: Date, default: null },
  },
  { collection: 'keys', strict: 'throw', versionKey: false },
)

export function createMongoKeyStore(connection: Connection): KeyStore {
  const model = connection.model('Key', schema)
  return {
    async list(use) {
      const documents = await model.find({ use }).sort({ createdAt: 1 }).lean()
      return documents.map(({ _id, ...key }) => ({ id: _id, ...key }))
    },
    async insert({ id, ...key }) {
      try {
        await model.create({ _id: id, ...key })
        return true
      } catch (cause) {
        if (isDuplicateKey(cause)) return false
        throw cause
      }
    },
    async reseal(id, expected, sealed) {
      const { matchedCount } = await model.updateOne({ _id: id, sealed: expected }, { $set: { sealed } })
      return matchedCount === 1
    },
    async remove(id) {
      await model.deleteOne({ _id: id })
    },
  }
}
