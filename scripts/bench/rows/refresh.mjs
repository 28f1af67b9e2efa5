import { createHash, randomBytes } from 'node:crypto'
import mongoose from 'mongoose'
import { createLoad, mostConnections } from '../load.mjs'
import { registerPeople, signInBody } from '../sign-ins.mjs'
import { startMeasured } from '../portcullis.mjs'

/**
 * A refresh is one conditional update of the session, one read of the user, and a signature. Compared with the update
 * and the read alone, sent by the driver in the same number at once: no HTTP, no GraphQL, no token.
 */

/**
 * Each token may rotate at once, and each answer is a new one: every request is a rotation. (The documented defaults
 * would answer a second refresh within 15 seconds unchanged, which is a read and no update.)
 */
const settings = { REFRESH_MIN_AGE: '0s', REFRESH_GRACE: '0s' }
const chain = '"refreshToken":"([^"]+)"'
/** More than the session remembers of spent tokens: from then on its document keeps its size. */
const refreshesBefore = 10 * mostConnections

const query = `mutation ($input: RefreshInput) {
  refreshSession(input: $input) { session { id } tokens { accessToken refreshToken } }
}`

/** One session for each connection, each as long-lived as sessions get. @param {import('../rows.mjs').World} world */
async function openSessions({ mongodbUri }) {
  const portcullis = await startMeasured(mongodbUri, settings)
  const url = `${portcullis.url}/graphql`
  const headers = { 'content-type': 'application/json' }
  const variants = []
  for (const email of await registerPeople(portcullis, mostConnections)) {
    const response = await fetch(url, { method: 'POST', headers, body: signInBody(email) })
    const refreshToken = new RegExp(chain).exec(await response.text())?.[1]
    variants.push({ body: JSON.stringify({ query, variables: { input: { refreshToken } } }) })
  }
  return { portcullis, target: { url, headers, variants, marker: '"accessToken":"', chain } }
}

/** @type {import('../rows.mjs').Row} */
export default {
  name: 'refresh',
  title: 'refreshes per second against their two operations alone: one conditional update and one read',
  goal: { kind: 'ratio', atLeast: 0.8, by: 'throughput' },
  requests: 200,
  async baseline(world) {
    const { portcullis, target } = await openSessions(world)
    await createLoad(target).ask(refreshesBefore)
    // It would go on beating beside what is measured.
    await portcullis.stop()
    const client = new mongoose.mongo.MongoClient(world.mongodbUri, { writeConcern: { w: 'majority', journal: true } })
    await client.connect()
    const stored = await client.db().collection('sessions').find().toArray()
    const workers = stored.map((session) => createRotation(client.db(), session))
    return {
      atOnce: mostConnections,
      ask: async (worker) => JSON.stringify(await workers[worker]?.()),
      async close() {
        await client.db().dropDatabase()
        await client.close()
      },
    }
  },
  async measured(world) {
    const { portcullis, target } = await openSessions(world)
    return { ask: target, close: portcullis.close }
  },
}

/**
 * The filter and the update of the service's store, and the read after it.
 * @param {import('mongoose').mongo.Db} db
 * @param {Record<string, any>} session
 */
function createRotation(db, session) {
  const sessions = db.collection('sessions')
  const users = db.collection('users')
  let { family } = session
  const ringSize = family.ring.length
  return async () => {
    const now = new Date()
    const successorDigest = createHash('sha256').update(randomBytes(32)).digest('base64url')
    const spent = { ...family.ring[0], digest: family.currentDigest, graceUntil: now }
    // The driver's types know no field whose name is a path.
    const pushed = /** @type {Record<string, any>} */ ({ 'family.ring': { $each: [spent], $slice: -ringSize } })
    const after = await sessions.findOneAndUpdate(
      {
        _id: session['_id'],
        'family.familyDigest': family.familyDigest,
        'family.currentDigest': family.currentDigest,
        'family.jkt': null,
        'family.idleExpiresAt': { $gt: now },
        'family.absoluteExpiresAt': { $gt: now },
        delivery: session['delivery'],
        endedAt: null,
        $and: [
          { $or: [{ 'family.generation': 0 }, { 'family.rotatedAt': { $lte: now } }] },
          {
            $or: [
              { [`family.ring.${ringSize - 1}`]: { $exists: false } },
              { 'family.ring.0.graceUntil': { $lte: now } },
            ],
          },
        ],
      },
      {
        $set: {
          'family.currentDigest': successorDigest,
          'family.rotatedAt': now,
          'family.idleExpiresAt': family.idleExpiresAt,
          lastSeenAt: now,
        },
        $inc: { 'family.generation': 1 },
        $push: pushed,
        $max: { purgeAt: session['purgeAt'] },
      },
      { returnDocument: 'after' },
    )
    const user = await users.findOne({ _id: session['userId'] })
    if (after === null || user === null) throw new Error('Nothing was rotated')
    family = after['family']
    return { generation: family.generation }
  }
}
