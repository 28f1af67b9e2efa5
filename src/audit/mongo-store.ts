import { Schema, trusted, type Connection } from 'mongoose'
import { inTransaction } from '../mongo/connection.js'
import { eventFields } from '../mongo/event-fields.js'
import { isOnlyDuplicateKeys } from '../mongo/faults.js'
import { reachFilter } from '../mongo/reach-filter.js'
import { firstAuditIdAt, type AuditEvent } from './events.js'
import type { AuditSelection, AuditStore } from './store.js'

type AuditEventDocument = Omit<AuditEvent, 'id'> & { _id: string }

const schema = new Schema<AuditEventDocument>(
  { _id: { type: String, required: true }, ...eventFields },
  // A filter on a path that is not here must fail: dropped without a word, it would find everything.
  { collection: 'auditEvents', strict: 'throw', strictQuery: 'throw', versionKey: false, minimize: false },
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
          { ordered: false, throwOnValidationError: true },
        )
      } catch (cause) {
        if (!isOnlyDuplicateKeys(cause)) throw cause
      }
    },

    async list(selection, { first, after }) {
      const older = after === null ? {} : { _id: trusted({ $lt: after.id }) }
      const found = await model
        .find({ $and: [filterOf(selection), older] })
        .sort({ _id: -1 })
        .limit(first + 1)
        .lean()
      return found.map(({ _id: id, at, name, actorId, subjectId, outcome, facts }) => {
        return { id, at, name, actorId, subjectId, outcome, facts }
      })
    },

    async count(selection) {
      return model.countDocuments(filterOf(selection))
    },
  }
}

/** An event belongs to whoever did it, and to whomever it was done to. */
function pathsOf(property: string): readonly string[] {
  return property === 'userId' ? ['actorId', 'subjectId'] : []
}

/** Times are asked of the id, which sorts by time: then the same index finds and orders. */
function filterOf({ reach, names, actorId, subjectId, since, until }: AuditSelection) {
  return {
    $and: [
      reachFilter(reach, pathsOf),
      names === null ? {} : { name: trusted({ $in: [...names] }) },
      actorId === null ? {} : { actorId },
      subjectId === null ? {} : { subjectId },
      since === null ? {} : { _id: trusted({ $gte: firstAuditIdAt(since) }) },
      until === null ? {} : { _id: trusted({ $lt: firstAuditIdAt(until) }) },
    ],
  }
}
