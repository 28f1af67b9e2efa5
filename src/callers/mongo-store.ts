import { setTimeout as pause } from 'node:timers/promises'
import type { Connection, mongo } from 'mongoose'
import type { IdentityChange } from '../kernel/identity-change.js'
import type { ChangeFeed, FeedHandlers } from './store.js'

interface Beat {
  _id: string
  n: number
  at: Date
}

/** The part of a change event that the pipeline lets through. */
interface Change {
  _id: unknown
  operationType: string
  ns?: { coll: string }
  documentKey?: { _id: string }
  fullDocument?: { n?: number }
  updateDescription?: { updatedFields?: { n?: number; securityVersion?: number; endedAt?: Date } }
}

const reopenAfterMs = 250

export function createMongoChangeFeed(connection: Connection, instanceId: string): ChangeFeed {
  const beats = connection.collection<Beat>('beats')
  return {
    async beat(id, n) {
      // The stream shows only what a majority has, so the beat need not wait for it.
      await beats.updateOne(
        { _id: id },
        { $set: { n }, $currentDate: { at: true } },
        { upsert: true, writeConcern: { w: 1 } },
      )
    },
    follow(handlers) {
      const following = { closed: false, stream: undefined as mongo.ChangeStream | undefined }
      const done = followChanges(connection, instanceId, handlers, following)
      return {
        async close() {
          following.closed = true
          await following.stream?.close().catch(() => undefined)
          await done
        },
      }
    },
  }
}

async function followChanges(
  connection: Connection,
  instanceId: string,
  handlers: FeedHandlers,
  following: { closed: boolean; stream: mongo.ChangeStream | undefined },
): Promise<void> {
  let resumeAfter: unknown
  while (!following.closed) {
    // Without a place to go on from, nobody knows what happened until the stream really begins, with its first event.
    let isGap = resumeAfter === undefined
    if (isGap) handlers.onGap()
    try {
      following.stream = connection
        .getClient()
        .db(connection.name)
        .watch(pipeline(instanceId), {
          maxAwaitTimeMS: 500,
          ...(resumeAfter === undefined ? {} : { resumeAfter }),
        })
      while (!following.closed) {
        const change = (await following.stream.next()) as unknown as Change
        resumeAfter = change._id
        if (isGap) handlers.onGap()
        isGap = false
        tell(change, handlers)
      }
    } catch (cause) {
      if (following.closed) return
      handlers.onFault(cause)
      if (!canResume(cause)) resumeAfter = undefined
    } finally {
      await following.stream?.close().catch(() => undefined)
    }
    await pause(reopenAfterMs)
  }
}

/** ChangeStreamFatalError, ChangeStreamHistoryLost, InvalidResumeToken: that place in the stream is gone. */
function canResume(cause: unknown): boolean {
  return !(cause instanceof Error && 'code' in cause && [280, 286, 260].includes(Number(cause.code)))
}

function tell(change: Change, handlers: FeedHandlers): void {
  const id = change.documentKey?._id
  const collection = change.ns?.coll
  if (id === undefined) return handlers.onGap() // a dropped or renamed collection, or the end of the stream
  if (collection === 'beats') {
    const beat = change.fullDocument?.n ?? change.updateDescription?.updatedFields?.n
    if (beat !== undefined) handlers.onBeat(beat)
    return
  }
  handlers.onChange(collection === 'sessions' ? sessionChange(id, change) : userChange(id, change))
}

function sessionChange(sessionId: string, { operationType, updateDescription }: Change): IdentityChange {
  // An absent session is an ended session.
  const ended = operationType === 'delete' || updateDescription?.updatedFields?.endedAt instanceof Date
  return { kind: 'session', sessionId, ended }
}

function userChange(userId: string, { updateDescription }: Change): IdentityChange {
  const securityVersion = updateDescription?.updatedFields?.securityVersion
  return { kind: 'user', userId, ...(securityVersion === undefined ? {} : { securityVersion }) }
}

/** All of users; of sessions what can end one; of beats only our own. */
function pipeline(instanceId: string) {
  const updated = (field: string) => ({ [`updateDescription.updatedFields.${field}`]: { $exists: true } })
  return [
    {
      $match: {
        $or: [
          { 'ns.coll': 'users', operationType: { $ne: 'insert' } },
          { 'ns.coll': 'sessions', operationType: { $in: ['replace', 'delete'] } },
          { 'ns.coll': 'sessions', operationType: 'update', $or: [updated('endedAt'), updated('securityVersion')] },
          { 'ns.coll': 'beats', 'documentKey._id': instanceId, operationType: { $ne: 'delete' } },
          { operationType: { $in: ['drop', 'rename', 'dropDatabase', 'invalidate'] } },
        ],
      },
    },
    {
      $project: {
        operationType: 1,
        'ns.coll': 1,
        'documentKey._id': 1,
        'fullDocument.n': 1,
        'updateDescription.updatedFields.n': 1,
        'updateDescription.updatedFields.securityVersion': 1,
        'updateDescription.updatedFields.endedAt': 1,
      },
    },
  ]
}
