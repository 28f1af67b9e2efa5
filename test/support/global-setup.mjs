import { startTestDatabase } from './test-database.mjs'

/** The workers inherit the variable; each test file takes a database of its own on that server. */
export default async function globalSetup() {
  process.env['TEST_MONGODB_URI'] = await startTestDatabase()
}
