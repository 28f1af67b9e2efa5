/**
 * Fills a database with a population, in bulk. It may be killed at any moment: documents are functions of their
 * numbers, and what was complete is noted after it was written, so the next run writes the rest, and once more what
 * was under way.
 */
import { parseConfig } from '../../../dist/config.js'
import { openDatabase } from '../../../dist/app.js'
import { systemClock } from '../../../dist/kernel/clock.js'
import { systemRandom } from '../../../dist/kernel/random.js'
import { connectDatabase } from '../../../dist/mongo/connection.js'
import { createHasher } from '../../../dist/passwords/hasher.js'
import { defaultPasswordLimits } from '../../../dist/passwords/password-rules.js'
import { Failure } from '../../setup/say.mjs'
import { goodForMs, sessionDocument, userDocuments } from './documents.mjs'
import { environmentFor, notes, readNote } from './note.mjs'
import { password } from './population.mjs'

/**
 * @typedef {import('./population.mjs').Population} Population
 * @typedef {import('mongoose').Connection} Connection
 * @typedef {import('./note.mjs').Note} Note
 *
 * @typedef {object} Seeding
 * @property {Population} population
 * @property {number} [chunk] users written at once, with all that is theirs
 * @property {(documents: number) => void} [onWritten] how many there are so far, of `documentCount`
 */

/** About 5 MB of sessions. */
const usersAtOnce = 400
/** While the database writes one chunk, the next one is made. */
const chunksUnderWay = 2
const collections = /** @type {const} */ (['users', 'identifiers', 'credentials'])

/** @param {Population} population */
export function documentCount({ users, sessionsPerUser }) {
  return users * (collections.length + sessionsPerUser)
}

/**
 * @param {string} mongodbUri of the database to fill
 * @param {Seeding} seeding
 * @returns {Promise<{ written: number }>} documents that were missing
 */
export async function seed(mongodbUri, { population, chunk = usersAtOnce, onWritten = () => {} }) {
  const config = parseConfig(environmentFor(population, mongodbUri))
  const { database, keys } = await openDatabase({ config, onStep: () => {} })
  // The service gives up on a database that takes two seconds; here a checkpoint may take longer than that.
  const { connection, close } = await connectDatabase(mongodbUri, systemClock, { patient: true })
  try {
    const { at, passwordHash, done } = await noteOf(connection, population, config)
    const identifierKey = keys.firstDataKey().derive('identifiers')
    const facts = { population, at, passwordHash, identifierKey }
    const perUser = collections.length + population.sessionsPerUser
    let written = done * perUser
    onWritten(written)
    const write = createWriter(connection, (count) => onWritten((written += count)))
    /** @type {Promise<void>[]} */
    const underWay = []
    for (let first = done; first < population.users; first += chunk) {
      const next = Math.min(first + chunk, population.users)
      const before = underWay.at(-1)
      const chunkWritten = write(documentsOf(facts, first, next)).then(async () => {
        // In order: what is noted as done has nothing missing before it.
        await before
        await notes(connection).updateOne({ _id: 'population' }, { $set: { done: next } })
      })
      // It is awaited below; a failure meanwhile must not end the process.
      chunkWritten.catch(() => {})
      underWay.push(chunkWritten)
      if (underWay.length >= chunksUnderWay) await underWay.shift()
    }
    await Promise.all(underWay)
    return { written: (population.users - done) * perUser }
  } finally {
    await close()
    await database.close()
  }
}

/**
 * @param {Connection} connection
 * @param {Population} population
 * @param {ReturnType<typeof parseConfig>} config
 * @returns {Promise<Note>}
 */
async function noteOf(connection, population, config) {
  const there = await readNote(connection)
  if (there === null) {
    const note = { _id: /** @type {const} */ ('population'), population, at: systemClock.now(), done: 0, picked: 0 }
    const whole = { ...note, passwordHash: await hashOf(config) }
    await notes(connection).insertOne(whole)
    return whole
  }
  if (JSON.stringify(there.population) !== JSON.stringify(population)) {
    throw new Failure(`This database holds another population (${JSON.stringify(there.population)}): --fresh drops it`)
  }
  if (systemClock.now().getTime() - there.at.getTime() > goodForMs) {
    throw new Failure('The sessions of this database are about to end by themselves: --fresh drops it')
  }
  return there
}

/** @param {ReturnType<typeof parseConfig>} config */
async function hashOf({ argon2: parameters }) {
  const room = { concurrency: 1, queueLimit: 1 }
  const hasher = await createHasher({ parameters, limits: defaultPasswordLimits, room, random: systemRandom })
  return hasher.hash(password)
}

/**
 * @typedef {{ _id: string }} Document
 * @typedef {Record<string, Document[]>} Documents
 *
 * @param {import('./documents.mjs').Facts} facts
 * @param {number} first
 * @param {number} next
 * @returns {Documents}
 */
function documentsOf(facts, first, next) {
  const { sessionsPerUser } = facts.population
  /** @type {Record<'users' | 'identifiers' | 'credentials' | 'sessions', Document[]>} */
  const documents = { users: [], identifiers: [], credentials: [], sessions: [] }
  for (let user = first; user < next; user++) {
    const made = userDocuments(facts, user)
    for (const name of collections) documents[name].push(made[name])
    for (let session = 0; session < sessionsPerUser; session++) {
      documents.sessions.push(sessionDocument(facts, user * sessionsPerUser + session))
    }
  }
  return documents
}

/**
 * @param {Connection} connection
 * @param {(count: number) => void} onWritten
 */
function createWriter(connection, onWritten) {
  const db = connection.getClient().db(connection.name)
  return async (/** @type {Documents} */ documents) => {
    await Promise.all(
      Object.entries(documents).map(async ([name, batch]) => {
        if (batch.length === 0) return
        await insertMissing(db.collection(name), batch)
        onWritten(batch.length)
      }),
    )
  }
}

/**
 * Those that a killed run has written already are as they would be now.
 * @param {import('mongoose').mongo.Collection<Document>} collection
 * @param {Document[]} batch
 */
async function insertMissing(collection, batch) {
  try {
    // Not journaled: the note is written after it, to the same journal, and what is not noted is written again.
    await collection.insertMany(batch, { ordered: false, writeConcern: { w: 1 } })
  } catch (cause) {
    const errors = Reflect.get(Object(cause), 'writeErrors')
    const isThere = Array.isArray(errors) && errors.length > 0 && errors.every(({ code }) => code === duplicateKey)
    if (!isThere) throw cause
  }
}

const duplicateKey = 11_000
