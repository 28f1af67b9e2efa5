import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemClock } from '../../src/kernel/clock.js'
import { migrate } from '../../src/mongo/migrations.js'
import { createMongoUserStore } from '../../src/users/mongo-store.js'
import { subjectOf } from '../authorization/scenario.js'
import { testDatabase } from '../support/database.js'

let db: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.drop())

test('Whoever has enrolled before the kinds of factors were kept is found with those that are usable', async () => {
  const { connection } = db.database
  const on = (name: string) => connection.collection<{ _id: string | number }>(name)
  const store = createMongoUserStore(db.database)
  const factorsOf = async (id: string) => (await store.find(id))?.enrolledFactors
  const people = ['both', 'used-up', 'none', 'two-apps'].map((id) => ({
    ...subjectOf(`usr_${id}`, ['member'], { enrolledAssurance: id === 'none' ? 'aal1' : 'aal2' }),
  }))
  await store.insertImported(people)
  await on('users').updateMany({}, { $unset: { enrolledFactors: 1 } })
  const factor = (userId: string, kind: string, minute: number, rest = {}) => ({
    _id: `aut_${userId}_${minute}`,
    userId: `usr_${userId}`,
    kind,
    createdAt: new Date(minute * 60_000),
    ...rest,
  })
  await on('authenticators').insertMany([
    factor('both', 'totp', 1),
    factor('both', 'recovery-code', 2, { digests: ['x'] }),
    factor('used-up', 'totp', 1),
    factor('used-up', 'recovery-code', 2, { digests: [] }),
    factor('two-apps', 'totp', 1),
    factor('two-apps', 'totp', 2),
    factor('nobody', 'totp', 1),
  ])
  // As long as it has not run, and where an older instance has written: what that one can enrol.
  expect(await factorsOf('usr_used-up')).toEqual(['totp', 'recovery-code'])
  expect(await factorsOf('usr_none')).toEqual([])
  await on('migrations').deleteOne({ _id: 9 })
  const applied = await migrate(connection, { holder: 'test', clock: systemClock, further: [] })
  expect(applied).toEqual(['enrolled factors'])
  expect(await factorsOf('usr_both')).toEqual(['totp', 'recovery-code'])
  expect(await factorsOf('usr_used-up')).toEqual(['totp'])
  expect(await factorsOf('usr_two-apps')).toEqual(['totp'])
  expect(await factorsOf('usr_none')).toEqual([])
  expect(await on('users').countDocuments({ _id: 'usr_nobody' })).toBe(0)
})
