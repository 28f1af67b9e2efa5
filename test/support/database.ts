import { randomBytes } from 'node:crypto'
import { systemClock } from '../../src/kernel/clock.js'
import { connectDatabase, type Database } from '../../src/mongo/connection.js'
import { migrate } from '../../src/mongo/migrations.js'

/** A migrated database of its own on the replica set of this test run. */
export async function testDatabase(): Promise<{ database: Database; uri: string; drop(): Promise<void> }> {
  const uri = testDatabaseUri()
  const database = await connectDatabase(uri, systemClock, { answerWithinMs: 15_000 })
  await migrate(database.connection, { holder: 'test', clock: systemClock, further: [] })
  return {
    database,
    uri,
    async drop() {
      await database.connection.dropDatabase()
      await database.close()
    },
  }
}

/** The address of a database that nobody else uses. */
export function testDatabaseUri(): string {
  const server = process.env.TEST_MONGODB_URI
  if (server === undefined) throw new Error('TEST_MONGODB_URI is missing: the global set-up did not run')
  const uri = new URL(server)
  uri.pathname = `/test_${randomBytes(6).toString('hex')}`
  return uri.href
}
