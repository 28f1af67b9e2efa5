import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setTimeout as pause } from 'node:timers/promises'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { eventually } from '../support/eventually.js'
import { goodPassword, newEmail, refresh, signIn, signInMutation, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let mailbox: Mailbox
let server: TestPortcullis
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const change = (token: string, newEmail: string) =>
  server.ask('mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) }', {
    token,
    variables: { input: { newEmail } },
  })
const confirm = (token: string) =>
  server.ask('mutation ($input: TokenInput!) { confirmEmailChange(input: $input) }', {
    variables: { input: { token } },
  })
const linkTo = async (address: string) => tokenIn(await mailbox.mailTo(address, { subject: /^Confirm/ }))
const me = (token: string) => server.ask('{ me { email emailVerified } }', { token })

describe('Changing the address', () => {
  test('it changes when the link that went to the new one is redeemed; the session that asked goes on alone', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const address = newEmail()
    expect((await change(ada.accessToken, address)).data).toEqual({ changeEmail: true })
    expect((await mailbox.mailTo(ada.email)).text).toContain(address)
    expect((await me(ada.accessToken)).data.me).toEqual({ email: ada.email, emailVerified: false })
    expect((await confirm(await linkTo(address))).data).toEqual({ confirmEmailChange: true })
    expect((await me(ada.accessToken)).data.me).toEqual({ email: address, emailVerified: true })
    expect(reasonOf(await me(other.accessToken))).toBe('SESSION_ENDED')
    expect(reasonOf(await refresh(server.ask, other.refreshToken))).toBe('REFRESH_REJECTED')
    await signIn(server.ask, { email: address, password: ada.password })
    const old = await server.ask(signInMutation, { variables: { input: { email: ada.email, password: ada.password } } })
    expect(reasonOf(old)).toBe('CREDENTIALS_REJECTED')
    await mailbox.mailTo(ada.email, { subject: /changed/ })
    // The old address is free again.
    await signUp(server.ask, ada.email)
  })

  test('a known new address gets the same answer, and its owner a mail without a link', async () => {
    const [ada, bob, eve] = [await signUp(server.ask), await signUp(server.ask), await signUp(server.ask)]
    const toKnown = await change(ada.accessToken, bob.email)
    const toUnknown = await change(eve.accessToken, newEmail())
    expect(toKnown.text).toBe(toUnknown.text)
    expect((await mailbox.mailTo(bob.email)).text).not.toContain('token=')
  })

  test('the link comes although the present mailbox is gone, and an address that answers late does not bore it', async () => {
    const ada = await signUp(server.ask)
    const [address, slow] = [newEmail(), newEmail()]
    mailbox.refuse(550, ada.email)
    await change(ada.accessToken, address)
    await linkTo(address)
    mailbox.refuse(null, ada.email)
    mailbox.refuse(451, slow)
    await change(ada.accessToken, slow)
    await mailbox.mailTo(ada.email, { subject: /about to change/ })
    await pause(2_500)
    expect(mailbox.to(ada.email)).toHaveLength(1)
    mailbox.refuse(null, slow)
    await linkTo(slow)
  })

  test('one that is asked for overtakes another whose mail still waits', async () => {
    const ada = await signUp(server.ask)
    const [first, second] = [newEmail(), newEmail()]
    const outbox = server.app.database.connection.collection('outbox')
    const waiting = { 'message.kind': 'email-change', 'message.newEmail': first }
    mailbox.refuse(451, first)
    await change(ada.accessToken, first)
    await eventually(async () => expect(await outbox.countDocuments({ ...waiting, attempts: { $gte: 1 } })).toBe(1))
    await change(ada.accessToken, second)
    expect(await outbox.countDocuments(waiting)).toBe(0)
    expect((await confirm(await linkTo(second))).errors).toEqual([])
    mailbox.refuse(null, first)
    expect(mailbox.to(first)).toEqual([])
  })

  test('of fifty redemptions one succeeds, and the link is spent', async () => {
    const ada = await signUp(server.ask)
    const address = newEmail()
    await change(ada.accessToken, address)
    const token = await linkTo(address)
    const answers = await Promise.all(Array.from({ length: 50 }, () => confirm(token)))
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    expect(reasonOf(await confirm(token))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test.each([
    ['was signed out', (token: string) => server.ask('mutation { signOut(input: {}) }', { token })],
    [
      'was ended from another one',
      async (_token: string, { sessionId, other }: { sessionId: string; other: string }) =>
        server.ask('mutation ($id: ID!) { revokeSession(id: $id) { id } }', {
          token: other,
          variables: { id: sessionId },
        }),
    ],
  ])('the link is void once the session that asked %s', async (_name, end) => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const address = newEmail()
    await change(ada.accessToken, address)
    const token = await linkTo(address)
    expect((await end(ada.accessToken, { sessionId: ada.sessionId, other: other.accessToken })).errors).toEqual([])
    expect(reasonOf(await confirm(token))).toBe('ONE_TIME_TOKEN_REJECTED')
    expect((await me(other.accessToken)).data.me.email).toBe(ada.email)
  })

  test('of several that were asked for the last one counts', async () => {
    const ada = await signUp(server.ask)
    const [first, second] = [newEmail(), newEmail()]
    await change(ada.accessToken, first)
    const older = await linkTo(first)
    await change(ada.accessToken, second)
    const newer = await linkTo(second)
    expect(reasonOf(await confirm(older))).toBe('ONE_TIME_TOKEN_REJECTED')
    expect((await confirm(newer)).errors).toEqual([])
  })

  test('whoever has proven an address takes what was sent to it along', async () => {
    const ada = await signUp(server.ask)
    const address = newEmail()
    const identifier = server.app.users.identify(address)?.identifier ?? ''
    const oneTimeTokens = server.app.database.connection.collection('oneTimeTokens')
    await change(ada.accessToken, address)
    const token = await linkTo(address)
    const [createdAt, expiresAt] = [new Date(), new Date(Date.now() + 3_600_000)]
    const invitation = { purpose: 'invitation', subject: identifier, securityVersion: null, payload: {} }
    await oneTimeTokens.insertOne({ _id: `of ${identifier}` as never, ...invitation, createdAt, expiresAt })
    expect((await confirm(token)).errors).toEqual([])
    expect(await oneTimeTokens.countDocuments({ subject: identifier })).toBe(0)
  })

  test('that comes to nothing because of too many mails says so in nobody’s trail', async () => {
    const ada = await signUp(server.ask)
    const address = newEmail()
    for (let count = 1; count < 6; count += 1) {
      await change(ada.accessToken, address)
      await mailbox.mailTo(address, { count })
    }
    await change(ada.accessToken, address)
    const events = server.app.database.connection.collection('auditEvents')
    const abandoned = await eventually(async () => {
      const found = await events.findOne({ name: 'mail.abandoned', 'facts.kind': 'email-change' })
      if (found === null) throw new Error('Nothing was abandoned')
      return found
    })
    expect(abandoned).toMatchObject({ subjectId: null, actorId: null, facts: { reason: 'too-many' } })
  })

  test('an address that somebody else has proven meanwhile stays theirs', async () => {
    const ada = await signUp(server.ask)
    const address = newEmail()
    await change(ada.accessToken, address)
    const token = await linkTo(address)
    await signUp(server.ask, address)
    expect(reasonOf(await confirm(token))).toBe('ONE_TIME_TOKEN_REJECTED')
    expect((await me(ada.accessToken)).data.me.email).toBe(ada.email)
  })

  test('a change of the password has ended what was asked for before it', async () => {
    const ada = await signUp(server.ask)
    const address = newEmail()
    await change(ada.accessToken, address)
    const token = await linkTo(address)
    const input = { currentPassword: goodPassword, newPassword: 'another battery staple horse' }
    await server.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }', {
      token: ada.accessToken,
      variables: { input },
    })
    expect(reasonOf(await confirm(token))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('it is refused to strangers, for no address, for the same one, and without a fresh proof', async () => {
    const ada = await signUp(server.ask)
    const anonymous = await server.ask('mutation { changeEmail(input: { newEmail: "a@example.com" }) }')
    expect(reasonOf(anonymous)).toBe('SIGN_IN_REQUIRED')
    const same = await change(ada.accessToken, ` ${ada.email.toUpperCase()} `)
    expect(same.errors[0]?.extensions.fields).toEqual({ 'input.newEmail': 'This is your address already.' })
    const broken = await change(ada.accessToken, 'a@b@c')
    expect(broken.errors[0]?.extensions.code).toBe('BAD_USER_INPUT')
    const sessions = server.app.database.connection.collection<{ _id: string }>('sessions')
    await sessions.updateOne({ _id: ada.sessionId }, { $set: { authenticatedAt: new Date('2020-01-01') } })
    const aged = await refresh(server.ask, ada.refreshToken)
    const late = await change(aged.data.refreshSession.tokens.accessToken, newEmail())
    expect(late.errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED')
  })

  test('a link for something else, and one that was cut off, changes nothing', async () => {
    const ada = await signUp(server.ask)
    await server.ask('mutation ($input: EmailInput!) { requestPasswordReset(input: $input) }', {
      variables: { input: { email: ada.email } },
    })
    const reset = tokenIn(await mailbox.mailTo(ada.email, { subject: /password/i }))
    for (const token of [reset, reset.slice(0, -1), '', 'x'.repeat(10_000)]) {
      expect(reasonOf(await confirm(token))).toBe('ONE_TIME_TOKEN_REJECTED')
    }
  })
})
