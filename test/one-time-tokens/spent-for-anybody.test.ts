import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemRandom } from '../../src/kernel/random.js'
import { createMongoOneTimeTokenStore } from '../../src/one-time-tokens/mongo-store.js'
import {
  createOneTimeTokens,
  OneTimeTokenRejected,
  type OneTimeTokensService,
} from '../../src/one-time-tokens/service.js'
import { testDatabase } from '../support/database.js'

let db: Awaited<ReturnType<typeof testDatabase>>
let now = Date.now()
/** Of an instance whose clock is so far from the database's. */
let instance: (behindMs: number) => OneTimeTokensService
beforeAll(async () => {
  db = await testDatabase()
  const store = createMongoOneTimeTokenStore(db.database.connection)
  const anybodyKey = () => Buffer.alloc(32, 1)
  instance = (behindMs) =>
    createOneTimeTokens({
      store,
      outbox: { drop: () => Promise.reject(new Error('No mail is known of')) },
      clock: { now: () => new Date(now - behindMs), monotonicMs: () => performance.now() },
      random: systemRandom,
      anybodyKey,
      mailKey: Buffer.alloc(32, 2),
    })
})
afterAll(() => db.drop())

test('A challenge that was spent stays spent for an instance whose clock is behind, when the database has forgotten what has expired', async () => {
  const { challenge, expiresAt } = instance(0).challengeForAnybody()
  const spend = (by: OneTimeTokensService) => db.database.transact((tx) => by.spendForAnybody(tx, challenge))
  await spend(instance(0))
  now = expiresAt.getTime() + 5_000
  // As its index does, at a time of its own.
  await db.database.connection.collection('oneTimeTokens').deleteMany({ expiresAt: { $lte: new Date(now) } })
  // As far as a clock may be off and still be trusted.
  const late = instance(10_000)
  expect(() => late.requireForAnybody(challenge)).not.toThrow()
  await expect(spend(late)).rejects.toThrow(OneTimeTokenRejected)
})
