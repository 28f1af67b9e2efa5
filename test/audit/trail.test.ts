import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createMongoAuditStore } from '../../src/audit/mongo-store.js'
import { createAudit, type AuditFilter, type AuditService } from '../../src/audit/service.js'
import { anonymous, personOf, type Caller } from '../../src/kernel/caller.js'
import { Forbidden, InvalidInput, Unauthenticated } from '../../src/kernel/errors.js'
import { systemRandom } from '../../src/kernel/random.js'
import { subjectOf } from '../authorization/scenario.js'
import { testDatabase } from '../support/database.js'
import { holding } from '../support/holdings.js'

let db: Awaited<ReturnType<typeof testDatabase>>
let audit: AuditService
let hour = 0

beforeAll(async () => {
  db = await testDatabase()
  const clock = { now: () => at(hour), monotonicMs: () => 0 }
  audit = createAudit({ store: createMongoAuditStore(db.database.connection), clock, random: systemRandom })
  for (const [name, actorId, subjectId] of [
    ['session.started', 'usr_ann', 'usr_ann'],
    ['user.suspended', 'usr_ann', 'usr_ben'],
    ['sign-in.refused', null, 'usr_ben'],
    ['user.roles-changed', 'usr_cat', 'usr_dan'],
  ] as const) {
    await audit.record({ name, actorId, subjectId, outcome: 'success', facts: { hour } })
    hour += 1
  }
})
afterAll(() => db.drop())

const at = (hour: number): Date => new Date(Date.UTC(2030, 0, 1, hour))

function caller(id: string, ...permissions: string[]): Caller {
  const holdings = holding(...permissions)
  return personOf({ user: subjectOf(id, []), sessionId: 'ses_1', holdings, assurance: 'aal1', authenticatedAt: at(0) })
}
const auditor = caller('usr_eve', 'audit:read')

/** The hours of the events, newest first. */
async function hours(who: Caller, filter: AuditFilter = {}): Promise<string> {
  const { events, totalCount, hasNextPage } = await audit.list(who, { first: 100, after: null }, filter)
  expect({ totalCount, hasNextPage }).toEqual({ totalCount: events.length, hasNextPage: false })
  return events.map(({ facts }) => facts['hour']).join('')
}

describe('the trail', () => {
  test('is whole for holders of audit:read, newest first', async () => {
    expect(await hours(auditor)).toBe('3210')
  })

  test('is, for everybody else, what they did and what was done to them', async () => {
    expect(await hours(caller('usr_ann', 'audit:read@own'))).toBe('10')
    expect(await hours(caller('usr_ben', 'audit:read@own'))).toBe('21')
    expect(await hours(caller('usr_eve', 'audit:read@own'))).toBe('')
  })

  test('of others is not opened by a filter', async () => {
    const ann = caller('usr_ann', 'audit:read@own')
    expect(await hours(ann, { subjectId: 'usr_dan' })).toBe('')
    expect(await hours(ann, { actorId: 'usr_cat' })).toBe('')
    expect(await hours(ann, { subjectId: 'usr_ben' })).toBe('1')
  })

  test('is refused without the permission, and to nobody in particular', async () => {
    await expect(hours(caller('usr_ann', 'user:read'))).rejects.toThrow(Forbidden)
    await expect(hours(anonymous)).rejects.toThrow(Unauthenticated)
  })

  test.each<[string, AuditFilter, string]>([
    ['names', { names: ['user.suspended', 'session.started'] }, '10'],
    ['no name at all', { names: [] }, ''],
    ['who did it', { actorId: 'usr_ann' }, '10'],
    ['to whom', { subjectId: 'usr_ben' }, '21'],
    ['both', { actorId: 'usr_ann', subjectId: 'usr_ben' }, '1'],
    ['a time and later', { since: at(1) }, '321'],
    ['a moment after a time', { since: new Date(at(1).getTime() + 1) }, '32'],
    ['before a time', { until: at(1) }, '0'],
    ['a span', { since: at(1), until: at(3) }, '21'],
    ['before there were computers', { until: new Date('1900-01-01T00:00:00Z') }, ''],
    ['since before there were computers', { since: new Date('0000-01-01T00:00:00Z') }, '3210'],
    ['the end of time', { since: new Date('9999-12-31T23:59:59Z') }, ''],
    ['nothing', { names: null, actorId: null, subjectId: null, since: null, until: null }, '3210'],
  ])('is filtered by %s', async (_name, filter, expected) => {
    expect(await hours(auditor, filter)).toBe(expected)
  })

  test('says that there are no such events, and does not repeat the name', async () => {
    const refusal = await hours(auditor, { names: ['user.suspended', 'user.eaten'] }).catch((cause: unknown) => cause)
    expect(refusal).toBeInstanceOf(InvalidInput)
    expect(JSON.stringify(refusal)).not.toContain('eaten')
  })

  test('comes in pages without gaps or repetition, each with the whole count', async () => {
    const { events: all } = await audit.list(auditor, { first: 100, after: null }, {})
    const [, second, third] = all
    const after = { id: second?.id ?? '', createdAt: at(0) }
    const page = await audit.list(auditor, { first: 1, after }, {})
    expect(page).toEqual({ events: [third], hasNextPage: true, totalCount: 4 })
  })

  test('of one person is found and ordered by an index', async () => {
    const { db: native } = db.database.connection
    const [event] = (await native?.collection('auditEvents').find({}).toArray()) ?? []
    const others = Array.from({ length: 3_000 }, (_, index) => `evt_01zzzzzzzz${String(index).padStart(16, '0')}`)
    await native
      ?.collection<{ _id: string }>('auditEvents')
      .insertMany(others.map((_id) => ({ ...event, _id, actorId: 'usr_fay', subjectId: 'usr_fay' })))
    await native?.setProfilingLevel('all')
    await hours(caller('usr_ben', 'audit:read@own'), { since: at(0) })
    await native?.setProfilingLevel('off')
    const reads = (await native?.collection('system.profile').find({ 'command.find': 'auditEvents' }).toArray()) ?? []
    expect(reads.map((read) => [read['planSummary'], read['hasSortStage']])).toEqual([
      ['IXSCAN { actorId: 1, _id: -1 }, IXSCAN { subjectId: 1, _id: -1 }', undefined],
    ])
  })
})
