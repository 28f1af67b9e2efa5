import type { Connection } from 'mongoose'
import type { Clock } from '../kernel/clock.js'
import { connectDatabase } from './connection.js'
import { withLock } from './lock.js'

/** A numbered, idempotent step, readable by the version of the service before it and after it (rolling upgrade). */
export interface Migration {
  readonly number: number
  readonly name: string
  run(connection: Connection): Promise<void>
}

const indexes: Migration = {
  number: 1,
  name: 'indexes',
  async run(connection) {
    const on = (collection: string) => connection.collection(collection)
    await on('users').createIndex({ createdAt: 1 })
    await on('identifiers').createIndex({ userId: 1 })
    await on('sessions').createIndex({ userId: 1, createdAt: -1 })
    await on('sessions').createIndex({ purgeAt: 1 }, { expireAfterSeconds: 0 })
    await on('sessions').createIndex(
      { 'pendingEvents.id': 1 },
      { partialFilterExpression: { 'pendingEvents.id': { $exists: true } } },
    )
    await on('auditEvents').createIndex({ actorId: 1, _id: -1 })
    await on('auditEvents').createIndex({ subjectId: 1, _id: -1 })
    await on('beats').createIndex({ at: 1 }, { expireAfterSeconds: 60 })
    // The shape that rate-limiter-flexible expects; it would create them at first use, at peak.
    await on('rateLimits').createIndex({ expire: -1 }, { expireAfterSeconds: 0 })
    await on('rateLimits').createIndex({ key: 1 }, { unique: true })
  },
}

/** Collections must exist before a transaction writes to them at load, and before the first reader. */
const collections: Migration = {
  number: 2,
  name: 'collections',
  async run(connection) {
    const there = new Set((await connection.listCollections()).map(({ name }) => name))
    for (const name of [
      'users',
      'identifiers',
      'credentials',
      'sessions',
      'sessionSweeps',
      'keys',
      'auditEvents',
      'rateLimits',
    ]) {
      if (!there.has(name)) await connection.createCollection(name)
    }
  },
}

/** Lists of users and events for administrators, and what keeps the last one of these from going. */
const administration: Migration = {
  number: 4,
  name: 'administration',
  async run(connection) {
    const on = (collection: string) => connection.collection(collection)
    await on('users').createIndex({ createdAt: -1, _id: -1 })
    await on('users').createIndex({ roles: 1, createdAt: -1, _id: -1 })
    await on('users').createIndex({ status: 1, createdAt: -1, _id: -1 })
    await on('auditEvents').createIndex({ name: 1, _id: -1 })
    await connection
      .collection<{ _id: string; claims: number }>('guards')
      .updateOne({ _id: 'administrators' }, { $setOnInsert: { claims: 0 } }, { upsert: true })
  },
}

/** What is told by mail, and the links in it. */
const mail: Migration = {
  number: 5,
  name: 'mail',
  async run(connection) {
    const there = new Set((await connection.listCollections()).map(({ name }) => name))
    for (const name of ['outbox', 'oneTimeTokens']) if (!there.has(name)) await connection.createCollection(name)
    await connection.collection('outbox').createIndex({ dueAt: 1 })
    await connection.collection('oneTimeTokens').createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 })
    await connection.collection('oneTimeTokens').createIndex({ subject: 1, purpose: 1, createdAt: -1 })
  },
}

/** What people prove with beside a password. */
const authenticators: Migration = {
  number: 6,
  name: 'authenticators',
  async run(connection) {
    await connection.collection('authenticators').createIndex({ userId: 1, createdAt: 1 })
  },
}

const passkeys: Migration = {
  number: 7,
  name: 'passkeys',
  async run(connection) {
    // A credential is one person's: whoever enrols it again, for whomever, is refused by this.
    await connection
      .collection('authenticators')
      .createIndex({ credentialId: 1 }, { unique: true, partialFilterExpression: { credentialId: { $exists: true } } })
  },
}

/** The devices that people are known by. */
const devices: Migration = {
  number: 8,
  name: 'devices',
  async run(connection) {
    // One more document of each user has no digest: what is kept beside the devices.
    await connection.collection('devices').createIndex({ userId: 1, digest: 1 }, { unique: true })
    // As long as a browser keeps the cookie.
    await connection.collection('devices').createIndex({ lastUsedAt: 1 }, { expireAfterSeconds: 400 * 86_400 })
  },
}

/** What guards say somebody can prove with. Whoever has no factor is told by the assurance alone. */
const enrolledFactors: Migration = {
  number: 9,
  name: 'enrolled factors',
  async run(connection) {
    const kinds = { $cond: [{ $in: ['$$this', '$$value'] }, '$$value', { $concatArrays: ['$$value', ['$$this']] }] }
    await connection
      .collection('authenticators')
      .aggregate([
        { $match: { $or: [{ kind: { $ne: 'recovery-code' } }, { 'digests.0': { $exists: true } }] } },
        { $sort: { createdAt: 1, _id: 1 } },
        { $group: { _id: '$userId', all: { $push: '$kind' } } },
        { $project: { enrolledFactors: { $reduce: { input: '$all', initialValue: [], in: kinds } } } },
        { $merge: { into: 'users', on: '_id', whenMatched: 'merge', whenNotMatched: 'discard' } },
      ])
      .toArray()
  },
}

/** What waits of one user, or to one address, is withdrawn, however much waits of others. */
const mailsOfUsers: Migration = {
  number: 10,
  name: 'mails of users',
  async run(connection) {
    for (const whom of ['message.userId', 'message.email']) {
      await connection.collection('outbox').createIndex({ [whom]: 1 }, { sparse: true })
    }
  },
}

const appliedIn = (connection: Connection) =>
  connection.collection<{ _id: number; name: string; at: Date }>('migrations')

/** What has not been applied yet, in order. One read: nearly every start finds nothing. */
export async function missingMigrations(
  connection: Connection,
  further: readonly Migration[],
): Promise<readonly Migration[]> {
  const applied = new Set((await appliedIn(connection).find({}).toArray()).map(({ _id }) => _id))
  return [
    indexes,
    collections,
    administration,
    mail,
    authenticators,
    passkeys,
    devices,
    enrolledFactors,
    mailsOfUsers,
    ...further,
  ]
    .filter(({ number }) => !applied.has(number))
    .toSorted((a, b) => a.number - b.number)
}

/**
 * Applies what is missing, one instance at a time.
 * @param connection a patient one: an index on a large collection takes longer than an answer may
 * @param further migrations of the composition root (the first data key needs the secret, which this room must not know)
 * @returns the names of the migrations that were applied now
 */
export async function migrate(
  connection: Connection,
  { holder, clock, further }: { holder: string; clock: Clock; further: readonly Migration[] },
): Promise<string[]> {
  return withLock(connection, { name: 'migrations', holder, clock, patienceMs: 120_000 }, async () => {
    const applied: string[] = []
    for (const migration of await missingMigrations(connection, further)) {
      await migration.run(connection)
      await appliedIn(connection).updateOne(
        { _id: migration.number },
        { $set: { name: migration.name, at: clock.now() } },
        { upsert: true },
      )
      applied.push(migration.name)
    }
    return applied
  })
}

/** As `migrate`, on a connection of its own, whose answers may take for ever. */
export async function migratePatiently(
  uri: string,
  how: Parameters<typeof migrate>[1] & { readonly answerWithinMs: number },
): Promise<string[]> {
  const { connection, close } = await connectDatabase(uri, how.clock, {
    answerWithinMs: how.answerWithinMs,
    patient: true,
  })
  try {
    return await migrate(connection, how)
  } finally {
    await close()
  }
}
