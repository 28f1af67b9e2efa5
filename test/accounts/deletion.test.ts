import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { goodPassword, refresh, signIn, signUp, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { everythingIn, provenLongAgo, somebody } from './people.js'

let folder: string
let server: TestPortcullis
let elsewhere: TestPortcullis
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-deletion-'))
  server = await startTestPortcullis({ MAIL_URL: `file:${folder}` })
  elsewhere = await startTestPortcullis(server.env)
})
afterAll(async () => {
  await elsewhere.close()
  await server.close()
})

const documents = (name: string) =>
  server.app.database.connection.collection<{ _id: string; name?: string; device?: { ipPrefix: string } }>(name)
const deletion = 'mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) }'
const remove = (token: string | undefined, confirmEmail: string) =>
  server.ask(deletion, { variables: { input: { confirmEmail } }, ...(token === undefined ? {} : { token }) })
const removeSelf = ({ accessToken, email }: SignedInPerson) => remove(accessToken, email)

async function farewellTo(email: string): Promise<string> {
  return eventually(async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('account-deleted.eml'))
    const mails = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
    const [mail] = mails.filter((each) => each.includes(email))
    if (mail === undefined) throw new Error('No farewell has come')
    return mail
  })
}

describe('Deleting an account', () => {
  test('leaves nothing personal in any collection, and the trail with its ids', async () => {
    const ada = await somebody(server)
    await signIn(elsewhere.ask, ada)
    await server.ask('mutation { updateProfile(input: { displayName: "Countess of Lovelace" }) { id } }', {
      token: ada.accessToken,
    })
    await server.ask(`mutation { requestPasswordReset(input: { email: "${ada.email}" }) }`)
    await eventually(async () =>
      expect(await documents('oneTimeTokens').countDocuments({ subject: ada.userId })).toBe(1),
    )
    // From before there was an account: it carries the address.
    const identity = server.app.users.identify(ada.email)
    await documents('oneTimeTokens').insertOne({
      _id: 'digest-of-an-invitation',
      purpose: 'invitation',
      subject: identity?.identifier,
      payload: { email: ada.email },
      expiresAt: new Date(Date.now() + 3_600_000),
    } as never)
    expect(JSON.stringify(await everythingIn(server))).toContain(ada.email)
    const { device } = (await documents('sessions').findOne({ userId: ada.userId })) ?? {}
    expect((await remove(ada.accessToken, ` ${ada.email.toUpperCase()} `)).data).toEqual({ deleteAccount: true })
    expect(await farewellTo(ada.email)).toContain('Subject: Your account was deleted')
    await eventually(async () => expect(await documents('outbox').countDocuments()).toBe(0))
    const left = await everythingIn(server)
    for (const [collection, found] of Object.entries(left)) {
      const text = JSON.stringify(found)
      for (const trace of [ada.email, identity?.identifier ?? '', 'Countess', 'Lovelace', device?.ipPrefix ?? '']) {
        // Of the network others are seen from, too; of the address the limits keep how often it got mail.
        const isCounted = collection === 'rateLimits' && trace === identity?.identifier
        if (!isCounted) expect([collection, text.includes(trace)]).toEqual([collection, false])
      }
    }
    const ids = Object.entries(left).filter(([, found]) => JSON.stringify(found).includes(ada.userId))
    // An id for a minute, so that what a sign-in under way still writes goes as well.
    const kept = ['rateLimits', 'sessionSweeps']
    expect(ids.map(([collection]) => collection).filter((name) => !kept.includes(name))).toEqual(['auditEvents'])
    const trail = await documents('auditEvents').find({ subjectId: ada.userId }).toArray()
    expect(trail.map(({ name }) => String(name)).toSorted()).toEqual([
      'account.deleted',
      'session.started',
      'session.started',
      'user.provisioned',
    ])
  })

  test('takes back what is still to be sent', async () => {
    const ada = await somebody(server)
    const message = { kind: 'password-reset', email: ada.email, languages: [], isOwed: false }
    const later = new Date(Date.now() + 3_600_000)
    await documents('outbox').insertOne({
      _id: 'out_late',
      message,
      createdAt: later,
      dueAt: later,
      attempts: 1,
    } as never)
    expect((await removeSelf(ada)).data).toEqual({ deleteAccount: true })
    expect(await documents('outbox').countDocuments({ _id: 'out_late' })).toBe(0)
    await farewellTo(ada.email)
  })

  test('events that still wait in a session get into the trail first', async () => {
    const ada = await somebody(server)
    await eventually(async () => expect(await documents('auditEvents').countDocuments({ actorId: ada.userId })).toBe(1))
    const waiting = {
      id: `evt_${'0'.repeat(20)}wait01`,
      at: new Date(),
      name: 'session.started',
      actorId: ada.userId,
      subjectId: ada.userId,
      outcome: 'success',
      facts: {},
    }
    await documents('sessions').updateOne({ _id: ada.sessionId }, { $set: { pendingEvents: [waiting] } })
    expect((await removeSelf(ada)).data).toEqual({ deleteAccount: true })
    expect(await documents('auditEvents').countDocuments({ _id: waiting.id })).toBe(1)
  })

  test('a session in which events wait is not removed with them', async () => {
    const ada = await somebody(server)
    await eventually(async () => expect(await documents('auditEvents').countDocuments({ actorId: ada.userId })).toBe(1))
    const { transact } = server.app.database
    await server.app.sessions.settle(ada.userId)
    await documents('sessions').updateOne(
      { _id: ada.sessionId },
      {
        $set: { pendingEvents: [{ id: 'evt_late', name: 'session.ended' }] },
      },
    )
    await expect(transact((tx) => server.app.sessions.removeAll(tx, ada.userId))).rejects.toMatchObject({
      code: 'CHANGED_MEANWHILE',
    })
    await documents('sessions').deleteOne({ _id: ada.sessionId })
  })

  test('ends access and refresh at once, on every instance, and the address can sign up again', async () => {
    const ada = await somebody(server)
    const phone = await signIn(elsewhere.ask, ada)
    const me = { token: phone.accessToken }
    expect((await elsewhere.ask('{ me { id } }', me)).data.me).toEqual({ id: ada.userId })
    expect((await removeSelf(ada)).errors).toEqual([])
    expect(reasonOf(await server.ask('{ me { id } }', { token: ada.accessToken }))).toBe('SESSION_ENDED')
    expect(reasonOf(await refresh(server.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
    expect(reasonOf(await refresh(elsewhere.ask, phone.refreshToken))).toBe('REFRESH_REJECTED')
    const deadline = Date.now() + 1_000
    await eventually(async () => expect(reasonOf(await elsewhere.ask('{ me { id } }', me))).toBe('SESSION_ENDED'))
    expect(Date.now()).toBeLessThan(deadline)
    expect(
      reasonOf(
        await server.ask('mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }', {
          variables: { input: { email: ada.email, password: goodPassword } },
        }),
      ),
    ).toBe('CREDENTIALS_REJECTED')
    const again = await signUp(server.ask, ada.email)
    expect(again.userId).not.toBe(ada.userId)
  })

  test('a session that a sign-in under way wrote late is worth nothing, and goes', async () => {
    const ada = await somebody(server)
    const user = await server.app.users.find(ada.userId)
    if (user === null) throw new Error('Ada is here')
    expect((await removeSelf(ada)).errors).toEqual([])
    await server.app.background.drained()
    const device = { name: 'late', ipPrefix: null }
    const late = await server.app.sessions.start({ user, assurance: 'aal1', device, delivery: 'body' })
    expect(reasonOf(await server.ask('{ me { id } }', { token: late.access.accessToken }))).toBe('SESSION_ENDED')
    expect(reasonOf(await refresh(server.ask, late.refreshToken))).toBe('REFRESH_REJECTED')
    await server.app.background.drained()
    await server.app.sessions.sweep()
    expect(await documents('sessions').countDocuments({ userId: ada.userId })).toBe(0)
    // Not for ever: once nothing can be under way any more.
    await documents('sessionSweeps').updateMany({ userId: ada.userId }, { $set: { until: new Date() } })
    await server.app.sessions.sweep()
    expect(await documents('sessionSweeps').countDocuments({ userId: ada.userId })).toBe(0)
  })

  test('is for the person, with a fresh proof and the address', async () => {
    const ada = await somebody(server)
    expect(reasonOf(await remove(undefined, ada.email))).toBe('SIGN_IN_REQUIRED')
    const wrong = await remove(ada.accessToken, 'eve@example.com')
    expect(wrong.errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { 'input.confirmEmail': 'This is not the address of your account.' },
    })
    const stale = await provenLongAgo(server, ada)
    expect(reasonOf(await remove(stale, ada.email))).toBe('STEP_UP_REQUIRED')
    expect(await documents('users').countDocuments({ _id: ada.userId })).toBe(1)
    expect(await documents('auditEvents').countDocuments({ name: 'account.deleted', subjectId: ada.userId })).toBe(0)
  })

  test('the service asks for the proof by itself, and does nothing for whom it is not any more', async () => {
    const ada = await somebody(server)
    const caller = await server.app.callers.resolve(ada.accessToken)
    if (caller.kind !== 'person') throw new Error('Ada is a person')
    const { accounts, database } = server.app
    const authenticatedAt = new Date(Date.now() - 3_600_000)
    await expect(accounts.deleteAccount({ ...caller, authenticatedAt }, ada.email)).rejects.toMatchObject({
      code: 'STEP_UP_REQUIRED',
    })
    // Made an administrator meanwhile, which is asked for before anybody goes.
    await documents('users').updateOne({ _id: ada.userId }, { $set: { roles: ['admin'] } })
    await expect(accounts.deleteAccount(caller, ada.email)).rejects.toMatchObject({ code: 'CHANGED_MEANWHILE' })
    await documents('users').updateOne({ _id: ada.userId }, { $set: { roles: ['member'] } })
    await database.transact((tx) => server.app.users.bumpSecurityVersion(tx, ada.userId, 1))
    await expect(accounts.deleteAccount(caller, ada.email)).rejects.toMatchObject({ code: 'CHANGED_MEANWHILE' })
    expect(await documents('users').countDocuments({ _id: ada.userId })).toBe(1)
  })
})

describe('The last administrator', () => {
  const administrators = () => documents('users').countDocuments({ status: 'active', roles: 'admin' })
  const admin = () => somebody(server, ['admin'])
  beforeEach(async () => {
    await documents('users').updateMany({}, { $set: { roles: ['member'] } })
  })

  test('stays', async () => {
    const ann = await admin()
    expect(reasonOf(await removeSelf(ann))).toBe('LAST_ADMINISTRATOR')
    expect(await administrators()).toBe(1)
    await signIn(server.ask, ann)
    await admin()
    expect((await removeSelf(ann)).errors).toEqual([])
    expect(await administrators()).toBe(1)
  })

  const demote = (by: SignedInPerson, id: string) =>
    server.ask(`mutation { setUserRoles(id: "${id}", roles: ["member"]) { id } }`, { token: by.accessToken })

  test.each([
    ['delete themselves', (ann: SignedInPerson, ben: SignedInPerson) => [removeSelf(ann), removeSelf(ben)]],
    ['go and step down', (ann: SignedInPerson, ben: SignedInPerson) => [removeSelf(ann), demote(ben, ben.userId)]],
    ['go and are demoted', (ann: SignedInPerson, ben: SignedInPerson) => [removeSelf(ann), demote(ann, ben.userId)]],
    [
      'are demoted by who goes',
      (ann: SignedInPerson, ben: SignedInPerson) => [removeSelf(ben), demote(ben, ann.userId)],
    ],
  ])('of two who %s at once, one remains, ten times', async (_name, race) => {
    for (let round = 0; round < 10; round += 1) {
      await documents('users').updateMany({}, { $set: { roles: ['member'] } })
      const [ann, ben] = [await admin(), await admin()]
      const answers = await Promise.all(race(ann, ben))
      expect(await administrators()).toBe(1)
      const refusals = answers.flatMap((answer) => reasonOf(answer) ?? [])
      expect(refusals).toHaveLength(1)
      expect(['LAST_ADMINISTRATOR', 'CHANGED_MEANWHILE', 'FORBIDDEN', 'SESSION_ENDED', 'NOT_FOUND']).toContain(
        refusals[0],
      )
    }
  })
})
