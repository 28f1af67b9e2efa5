import { randomBytes } from 'node:crypto'

/**
 * What the database holds, read from its primary, past all proxies.
 * @typedef {import('./history.mjs').Holdings} Holdings
 * @typedef {import('mongoose').mongo.MongoClient} MongoClient
 * @typedef {import('mongoose').mongo.Timestamp} Timestamp
 */

/**
 * The moment from which `readHoldings` can follow the changes.
 * @param {MongoClient} client
 * @returns {Promise<Timestamp>}
 */
export async function readTime(client) {
  const { operationTime } = await client.db('admin').command({ ping: 1 })
  return operationTime
}

/**
 * @param {MongoClient} client
 * @param {string} database
 * @param {Timestamp} since
 * @returns {Promise<Holdings>}
 */
export async function readHoldings(client, database, since) {
  const db = client.db(database)
  const majority = /** @type {const} */ ({ readConcern: { level: 'majority' } })
  const users = await db.collection('users').find({}, majority).toArray()
  const sessions = await db.collection('sessions').find({}, majority).toArray()
  return {
    users: users.map(({ _id, roles, status, securityVersion }) => ({
      id: String(_id),
      roles,
      status,
      securityVersion,
    })),
    sessions: sessions.map(({ _id, userId, securityVersion, endReason }) => ({
      id: String(_id),
      userId,
      securityVersion,
      endReason: endReason ?? null,
    })),
    rotations: await readRotations(db, since),
  }
}

/**
 * Every refresh token that a majority ever had, in order: the change stream tells nothing that can be rolled back.
 * @param {import('mongoose').mongo.Db} db
 * @param {Timestamp} since
 */
async function readRotations(db, since) {
  const mark = randomBytes(8).toString('hex')
  const pipeline = [
    {
      $match: {
        $or: [
          { 'ns.coll': 'sessions', operationType: 'insert' },
          { 'ns.coll': 'sessions', operationType: 'update' },
          { 'documentKey._id': mark },
        ],
      },
    },
  ]
  const stream = db.watch(pipeline, { startAtOperationTime: since, batchSize: 1_000 })
  /** @type {import('./history.mjs').Rotation[]} */
  const rotations = []
  try {
    await db.collection('faultMarks').insertOne({ _id: /** @type {any} */ (mark) }, { writeConcern: { w: 'majority' } })
    for (;;) {
      const change = /** @type {any} */ (await stream.next())
      const id = String(change.documentKey?._id)
      if (id === mark) return rotations
      const updated = change.updateDescription?.updatedFields
      const digest = change.fullDocument?.family?.currentDigest ?? updated?.['family.currentDigest']
      const generation = change.fullDocument?.family?.generation ?? updated?.['family.generation']
      if (digest !== undefined) rotations.push({ sessionId: id, generation, digest })
    }
  } finally {
    await stream.close()
  }
}
