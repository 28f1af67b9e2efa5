import { Schema, trusted } from 'mongoose'
import type { AuditEvent } from '../audit/events.js'
import { inTransaction, type Database } from '../mongo/connection.js'
import { eventFields } from '../mongo/event-fields.js'
import { olderThan } from '../mongo/page-filter.js'
import type { RefreshFamily, Session } from './session.js'
import { ringSize, type SessionStore, type Sweep } from './store.js'

type SessionDocument = Omit<Session, 'id'> & { _id: string; pendingEvents: AuditEvent[]; purgeAt: Date }

const time = { type: Date, required: true } as const
const text = { type: String, required: true } as const

const schema = new Schema<SessionDocument>(
  {
    _id: text,
    userId: text,
    securityVersion: { type: Number, required: true },
    device: { _id: false, name: text, ipPrefix: { type: String, default: null }, id: String, isKnown: Boolean },
    delivery: text,
    assurance: text,
    authenticatedAt: time,
    authenticatorId: { type: String, default: null },
    createdAt: time,
    lastSeenAt: time,
    endedAt: { type: Date, default: null },
    endReason: { type: String, default: null },
    family: {
      _id: false,
      familyDigest: text,
      generation: { type: Number, required: true },
      currentDigest: text,
      rotatedAt: time,
      ring: [{ _id: false, digest: text, keyId: text, sealed: text, graceUntil: time }],
      idleExpiresAt: time,
      absoluteExpiresAt: time,
      jkt: { type: String, default: null },
    },
    pendingEvents: [{ _id: false, id: text, ...eventFields }],
    purgeAt: time,
  },
  { collection: 'sessions', strict: 'throw', versionKey: false, minimize: false },
)

const sweepSchema = new Schema<Sweep & { _id: string }>(
  {
    _id: text,
    userId: text,
    securityVersion: { type: Number, required: true },
    reason: text,
    actorId: String,
    until: Date,
  },
  { collection: 'sessionSweeps', strict: 'throw', versionKey: false },
)

/** @param keepEndedMs how long an ended session is kept: an access token of it may still be shown around */
export function createMongoSessionStore(
  { connection, answerWithinMs }: Pick<Database, 'connection' | 'answerWithinMs'>,
  keepEndedMs: number,
): SessionStore {
  const model = connection.model('Session', schema)
  const sweeps = connection.model('SessionSweep', sweepSchema)
  const sweepId = ({ userId, securityVersion }: Sweep) => `${userId} ${securityVersion}`
  const purgeOf = (family: RefreshFamily) =>
    new Date(Math.min(family.idleExpiresAt.getTime(), family.absoluteExpiresAt.getTime()) + keepEndedMs)
  const live = (userId: string, securityVersion: number, now: Date) => ({
    userId,
    securityVersion,
    endedAt: null,
    'family.idleExpiresAt': trusted({ $gt: now }),
    'family.absoluteExpiresAt': trusted({ $gt: now }),
  })

  return {
    async insert({ id, ...session }, events, tx) {
      const purgeAt = purgeOf(session.family)
      await model.create([{ _id: id, ...session, pendingEvents: [...events], purgeAt }], inTransaction(tx))
    },

    async find(id) {
      return sessionOf(await model.findById(id).lean())
    },

    async findMany(ids) {
      // In one batch: the driver would fetch the rest after the first 101.
      const found = await model
        .find({ _id: trusted({ $in: [...ids] }) })
        .batchSize(ids.length + 1)
        .lean()
      const byId = new Map(found.map((document) => [document._id, sessionOf(document)]))
      return ids.map((id) => byId.get(id) ?? null)
    },

    async findVerdict(id) {
      const found = await model.collection.findOne(
        { _id: id as never },
        { readConcern: { level: 'linearizable' }, maxTimeMS: answerWithinMs },
      )
      return sessionOf(found as unknown as SessionDocument | null)
    },

    async rotate(rotation) {
      const { now, idleExpiresAt } = rotation
      const rotated = await model
        .findOneAndUpdate(
          {
            _id: rotation.sessionId,
            'family.familyDigest': rotation.familyDigest,
            'family.currentDigest': rotation.presentedDigest,
            'family.jkt': null,
            'family.idleExpiresAt': trusted({ $gt: now }),
            'family.absoluteExpiresAt': trusted({ $gt: now }),
            delivery: rotation.delivery,
            endedAt: null,
            $and: [
              // The token of the sign-in may rotate at once, a later one only when it has some age.
              {
                $or: [{ 'family.generation': 0 }, { 'family.rotatedAt': trusted({ $lte: rotation.notRotatedAfter }) }],
              },
              {
                $or: [
                  { [`family.ring.${ringSize - 1}`]: trusted({ $exists: false }) },
                  { 'family.ring.0.graceUntil': trusted({ $lte: now }) },
                ],
              },
            ],
          },
          {
            $set: {
              'family.currentDigest': rotation.successorDigest,
              'family.rotatedAt': now,
              'family.idleExpiresAt': idleExpiresAt,
              lastSeenAt: now,
            },
            $inc: { 'family.generation': 1 },
            $push: { 'family.ring': { $each: [rotation.spent], $slice: -ringSize } },
            // Only ever later: an earlier purge would take an ended session's history with it.
            $max: { purgeAt: new Date(idleExpiresAt.getTime() + keepEndedMs) },
          },
          { returnDocument: 'after' },
        )
        .lean()
      return sessionOf(rotated)
    },

    async end(id, userId, { reason, at, events }) {
      const ended = await model
        .findOneAndUpdate(
          { _id: id, userId, endedAt: null },
          { $set: { endedAt: at, endReason: reason }, $push: { pendingEvents: { $each: [...events] } } },
          { returnDocument: 'after' },
        )
        .lean()
      return sessionOf(ended)
    },

    async adopt(id, userId, { from, to }, tx) {
      const { matchedCount } = await model.updateOne(
        { _id: id, userId, endedAt: null, securityVersion: from },
        { $set: { securityVersion: to } },
        inTransaction(tx),
      )
      return matchedCount === 1
    },

    async listLive(userId, securityVersion, now, { first, after }) {
      const found = await model
        .find({ ...live(userId, securityVersion, now), ...olderThan(after) })
        .sort({ createdAt: -1, _id: -1 })
        .limit(first + 1)
        .lean()
      return found.flatMap((document) => sessionOf(document) ?? [])
    },

    async countLive(userId, securityVersion, now, tx) {
      return model.countDocuments(live(userId, securityVersion, now), inTransaction(tx))
    },

    async listKept(userId) {
      const found = await model.find({ userId }).sort({ createdAt: -1, _id: -1 }).lean()
      return found.flatMap((document) => sessionOf(document) ?? [])
    },

    async listPendingOf(userId) {
      const found = await model
        .find({ userId, 'pendingEvents.id': trusted({ $exists: true }) }, { pendingEvents: 1 })
        .lean()
      return found.map(({ _id, pendingEvents }) => ({ id: _id, events: pendingEvents }))
    },

    async removeAllOf(userId, tx) {
      await model.deleteMany({ userId, 'pendingEvents.id': trusted({ $exists: false }) }, inTransaction(tx))
      return (await model.exists({ userId }).setOptions(inTransaction(tx))) === null
    },

    async planSweep(sweep, tx) {
      await sweeps.create([{ _id: sweepId(sweep), ...sweep }], inTransaction(tx))
    },

    async listSweeps(limit) {
      return sweeps.find({}, { _id: 0 }).limit(limit).lean()
    },

    async finishSweep(sweep) {
      await sweeps.deleteOne({ _id: sweepId(sweep) })
    },

    async listOutdated(userId, securityVersion) {
      const found = await model
        .find({ userId, endedAt: null, securityVersion: trusted({ $lt: securityVersion }) }, { _id: 1 })
        .lean()
      return found.map(({ _id }) => _id)
    },

    async listPending(limit) {
      const found = await model
        .find({ 'pendingEvents.id': trusted({ $exists: true }) }, { pendingEvents: 1 })
        .limit(limit)
        .lean()
      return found.map(({ _id, pendingEvents }) => ({ id: _id, events: pendingEvents }))
    },

    async clearPending(moved) {
      const ids = moved.map(({ id }) => id as never)
      const eventIds = moved.flatMap(({ events }) => events.map(({ id }) => id))
      const waiting = { $filter: { input: { $ifNull: ['$pendingEvents', []] }, cond: { $not: [isMoved(eventIds)] } } }
      const isDone = { $and: [{ $ne: ['$endedAt', null] }, { $eq: [{ $size: '$pendingEvents' }, 0] }] }
      // By the clock that purges: an instance whose own is an hour slow would have it purged at once.
      const purgeAt = { $cond: [isDone, { $add: ['$$NOW', keepEndedMs] }, '$purgeAt'] }
      // In one write: what is cut off between two would be kept for weeks, and nothing would look for it.
      await model.collection.updateMany({ _id: { $in: ids } }, [
        { $set: { pendingEvents: waiting } },
        { $set: { purgeAt } },
      ])
    },
  }
}

function sessionOf(document: SessionDocument | null): Session | null {
  if (document === null) return null
  const { _id, pendingEvents: _pending, purgeAt: _purge, ...session } = document
  return { id: _id, ...session }
}

/** Of an event in `$filter`. */
function isMoved(eventIds: readonly string[]) {
  return { $in: ['$$this.id', eventIds] }
}
