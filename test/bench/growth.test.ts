import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose, { type Connection } from 'mongoose'
import { sessionDocument, userDocuments } from '../../scripts/bench/growth/documents.mjs'
import { password, sessionAt, spread, userAt } from '../../scripts/bench/growth/population.mjs'
import { environmentFor, readNote } from '../../scripts/bench/growth/note.mjs'
import { compareShapes } from '../../scripts/bench/growth/shapes.mjs'
import { testDatabaseUri } from '../support/database.js'
import { refresh, signIn, signUp } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

const population = { seed: 'test', users: 20, sessionsPerUser: 3, spentTokens: 2 }
/** Three documents and three sessions each; the chunk after eight users is then half written. */
const perUser = 6
const dieAfter = 8 * perUser + 4

/** Processes start, and on a busy machine that takes long: no verdict hangs on it. */
const patienceMs = 180_000

describe('The seeder of the growth measure', () => {
  const uri = testDatabaseUri()
  let connection: Connection
  let portcullis: TestPortcullis

  beforeAll(async () => {
    connection = await mongoose.createConnection(uri).asPromise()
    portcullis = await startTestPortcullis(environmentFor(population, uri))
  }, patienceMs)
  afterAll(async () => {
    await portcullis.close()
    await connection.dropDatabase()
    await connection.close()
  })

  /** How it ended: exit code and signal. */
  async function seedInProcess(dieAfter: number): Promise<unknown[]> {
    const seeder = spawn(
      process.execPath,
      [join(import.meta.dirname, 'seeder.mjs'), uri, JSON.stringify(population), String(dieAfter)],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
    return once(seeder, 'exit')
  }

  const all = (collection: string) =>
    connection.getClient().db(connection.name).collection<{ _id: string }>(collection).find().sort({ _id: 1 }).toArray()

  test(
    'killed in the middle and started again, leaves exactly the documents of its population',
    async () => {
      expect(await seedInProcess(dieAfter)).toEqual([null, 'SIGKILL'])
      const half = (await all('users')).length
      expect(half).toBeGreaterThan(0)
      expect(half).toBeLessThan(population.users)

      expect(await seedInProcess(Infinity)).toEqual([0, null])
      const note = await readNote(connection)
      if (note === null) throw new Error('The seeder has left no note')
      const identifierKey = portcullis.app.keys.firstDataKey().derive('identifiers')
      const facts = { ...note, identifierKey }
      const byId = <Document extends { _id: string }>(documents: Document[]) =>
        documents.sort((a, b) => (a._id < b._id ? -1 : 1))
      const users = Array.from({ length: population.users }, (_, index) => userDocuments(facts, index))
      const sessions = Array.from({ length: population.users * population.sessionsPerUser }, (_, index) =>
        sessionDocument(facts, index),
      )
      expect(await all('users')).toEqual(byId(users.map((user) => user.users)))
      expect(await all('identifiers')).toEqual(byId(users.map((user) => user.identifiers)))
      expect(await all('credentials')).toEqual(byId(users.map((user) => user.credentials)))
      expect(await all('sessions')).toEqual(byId(sessions))
    },
    patienceMs,
  )

  test(
    'makes users who sign in, and sessions that are refreshed and belong to them',
    async () => {
      const { ask } = portcullis
      for (const index of [0, 7, 19]) {
        const { id, email } = userAt(population, index)
        expect(await signIn(ask, { email, password })).toMatchObject({ userId: id })
        const session = sessionAt(population, index * population.sessionsPerUser + 1)
        const { data } = await refresh(ask, `${session.id}.${session.familySecret}.${session.tokenSecret}`)
        expect(data.refreshSession).toMatchObject({ user: { id }, session: { id: session.id } })
      }
    },
    patienceMs,
  )

  test(
    'writes the shapes that the service writes, and says so when it does not',
    async () => {
      const { ask } = portcullis
      const { db } = connection
      if (db === undefined) throw new Error('The connection is not open')
      const { userId: written, refreshToken } = await signUp(ask)
      await refresh(ask, refreshToken)
      await db.collection('users').updateOne({ _id: written as never }, { $set: { displayName: 'Ada' } })
      const seeded = userAt(population, 3).id
      await compareShapes(db, { seeded, written })
      await db.collection('sessions').updateOne({ userId: written }, { $set: { 'family.generation': 1.5 } })
      await expect(compareShapes(db, { seeded, written })).rejects.toThrow('family.generation')
    },
    patienceMs,
  )

  test.each([[1], [2], [7], [60], [5_000]])('picks each of %i numbers once before any comes again', (count) => {
    const picked = Array.from({ length: count }, (_, pick) => spread(pick, count))
    expect(new Set(picked).size).toBe(count)
    expect(Math.max(...picked)).toBe(count - 1)
  })
})
