import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createMongoAuditStore } from '../../src/audit/mongo-store.js'
import { createAudit } from '../../src/audit/service.js'
import { createBackground } from '../../src/kernel/background.js'
import { systemClock } from '../../src/kernel/clock.js'
import { systemRandom } from '../../src/kernel/random.js'
import { connectDatabase, type Database } from '../../src/mongo/connection.js'
import { createEndings } from '../../src/sessions/ending.js'
import { createMongoSessionStore } from '../../src/sessions/mongo-store.js'
import { signUp } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let server: TestPortcullis
let database: Database
beforeAll(async () => {
  server = await startTestPortcullis()
  database = await connectDatabase(server.env['MONGODB_URI'] ?? '', systemClock, { answerWithinMs: 15_000 })
})
afterAll(async () => {
  await database.close()
  await server.close()
})

test('a sign-out is not refused because a primary without a majority does not know the session', async () => {
  const ada = await signUp(server.ask)
  const store = createMongoSessionStore(database, 60_000)
  const audit = createAudit({
    store: createMongoAuditStore(database.connection),
    clock: systemClock,
    random: systemRandom,
  })
  const background = createBackground(() => undefined)
  const endings = createEndings({
    store: { ...store, find: async () => null },
    audit,
    removal: { removeLeft: async () => undefined },
    mover: audit.moverFrom(store),
    announce: () => undefined,
    background,
    clock: systemClock,
  })
  await endings.endByToken(ada.refreshToken)
  await background.drained()
  const [sessionId = ''] = ada.refreshToken.split('.')
  expect(await store.find(sessionId)).toMatchObject({ endReason: 'signed-out' })
})
