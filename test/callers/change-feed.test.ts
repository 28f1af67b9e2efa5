import { expect, test } from '@jest/globals'
import { createMongoChangeFeed } from '../../src/callers/mongo-store.js'
import { testDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'

test('a stream that begins anew is a gap until its first event: what was read before that may have changed unseen', async () => {
  const { database, drop } = await testDatabase()
  const feed = createMongoChangeFeed(database.connection, 'srv_test')
  const told: string[] = []
  const following = feed.follow({
    onChange: ({ kind }) => told.push(kind),
    onBeat: (beat) => told.push(`beat ${beat}`),
    onGap: () => told.push('gap'),
    onFault: (cause) => told.push(String(cause)),
  })
  let beat = 0
  await eventually(async () => {
    await feed.beat('srv_test', (beat += 1))
    expect(told.length).toBeGreaterThan(1)
  })
  expect(told.slice(0, 2)).toEqual(['gap', 'gap'])
  await database.connection.collection('users').insertOne({ _id: 'usr_1' as never })
  await database.connection.collection('users').updateOne({ _id: 'usr_1' as never }, { $set: { roles: ['admin'] } })
  await eventually(() => expect(told).toContain('user'))
  expect(told.filter((each) => each === 'gap')).toHaveLength(2)
  await following.close()
  await drop()
})

test('beats of other instances prove nothing to this one', async () => {
  const { database, drop } = await testDatabase()
  const feed = createMongoChangeFeed(database.connection, 'srv_test')
  const beats: number[] = []
  const ignore = () => undefined
  const following = feed.follow({
    onChange: ignore,
    onBeat: (beat) => beats.push(beat),
    onGap: ignore,
    onFault: ignore,
  })
  let beat = 100
  await eventually(async () => {
    await feed.beat('srv_other', 7)
    await feed.beat('srv_test', (beat += 1))
    expect(beats.length).toBeGreaterThan(0)
  })
  expect(beats).not.toContain(7)
  await following.close()
  await drop()
})
