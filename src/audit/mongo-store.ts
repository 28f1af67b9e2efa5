import { Schema, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import { eventFields } from '../mongo/event-fields.js'
import { isDuplicateKey } from '../mongo/faults.js'
import type { AuditEvent } from './events.js'
import type { AuditStore } from './store.js'

type AuditEventDocument = Omit<AuditEvent, 'id'> & { _id: string }

const schema = new Schema<AuditEventDocument>(
  { _id: { type: String, required: true }, ...eventFields },
  { collection: 'auditEvents', strict: 'throw', versionKey: false, minimize: false },
)

export function createMongoAuditStore(connection: Connection): AuditStore {
  const model = connection.model('AuditEvent', schema)
  return {
    async insert({ id, ...event }, tx) {
      await model.create([{ _id: id, ...event }], inTransaction(tx))
    },
    async insertMany(events) {
      try {
        await model.insertMany(
          events.map(({ id, ...event }) => ({ _id: id, ...event })),
          { ordered: false },
        )
      } catch (cause) {
        if (!isDuplicateKey(cause)) throw cause
      }
    },
  }
}
