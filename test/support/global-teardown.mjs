import { stopTestDatabase } from './test-database.mjs'

export default async function globalTeardown() {
  await stopTestDatabase()
}
