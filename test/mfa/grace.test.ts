/** The time for a demanded second factor has begun once: nothing that its owner does begins it anew. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { defaultPolicy } from '../../src/policy.js'
import { somebody } from '../accounts/people.js'
import { eventually } from '../support/eventually.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { newEmail, signIn, signInMutation, signUpMutation, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, type Answer, type TestPortcullis } from '../support/portcullis.js'
import { claimOf, factorFlows } from './factors.js'

const path = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'policy.json')
const { roles } = defaultPolicy.definition
const required = [{ roles: ['admin'], grace: '7d' }, { attributes: { contractor: true } }]
writeFileSync(path, JSON.stringify({ attributes: { contractor: 'boolean' }, roles, secondFactor: { required } }))

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url, POLICY_FILE: path })
  flows = factorFlows(server)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const users = () => server.app.database.connection.collection<{ _id: string; secondFactorDueAt?: Date }>('users')
const dueAtOf = async ({ userId }: SignedInPerson) => (await users().findOne({ _id: userId }))?.secondFactorDueAt
const codeOfRename = async ({ accessToken: token }: SignedInPerson) =>
  (await server.ask('mutation { updateProfile(input: { displayName: "Ada" }) { id } }', { token })).errors[0]
    ?.extensions.code
const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
const newPassword = 'another battery staple horse'

/** An administrator whose time is over. */
async function overdue(): Promise<SignedInPerson & { readonly over: Date }> {
  const ada = await somebody(server, ['admin'])
  const over = new Date(Date.now() - 1)
  await users().updateOne({ _id: ada.userId }, { $set: { secondFactorDueAt: over } })
  await eventually(async () => expect(await codeOfRename(ada)).toBe('STEP_UP_REQUIRED'))
  return { ...ada, over }
}

/** By the links of the mails: somebody else it was, and this is the new password. */
async function disownAndReset({ email }: SignedInPerson, subject: RegExp): Promise<SignedInPerson> {
  const run = async (query: string, input: object) =>
    expect((await server.ask(query, { variables: { input } })).errors).toEqual([])
  const token = tokenIn(await mailbox.mailTo(email, { subject }))
  await run('mutation ($input: TokenInput!) { disownSession(input: $input) }', { token })
  const link = tokenIn(await mailbox.mailTo(email, { subject: /new password|set/i }))
  await run('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', { token: link, newPassword })
  return signIn(server.ask, { email, password: newPassword })
}

test('whoever is overdue stays it, who was signed in by somebody else and sets a new password', async () => {
  const ada = await overdue()
  await server.ask(signInMutation, {
    variables: { input: { email: ada.email, password: ada.password } },
    headers: firefox,
  })
  const again = await disownAndReset(ada, /new sign-in/i)
  expect(await dueAtOf(ada)).toEqual(ada.over)
  expect(await codeOfRename(again)).toBe('STEP_UP_REQUIRED')
})

test('whoever adds a factor and takes it back by the mail about it is overdue again', async () => {
  const ada = await overdue()
  await flows.enrolled(ada)
  expect(await codeOfRename(ada)).toBeUndefined()
  const again = await disownAndReset(ada, /authenticator app was added/)
  expect(await dueAtOf(ada)).toEqual(ada.over)
  expect(await codeOfRename(again)).toBe('STEP_UP_REQUIRED')
})

test('where there is no time, none is written down that would count once there is some', async () => {
  const bob = await somebody(server)
  await users().updateOne({ _id: bob.userId }, { $set: { attributes: { contractor: true } } })
  const again = await signIn(server.ask, bob)
  expect(await codeOfRename(again)).toBe('STEP_UP_REQUIRED')
  expect(await dueAtOf(bob)).toBeUndefined()
})

/** What other subgraphs see, who know nobody but by the token. */
test('the token of whoever is overdue names no roles, until there is a factor', async () => {
  const ada = await overdue()
  expect(claimOf(ada.accessToken, 'roles')).toEqual(['admin'])
  const late = await signIn(server.ask, ada)
  expect(claimOf(late.accessToken, 'roles')).toEqual([])
  const refreshed = async ({ data }: Answer) => claimOf(data.refreshSession.tokens.accessToken, 'roles')
  expect(await refreshed(await flows.refresh(late))).toEqual([])
  expect((await server.ask('{ me { roles } }', { token: late.accessToken })).data.me.roles).toEqual(['admin'])
  const { challenge } = (await flows.beginStepUp(late.accessToken)).data.beginStepUp
  const raised = await flows.completeStepUp(late.accessToken, { challenge, password: ada.password })
  expect(claimOf(raised.data.completeStepUp.tokens.accessToken, 'roles')).toEqual([])
  const enrolled = await flows.enrolled(late)
  expect(claimOf(await flows.raised(enrolled), 'roles')).toEqual(['admin'])
  expect(await refreshed(await flows.refresh(late))).toEqual(['admin'])
})

test('no token says of somebody without a factor that one was proven', async () => {
  const bob = await flows.enrolled(await somebody(server))
  const raised = await flows.raised(bob)
  expect(claimOf(raised, 'acr')).toBe('aal2')
  const app = (await flows.authenticators(raised)).find(({ kind }) => kind === 'TOTP')
  expect((await flows.remove(raised, app?.id ?? '')).errors).toEqual([])
  const { tokens } = (await flows.refresh(bob, raised)).data.refreshSession
  expect(claimOf(tokens.accessToken, 'acr')).toBe('aal1')
})

test('an invitation of somebody who is overdue by now is void', async () => {
  const ada = await somebody(server, ['admin'])
  const invited = async (meanwhile: () => Promise<unknown>): Promise<unknown> => {
    const email = newEmail()
    const invite = 'mutation ($input: InviteUserInput!) { inviteUser(input: $input) }'
    await server.ask(invite, { token: ada.accessToken, variables: { input: { email } } })
    const input = { email, password: newPassword, invitation: tokenIn(await mailbox.mailTo(email)) }
    await meanwhile()
    return reasonOf(await server.ask(signUpMutation, { variables: { input } }))
  }
  expect(await invited(async () => undefined)).toBeNull()
  const over = { $set: { secondFactorDueAt: new Date(Date.now() - 1) } }
  expect(await invited(() => users().updateOne({ _id: ada.userId }, over))).toBe('ONE_TIME_TOKEN_REJECTED')
})

test('whose time begins is told by mail until when, once, however many sign in at the same time', async () => {
  const ada = await somebody(server, ['admin'])
  const subject = /Add a second factor/
  await mailbox.mailTo(ada.email, { subject })
  await users().updateOne({ _id: ada.userId }, { $unset: { secondFactorDueAt: 1 } })
  await Promise.all(Array.from({ length: 10 }, () => signIn(server.ask, ada)))
  await signIn(server.ask, ada)
  const mail = await mailbox.mailTo(ada.email, { subject, count: 2 })
  await server.app.background.drained()
  const trail = server.app.database.connection.collection<{ facts: { dueAt: string } }>('auditEvents')
  const told = await trail.find({ name: 'second-factor.demanded', subjectId: ada.userId }).sort({ at: 1 }).toArray()
  expect(told).toHaveLength(2)
  expect(mail.text).toContain(`before ${told[1]?.facts.dueAt.slice(0, 16).replace('T', ' ')} UTC`)
})
