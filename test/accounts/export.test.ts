import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signIn } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { eventually } from '../support/eventually.js'
import { provenLongAgo, somebody } from './people.js'

let server: TestPortcullis
beforeAll(async () => {
  server = await startTestPortcullis()
})
afterAll(() => server.close())

interface Stored {
  _id: string
  family?: { familyDigest: string; currentDigest: string }
  passwordHash?: string
}
const documents = (name: string) => server.app.database.connection.collection<Stored>(name)
const exportMine = (token?: string) => server.ask('mutation { exportMyData }', token === undefined ? {} : { token })

test('has everything that is kept about the person: ended sessions, links and events too', async () => {
  const ada = await somebody(server)
  const other = await signIn(server.ask, ada)
  await server.ask(`mutation { revokeSession(id: "${other.sessionId}") { id } }`, { token: ada.accessToken })
  await server.ask(`mutation { requestPasswordReset(input: { email: "${ada.email}" }) }`)
  await eventually(async () => expect(await documents('oneTimeTokens').countDocuments({ subject: ada.userId })).toBe(1))
  await server.app.sessions.sweep()
  const { data, errors } = await exportMine(ada.accessToken)
  expect(errors).toEqual([])
  const { profile, passwordChangedAt, sessions, auditEvents, truncated, pendingLinks } = data.exportMyData
  expect(profile).toEqual({
    id: ada.userId,
    email: ada.email,
    emailVerified: false,
    displayName: 'Ada Lovelace',
    roles: ['member'],
    attributes: {},
    status: 'active',
    createdAt: expect.any(String),
  })
  expect(Number.isNaN(Date.parse(passwordChangedAt))).toBe(false)
  expect(sessions.map(({ id, endReason }: { id: string; endReason: string | null }) => [id, endReason])).toEqual([
    [other.sessionId, 'revoked'],
    [ada.sessionId, null],
  ])
  expect(sessions[0].device).toEqual({ name: expect.any(String), ipPrefix: '127.0.0.0/24' })
  expect(auditEvents.map(({ name }: { name: string }) => name)).toEqual([
    'session.ended',
    'session.started',
    'session.started',
    'user.provisioned',
  ])
  expect(truncated).toBe(false)
  expect(pendingLinks).toEqual([
    { purpose: 'password-reset', createdAt: expect.any(String), expiresAt: expect.any(String) },
  ])
})

test('has no secret in it: no hash, no digest, no seal', async () => {
  const ada = await somebody(server)
  await server.ask(`mutation { requestPasswordReset(input: { email: "${ada.email}" }) }`)
  await eventually(async () => expect(await documents('oneTimeTokens').countDocuments({ subject: ada.userId })).toBe(1))
  const { text } = await exportMine(ada.accessToken)
  const [session, credential, token] = await Promise.all([
    documents('sessions').findOne({ userId: ada.userId }),
    documents('credentials').findOne({ _id: ada.userId }),
    documents('oneTimeTokens').findOne({ subject: ada.userId }),
  ])
  const { familyDigest = '', currentDigest = '' } = session?.family ?? {}
  const secrets = [familyDigest, currentDigest, credential?.passwordHash ?? '', token?._id ?? '']
  expect(secrets.every((secret) => secret.length > 20)).toBe(true)
  for (const secret of [...secrets, 'igest', 'argon2', 'securityVersion']) expect(text).not.toContain(secret)
})

test('has nobody else in it, and is told of in the trail', async () => {
  const [ada, eve] = [await somebody(server), await somebody(server)]
  expect((await exportMine(ada.accessToken)).text).not.toContain(eve.userId)
  const again = (await exportMine(ada.accessToken)).data.exportMyData.auditEvents
  expect(again[0]).toMatchObject({ name: 'account.exported', actorId: ada.userId, subjectId: ada.userId })
})

test('at most 10,000 events, the newest ones, and it says so', async () => {
  const ada = await somebody(server)
  const at = new Date()
  const event = {
    at,
    name: 'session.started',
    actorId: ada.userId,
    subjectId: ada.userId,
    outcome: 'success',
    facts: {},
  }
  // Before all others by their ids, which sort by time.
  const old = Array.from({ length: 10_001 }, (_, n) => ({
    _id: `evt_000000000000${String(n).padStart(14, '0')}`,
    ...event,
  }))
  await documents('auditEvents').insertMany(old)
  const { auditEvents, truncated } = (await exportMine(ada.accessToken)).data.exportMyData
  expect([auditEvents.length, truncated]).toEqual([10_000, true])
  const ids = auditEvents.map(({ id }: { id: string }) => id)
  expect(ids).toEqual(ids.toSorted().toReversed())
})

test('is for the person, with a fresh proof', async () => {
  expect(reasonOf(await exportMine())).toBe('SIGN_IN_REQUIRED')
  const stale = await provenLongAgo(server, await somebody(server))
  expect(reasonOf(await exportMine(stale))).toBe('STEP_UP_REQUIRED')
})

test('the service asks for the proof by itself', async () => {
  const ada = await somebody(server)
  const caller = await server.app.callers.resolve(ada.accessToken)
  if (caller.kind !== 'person') throw new Error('Ada is a person')
  const authenticatedAt = new Date(Date.now() - 3_600_000)
  await expect(server.app.accounts.exportData({ ...caller, authenticatedAt })).rejects.toMatchObject({
    code: 'STEP_UP_REQUIRED',
  })
})
