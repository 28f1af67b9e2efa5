/** Another address by the word of whoever runs the service. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mailFlows } from '../support/accounts.js'
import { eventually } from '../support/eventually.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { newEmail, refresh, signIn, signInMutation, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { factorFlows } from '../mfa/factors.js'

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

const assign = (email: string, to: string) => server.app.accounts.assignEmail(email, to)
const trySignIn = (input: { email: string; password: string }) =>
  server.ask(signInMutation, { variables: { input: { email: input.email, password: input.password } } })
const newPassword = 'an entirely different one'

test('who has it gets in by its mail and their second factor, and whoever was in is out', async () => {
  const flows = factorFlows(server)
  const ada = await flows.enrolled()
  const address = newEmail()
  // As after a thief has changed it: they have the password, a session, and a link in a mail that has gone out.
  await mailFlows(server.ask, mailbox).requestReset({ email: ada.email })
  const stolen = tokenIn(await mailbox.mailTo(ada.email, { subject: /new password/ }))
  const { connection } = server.app.database
  const tokens = connection.collection<{ _id: string }>('oneTimeTokens')
  const links = await tokens.find({ subject: ada.userId }).toArray()
  expect(links).not.toEqual([])
  expect(await assign(` ${ada.email.toUpperCase()}`, address)).toBe(ada.userId)
  expect(await tokens.countDocuments({ _id: { $in: links.map(({ _id }) => _id) } })).toBe(0)

  expect(reasonOf(await flows.refresh(ada))).toBe('REFRESH_REJECTED')
  for (const email of [ada.email, address]) {
    expect(reasonOf(await trySignIn({ email, password: ada.password }))).toBe('CREDENTIALS_REJECTED')
  }
  const { reset } = mailFlows(server.ask, mailbox)
  expect(reasonOf(await reset({ token: stolen, newPassword }))).toBe('ONE_TIME_TOKEN_REJECTED')
  expect(await server.app.risk.listKept(ada.userId)).toEqual([])
  expect((await mailbox.mailTo(ada.email, { subject: /has changed/ })).text).not.toContain('token=')

  const token = tokenIn(await mailbox.mailTo(address, { subject: /address of your account/ }))
  expect((await reset({ token, newPassword })).errors).toEqual([])
  const answer = await flows.signIn({ email: address, password: newPassword })
  expect(answer.data.signIn.__typename).toBe('SecondFactorRequired')
  const events = connection.collection('auditEvents')
  for (const event of [{ name: 'email.changed' }, { name: 'session.ended', 'facts.reason': 'email-changed' }]) {
    const found = await eventually(async () => {
      const all = await events.find({ ...event, subjectId: ada.userId }).toArray()
      return all.length > 0 ? all : Promise.reject(new Error(`There is no ${event.name}`))
    })
    expect(found.map(({ actorId }) => actorId)).toEqual([null])
  }
})

test('the old one is free', async () => {
  const ada = await signUp(server.ask)
  await assign(ada.email, newEmail())
  const other = await signUp(server.ask, ada.email)
  expect(other.userId).not.toBe(ada.userId)
})

test('of ten at once one gives it, and what the others say is no secret', async () => {
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
  ['that is none', async () => 'nonsense', /not an e-mail address|e-mail/],
])('one %s is refused, and nothing has changed', async (_name, addressFor, message) => {
  const ada = await signUp(server.ask)
  const to = await addressFor(ada.email)
  const refusal = await assign(ada.email, to).then(
    () => null,
    (cause: { details?: unknown }) => JSON.stringify(cause.details),
  )
  expect(refusal).toMatch(message)
  expect((await refresh(server.ask, ada.refreshToken)).errors).toEqual([])
  await signIn(server.ask, ada)
})

test('nobody and somebody suspended have none given', async () => {
  const ada = await signUp(server.ask)
  const users = server.app.database.connection.collection<{ _id: string }>('users')
  await users.updateOne({ _id: ada.userId }, { $set: { status: 'suspended' } })
  for (const email of [ada.email, newEmail()]) {
    await expect(assign(email, newEmail())).rejects.toMatchObject({ details: { fields: expect.anything() } })
  }
  expect((await server.app.users.find(ada.userId))?.email).toBe(ada.email)
})
