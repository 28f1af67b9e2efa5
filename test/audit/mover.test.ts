import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { auditEvent, type AuditEvent } from '../../src/audit/events.js'
import { createEventMover } from '../../src/audit/mover.js'
import { createMongoAuditStore } from '../../src/audit/mongo-store.js'
import type { PendingDocument } from '../../src/audit/store.js'
import { newId } from '../../src/kernel/ids.js'
import { systemRandom } from '../../src/kernel/random.js'
import { createMongoSessionStore } from '../../src/sessions/mongo-store.js'
import type { Session } from '../../src/sessions/session.js'
import { testDatabase } from '../support/database.js'

let db: Awaited<ReturnType<typeof testDatabase>>
let sessions: ReturnType<typeof createMongoSessionStore>
let trail: ReturnType<typeof createMongoAuditStore>
beforeAll(async () => {
  db = await testDatabase()
  sessions = createMongoSessionStore(db.database, 60_000)
  trail = createMongoAuditStore(db.database.connection)
})
afterAll(() => db.drop())
beforeEach(async () => {
  for (const name of ['sessions', 'auditEvents']) await db.database.connection.collection(name).deleteMany({})
})

const now = new Date('2030-01-01T08:00:00Z')
const later = new Date('2100-01-01T08:00:00Z')

/** A session in the database, with one event that waits inside of it. */
async function started(): Promise<PendingDocument> {
  const id = newId('ses', systemRandom)
  const family = { familyDigest: 'f', generation: 0, currentDigest: 'c', rotatedAt: now, ring: [], jkt: null }
  const times = { authenticatedAt: now, createdAt: now, lastSeenAt: now, endedAt: null, endReason: null }
  const session: Session = {
    id,
    userId: 'usr_ann',
    securityVersion: 1,
    device: { name: 'test', ipPrefix: null },
    delivery: 'body',
    assurance: 'aal1',
    authenticatorId: null,
    ...times,
    family: { ...family, idleExpiresAt: later, absoluteExpiresAt: later },
  }
  const event = { name: 'session.started', actorId: 'usr_ann', subjectId: 'usr_ann', outcome: 'success' } as const
  const events: AuditEvent[] = [auditEvent({ ...event, facts: { sessionId: id } }, now, systemRandom)]
  await sessions.insert(session, events)
  return { id, events }
}
const many = (count: number): Promise<PendingDocument[]> => Promise.all(Array.from({ length: count }, () => started()))
const inTrail = () => db.database.connection.collection('auditEvents').countDocuments({})
const waiting = async () => (await sessions.listPending(1_000)).length

test('events of many documents at once are all moved, in a few writes', async () => {
  let writes = 0
  const counted = { insertMany: (events: readonly AuditEvent[]) => ((writes += 1), trail.insertMany(events)) }
  const mover = createEventMover(counted, sessions)
  const documents = await many(250)
  // The first goes at once, the others a hundred at a time.
  await Promise.all(documents.map((document) => mover.move(document)))
  expect([await inTrail(), await waiting(), writes]).toEqual([250, 0, 4])
  await mover.move(await started())
  expect([await inTrail(), await waiting(), writes]).toEqual([251, 0, 5])
})

test('what fails on the way stays where it was, for the sweep, and what is moved twice is there once', async () => {
  const documents = await many(5)
  const unwritten = createEventMover({ insertMany: async () => Promise.reject(new Error('no database')) }, sessions)
  await expect(Promise.all(documents.map((document) => unwritten.move(document)))).rejects.toThrow('no database')
  expect([await inTrail(), await waiting()]).toEqual([0, 5])
  const uncleared = createEventMover(trail, {
    ...sessions,
    clearPending: async () => Promise.reject(new Error('gone')),
  })
  await expect(uncleared.move(documents[0] ?? (await started()))).rejects.toThrow('gone')
  await createEventMover(trail, sessions).sweep()
  expect([await inTrail(), await waiting()]).toEqual([5, 0])
})

test('an event that could not be written beside one that was there already is an error, not a duplicate', async () => {
  const [known, broken] = (await many(2)).flatMap(({ events }) => events)
  if (known === undefined || broken === undefined) throw new Error('There are two')
  await trail.insertMany([known])
  const { connection } = db.database
  // A validator of the collection refuses the second one.
  await connection.db?.command({ collMod: 'auditEvents', validator: { _id: { $ne: broken.id } } })
  await expect(trail.insertMany([known, broken])).rejects.toThrow('E11000')
  await connection.db?.command({ collMod: 'auditEvents', validator: {} })
  await trail.insertMany([known, broken])
  expect(await inTrail()).toBe(2)
  // One that is not of the shape of an event must not be left out without a word.
  const shapeless = { ...known, id: `${known.id}x`, outcome: undefined } as unknown as AuditEvent
  await expect(trail.insertMany([shapeless])).rejects.toThrow('outcome')
})

test('an ended session is purged after its events have been moved, one that lives is not', async () => {
  const [ended, living] = await many(2)
  if (ended === undefined || living === undefined) throw new Error('There are two')
  // By the clock of an instance that is an hour slow.
  const at = new Date(Date.now() - 3_600_000)
  await sessions.end(ended.id, 'usr_ann', { reason: 'signed-out', at, events: [] })
  await createEventMover(trail, sessions).sweep()
  const found = await db.database.connection.collection<{ _id: string; purgeAt: Date }>('sessions').find({}).toArray()
  const purgeAt = new Map(found.map((session) => [session._id, session.purgeAt.getTime()]))
  const aheadMs = (purgeAt.get(ended.id) ?? 0) - 60_000 - Date.now()
  expect(Math.abs(aheadMs)).toBeLessThan(30_000)
  expect(purgeAt.get(living.id)).toBeGreaterThan(later.getTime())
})

test('an event that could not be told of waits in its document, and is told of by the next sweep', async () => {
  const told: string[] = []
  let isBroken = true
  const mover = createEventMover(trail, sessions, async (events) => {
    if (isBroken) throw new Error('The outbox does not answer')
    told.push(...events.map(({ id }) => id))
  })
  const document = await started()
  await expect(mover.move(document)).rejects.toThrow('The outbox does not answer')
  expect([await inTrail(), await waiting(), told]).toEqual([1, 1, []])
  isBroken = false
  await mover.sweep()
  expect([await inTrail(), await waiting(), told]).toEqual([1, 0, document.events.map(({ id }) => id)])
})
