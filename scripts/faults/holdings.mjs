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
 * @returns {Promise<Omit<Holdings, 'readAt'>>}
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
          { 'ns.coll': 'faultMarks', 'fullDocument.mark': mark },
        ],
      },
    },
  ]
  const stream = db.watch(pipeline, { startAtOperationTime: since, batchSize: 1_000 })
  /** @type {import('./history.mjs').Rotation[]} */
  const rotations = []
  try {
    await db.collection('faultMarks').insertOne({ mark }, { writeConcern: { w: 'majority' } })
    for (;;) {
      const { isMark, rotation } = read(await stream.next())
      if (isMark) return rotations
      if (rotation !== null) rotations.push(rotation)
    }
  } finally {
    await stream.close()
  }
}

/**
 * @param {any} change
 * @returns {{ isMark: boolean, rotation: import('./history.mjs').Rotation | null }}
 */
function read({ documentKey, fullDocument, updateDescription }) {
  const updated = updateDescription?.updatedFields
  const digest = fullDocument?.family?.currentDigest ?? updated?.['family.currentDigest']
  const generation = fullDocument?.family?.generation ?? updated?.['family.generation']
  const rotation = digest === undefined ? null : { sessionId: String(documentKey?._id), generation, digest }
  return { isMark: fullDocument?.mark !== undefined, rotation }
}
