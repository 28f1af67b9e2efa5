/** Another address by the word of whoever runs the service. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { factorFlows } from '../mfa/factors.js'
import { mailFlows } from '../support/accounts.js'
import { eventually } from '../support/eventually.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword, newEmail, refresh, signIn, signInMutation, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let server: TestPortcullis
let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const assign = (email: string, newEmail: string, withoutFactors = false) =>
  server.app.accounts.assignEmail({ email, newEmail, withoutFactors })
const trySignIn = (email: string, password: string) =>
  server.ask(signInMutation, { variables: { input: { email, password } } })
const linkTo = async (address: string) => tokenIn(await mailbox.mailTo(address, { subject: /address of your account/ }))
const documents = (name: string) =>
  server.app.database.connection.collection<{ _id: string; actorId?: unknown; facts?: unknown }>(name)
const newPassword = 'an entirely different one'

/** With an app, under an address that was proven. */
async function enrolled() {
  const flows = factorFlows(server)
  const [made] = await server.app.accounts.provision([{ email: newEmail(), password: goodPassword, roles: ['member'] }])
  return {
    flows,
    ada: await flows.enrolled(await signIn(server.ask, { email: made?.email ?? '', password: goodPassword })),
  }
}

test('who has it gets in by its mail and their second factor, and whoever was in is out', async () => {
  const { flows, ada } = await enrolled()
  const address = newEmail()
  // As after a thief has changed it: they have the password, a session, and a link in a mail that has gone out.
  const { requestReset, reset } = mailFlows(server.ask, mailbox)
  await requestReset({ email: ada.email })
  const stolen = tokenIn(await mailbox.mailTo(ada.email, { subject: /new password/ }))
  const links = await documents('oneTimeTokens').find({ subject: ada.userId }).toArray()
  expect(links).not.toEqual([])
  expect(await assign(` ${ada.email.toUpperCase()}`, address)).toEqual({ userId: ada.userId, hasFactors: true })
  const ids = links.map(({ _id }) => _id)
  expect(await documents('oneTimeTokens').countDocuments({ _id: { $in: ids } })).toBe(0)

  expect(reasonOf(await flows.refresh(ada))).toBe('REFRESH_REJECTED')
  for (const email of [ada.email, address]) {
    expect(reasonOf(await trySignIn(email, ada.password))).toBe('CREDENTIALS_REJECTED')
  }
  expect(reasonOf(await reset({ token: stolen, newPassword }))).toBe('ONE_TIME_TOKEN_REJECTED')
  expect(await server.app.risk.listKept(ada.userId)).toEqual([])
  expect((await mailbox.mailTo(ada.email, { subject: /has changed/ })).text).not.toContain('token=')

  expect((await reset({ token: await linkTo(address), newPassword })).errors).toEqual([])
  const answer = await flows.signIn({ email: address, password: newPassword })
  expect(answer.data.signIn.__typename).toBe('SecondFactorRequired')
  for (const event of [{ name: 'email.changed' }, { name: 'session.ended', 'facts.reason': 'email-changed' }]) {
    const found = await eventually(async () => {
      const all = await documents('auditEvents')
        .find({ ...event, subjectId: ada.userId })
        .toArray()
      return all.length > 0 ? all : Promise.reject(new Error(`There is no ${event.name}`))
    })
    expect(new Set(found.map((each) => each.actorId))).toEqual(new Set([null]))
  }
})

test.each([
  ['that are to go', true, true],
  ['of an account whose address was never proven', false, false],
])('second factors %s are gone, and the trail has them', async (_which, isProven, withoutFactors) => {
  const { flows, ada } = await enrolled()
  const address = newEmail()
  await documents('users').updateOne({ _id: ada.userId }, { $set: { emailVerified: isProven } })
  expect(await assign(ada.email, address, withoutFactors)).toEqual({ userId: ada.userId, hasFactors: false })
  await mailFlows(server.ask, mailbox).reset({ token: await linkTo(address), newPassword })
  const answer = await flows.signIn({ email: address, password: newPassword })
  expect(answer.data.signIn.__typename).toBe('SignedIn')
  const changed = await documents('auditEvents').findOne({ name: 'email.changed', subjectId: ada.userId })
  expect(changed?.facts).toEqual({ factorsRemoved: expect.stringMatching(/^totp:aut_\w+ recovery-code:aut_\w+$/) })
})

test('whose factors go has the time anew that the policy gives for one', async () => {
  const { ada } = await enrolled()
  await documents('users').updateOne({ _id: ada.userId }, { $set: { secondFactorDueAt: new Date(0) } })
  await assign(ada.email, newEmail(), true)
  const user = await server.app.users.find(ada.userId)
  expect([user?.secondFactorDueAt, user?.enrolledAssurance]).toEqual([undefined, 'aal1'])
})

test.each([
  ['no more', true, 0],
  ['for whose it is, where the account has never proven that it is theirs', false, 1],
])(
  'what waited for the old address waits %s, and for the new one no more; the old one is free',
  async (_how, isProven, left) => {
    const ada = await signUp(server.ask)
    await documents('users').updateOne({ _id: ada.userId }, { $set: { emailVerified: isProven } })
    const address = newEmail()
    const [from = '', to = ''] = [ada.email, address].map((email) => server.app.users.identify(email)?.identifier)
    const soon = new Date(Date.now() + 3_600_000)
    for (const subject of [from, to]) {
      const invitation = { purpose: 'invitation', subject, securityVersion: null, payload: {}, expiresAt: soon }
      const kept = { _id: `of ${subject}`, ...invitation, createdAt: new Date() }
      await documents('oneTimeTokens').insertOne(kept)
    }
    const message = { kind: 'invitation', email: ada.email, languages: [] }
    const waiting = { _id: `out_of_${ada.userId}`, message, dueAt: soon, createdAt: new Date(), attempts: 1 }
    await documents('outbox').insertOne(waiting)
    await assign(ada.email, address)
    expect(await documents('oneTimeTokens').countDocuments({ subject: to })).toBe(0)
    expect(await documents('oneTimeTokens').countDocuments({ subject: from })).toBe(left)
    expect(await documents('outbox').countDocuments({ _id: waiting._id })).toBe(left)
    const other = await signUp(server.ask, ada.email)
    expect(other.userId).not.toBe(ada.userId)
  },
)

test('of ten at once one gives it', async () => {
  const ada = await signUp(server.ask)
  const answers = await Promise.allSettled(Array.from({ length: 10 }, () => assign(ada.email, newEmail())))
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const answer of answers) {
    if (answer.status === 'rejected') expect(['CHANGED_MEANWHILE', 'INVALID_INPUT']).toContain(answer.reason.code)
  }
  expect(await server.app.users.findByIdentifier(server.app.users.identify(ada.email)?.identifier ?? '')).toBeNull()
})

test.each([
  ['that somebody else has', async () => (await signUp(server.ask)).email, /belongs to another account/],
  ['that it has already', async (own: string) => own.toUpperCase(), /already/],
  ['that is none', async () => 'nonsense', /e-mail/],
])('one %s is refused, and nothing has changed', async (_name, addressFor, message) => {
  const ada = await signUp(server.ask)
  await expect(assign(ada.email, await addressFor(ada.email))).rejects.toThrow(message)
  expect((await refresh(server.ask, ada.refreshToken)).errors).toEqual([])
  await signIn(server.ask, ada)
})

test('nobody and somebody suspended have none given', async () => {
  const ada = await signUp(server.ask)
  await documents('users').updateOne({ _id: ada.userId }, { $set: { status: 'suspended' } })
  await expect(assign(ada.email, newEmail())).rejects.toThrow(/suspended/)
  await expect(assign(newEmail(), newEmail())).rejects.toThrow(/no account/)
  expect((await server.app.users.find(ada.userId))?.email).toBe(ada.email)
})
