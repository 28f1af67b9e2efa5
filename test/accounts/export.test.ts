import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signIn, signUp, type SignedInPerson } from '../support/people.js'
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
  digest?: string
  subject?: string
  purpose?: string
}
const documents = (name: string) => server.app.database.connection.collection<Stored>(name)
const resetOf = ({ userId }: SignedInPerson) => ({ subject: userId, purpose: 'password-reset' })
const exportMine = (token?: string) => server.ask('mutation { exportMyData }', token === undefined ? {} : { token })

test('has everything that is kept about the person: ended sessions, links and events too', async () => {
  const ada = await somebody(server)
  const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
  const other = await signIn((query, options) => server.ask(query, { ...options, headers: firefox }), ada)
  await server.ask(`mutation { requestPasswordReset(input: { email: "${ada.email}" }) }`)
  await eventually(async () => expect(await documents('oneTimeTokens').countDocuments(resetOf(ada))).toBe(1))
  // Of two sign-ins: the first to the account, and one from a browser that nobody has seen before.
  const disowning = { subject: ada.userId, purpose: 'disown-session' }
  await eventually(async () => expect(await documents('oneTimeTokens').countDocuments(disowning)).toBe(2))
  await server.ask(`mutation { revokeSession(id: "${other.sessionId}") { id } }`, { token: ada.accessToken })
  await server.app.sessions.sweep()
  const { data, errors } = await exportMine(ada.accessToken)
  expect(errors).toEqual([])
  const { profile, passwordChangedAt, devices, sessions, auditEvents, truncated, pendingLinks } = data.exportMyData
  expect(profile).toEqual({
    id: ada.userId,
    email: ada.email,
    emailVerified: true,
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
  const device = { id: expect.stringMatching(/^dev_/), name: expect.any(String), ipPrefix: '127.0.0.0/24' }
  const times = { createdAt: expect.any(String), lastUsedAt: expect.any(String) }
  expect(devices).toEqual([
    { ...device, ...times },
    { ...device, ...times },
  ])
  expect(sessions[0].device).toEqual({ name: expect.any(String), ipPrefix: '127.0.0.0/24' })
  expect(auditEvents.map(({ name }: { name: string }) => name)).toEqual([
    'session.ended',
    'session.started',
    'session.started',
    'user.provisioned',
  ])
  expect(truncated).toBe(false)
  const link = { createdAt: expect.any(String), expiresAt: expect.any(String) }
  expect(pendingLinks).toHaveLength(3)
  for (const purpose of ['disown-session', 'password-reset']) expect(pendingLinks).toContainEqual({ purpose, ...link })
})

test('has no secret in it: no hash, no digest, no seal', async () => {
  const ada = await somebody(server)
  await server.ask(`mutation { requestPasswordReset(input: { email: "${ada.email}" }) }`)
  await eventually(async () => expect(await documents('oneTimeTokens').countDocuments(resetOf(ada))).toBe(1))
  const { text } = await exportMine(ada.accessToken)
  const [session, credential, token, device] = await Promise.all([
    documents('sessions').findOne({ userId: ada.userId }),
    documents('credentials').findOne({ _id: ada.userId }),
    documents('oneTimeTokens').findOne(resetOf(ada)),
    documents('devices').findOne({ userId: ada.userId }),
  ])
  const { familyDigest = '', currentDigest = '' } = session?.family ?? {}
  const secrets = [device?.digest ?? '', familyDigest, currentDigest, credential?.passwordHash ?? '', token?._id ?? '']
  expect(secrets.every((secret) => secret.length > 20)).toBe(true)
  for (const secret of [...secrets, 'igest', 'argon2', 'securityVersion']) expect(text).not.toContain(secret)
})

test('does not tell whether another address is known', async () => {
  const [ada, bob] = [await somebody(server), await somebody(server)]
  for (const newEmail of [bob.email, 'nobody.yet@example.com']) {
    const change = 'mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) }'
    const { data } = await server.ask(change, { token: ada.accessToken, variables: { input: { newEmail } } })
    expect(data).toEqual({ changeEmail: true })
  }
  await eventually(async () => {
    const change = { subject: ada.userId, purpose: 'email-change' }
    expect(await documents('oneTimeTokens').countDocuments(change)).toBe(1)
  })
  await eventually(async () => expect(await documents('outbox').countDocuments()).toBe(0))
  expect((await exportMine(ada.accessToken)).text).not.toContain('email-change"')
})

test('has nothing of an address that was never proven', async () => {
  const eve = await signUp(server.ask)
  const { identifier = '' } = server.app.users.identify(eve.email) ?? {}
  const invitation = { purpose: 'invitation', subject: identifier, payload: {}, createdAt: new Date() }
  const expiresAt = new Date(Date.now() + 3_600_000)
  await documents('oneTimeTokens').insertOne({ _id: 'of-the-owner', ...invitation, expiresAt } as never)
  expect((await exportMine(eve.accessToken)).data.exportMyData.pendingLinks).toEqual([])
  const deletion = 'mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) }'
  const input = { confirmEmail: eve.email }
  const { data } = await server.ask(deletion, { token: eve.accessToken, variables: { input } })
  expect(data).toEqual({ deleteAccount: true })
  expect(await documents('oneTimeTokens').countDocuments({ _id: 'of-the-owner' })).toBe(1)
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
