import { test } from '@jest/globals'
import { createMongoUserStore } from '../../src/users/mongo-store.js'
import { reportingFaults } from '../../src/mongo/faults.js'
import { testDatabase } from '../support/database.js'
test('probe', async () => {
  const db = await testDatabase()
  const store = reportingFaults(createMongoUserStore(db.database.connection))
  const admin = db.database.connection.getClient().db('admin')
  for (const [n, f] of [['find', () => store.find('usr_x')], ['findVerdict', () => store.findVerdict('usr_x')]] as const) {
    await admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data: { failCommands: ['find'], blockConnection: true, blockTimeMS: 6000, appName: 'portcullis' } })
    const t = performance.now()
    const r = await f().then(() => 'ok', (e: Error) => e.name)
    process.stderr.write(`${n} ${r} ${Math.round(performance.now() - t)} ms\n`)
  }
  await db.drop()
})
