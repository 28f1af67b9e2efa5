import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { mailFlows } from '../support/accounts.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { newEmail, refresh, signIn, signInMutation, signUp, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, testOrigin, type Answer, type TestPortcullis } from '../support/portcullis.js'
import { createAuthenticator } from '../mfa/authenticator.js'
import { codeOf, factorFlows } from '../mfa/factors.js'
import { passkeyFlows } from '../mfa/passkey-flows.js'
import { somebody } from './people.js'

let mailbox: Mailbox
let server: TestPortcullis
let factors: ReturnType<typeof factorFlows>
let passkeys: ReturnType<typeof passkeyFlows>
let mails: ReturnType<typeof mailFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  // No address is proven, and each is written to often: those mails are counted (test/mail/notices.test.ts).
  server = await startTestPortcullis({ MAIL_URL: mailbox.url, PUBLIC_URL: testOrigin })
  factors = factorFlows(server)
  passkeys = passkeyFlows(server)
  mails = mailFlows(server.ask, mailbox)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
const disown = (token: string) =>
  server.ask('mutation ($input: TokenInput!) { disownSession(input: $input) }', { variables: { input: { token } } })

/** Somebody whose password is used on a device that was not seen before. */
async function signedInByAThief() {
  const ada = await signUp(server.ask)
  const thief = await server.ask(signInMutation, {
    variables: { input: { email: ada.email, password: ada.password } },
    headers: firefox,
  })
  const mail = await eventually(() => {
    const found = mailbox.to(ada.email).find(({ text }) => text.includes('Firefox on Linux'))
    if (found === undefined) throw new Error('Nobody was told of the new device')
    return found
  })
  return { ada, thief: thief.data.signIn.tokens, mail }
}

describe('“This was not me”', () => {
  test('ends every session and the password, and a new one is had by mail', async () => {
    const { ada, thief, mail } = await signedInByAThief()
    expect((await disown(tokenIn(mail))).data).toEqual({ disownSession: true })
    for (const token of [thief.accessToken, ada.accessToken]) {
      expect(reasonOf(await server.ask('{ me { id } }', { token }))).toBe('SESSION_ENDED')
    }
    expect(reasonOf(await refresh(server.ask, thief.refreshToken))).toBe('REFRESH_REJECTED')
    const again = await server.ask(signInMutation, {
      variables: { input: { email: ada.email, password: ada.password } },
    })
    expect(reasonOf(again)).toBe('CREDENTIALS_REJECTED')
    const token = tokenIn(await mailbox.mailTo(ada.email, { subject: /new password|set/i }))
    const newPassword = 'another battery staple horse'
    const reset = await server.ask('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', {
      variables: { input: { token, newPassword } },
    })
    expect(reset.errors).toEqual([])
    await signIn(server.ask, { email: ada.email, password: newPassword })
  })

  test('gets its link for a new password however many mails a stranger has asked for', async () => {
    const { ada, mail } = await signedInByAThief()
    const request = 'mutation ($input: EmailInput!) { requestPasswordReset(input: $input) }'
    for (let times = 0; times < 6; times += 1) {
      await server.ask(request, { variables: { input: { email: ada.email } } })
    }
    await mailbox.mailTo(ada.email, { subject: /new password/, count: 5 })
    await disown(tokenIn(mail))
    await mailbox.mailTo(ada.email, { subject: /new password/, count: 6 })
  })

  test('works once, of fifty at the same time too', async () => {
    const { mail } = await signedInByAThief()
    const answers = await Promise.all(Array.from({ length: 50 }, () => disown(tokenIn(mail))))
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    expect(reasonOf(await disown(tokenIn(mail)))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('is for as long as the link says, whatever a thief changes meanwhile', async () => {
    for (const changing of thiefChanges) {
      const { ada, thief, mail } = await signedInByAThief()
      const changed = await changing({ ...ada, ...thief })
      expect(changed?.errors ?? []).toEqual([])
      expect((await disown(tokenIn(mail))).errors).toEqual([])
      await nothingOfTheThiefIn(ada.email, ada.userId, thief.accessToken)
      // Once, for all that.
      expect(reasonOf(await disown(tokenIn(mail)))).toBe('ONE_TIME_TOKEN_REJECTED')
    }
  })

  test('takes by the link of each mail about a factor all that the same session has added', async () => {
    for (const [subject, count] of [
      [/authenticator app was added/, 1],
      [/authenticator app was added/, 2],
      [/passkey was added/, 1],
    ] as const) {
      const { ada, thief } = await signedInByAThief()
      const enrolled = await factors.enrolled({ ...ada, ...thief })
      const raised = await factors.raised(enrolled)
      const { secret } = (await factors.begin(raised)).data.beginTotpEnrolment
      expect((await factors.confirm(raised, codeOf(secret))).errors).toEqual([])
      const again = await factors.raised(enrolled)
      expect((await passkeys.enrol(again, createAuthenticator({ origin: testOrigin }))).errors).toEqual([])
      await disown(tokenIn(await mailbox.mailTo(ada.email, { subject, count })))
      await nothingOfTheThiefIn(ada.email, ada.userId, thief.accessToken)
    }
  })

  test('takes the factor of a thief also after the owner has set a new password', async () => {
    const ada = await somebody(server)
    await factors.enrolled(ada)
    const mail = await mailbox.mailTo(ada.email, { subject: /authenticator app was added/ })
    const newPassword = 'another battery staple horse'
    const token = await mails.resetToken(ada.email)
    expect((await mails.reset({ token, newPassword })).errors).toEqual([])
    const stillAsked = await factors.signIn({ email: ada.email, password: newPassword })
    expect(stillAsked.data.signIn.__typename).toBe('SecondFactorRequired')
    expect((await disown(tokenIn(mail))).errors).toEqual([])
    await nothingOfTheThiefIn(ada.email, ada.userId, ada.accessToken)
  })

  test('by one link leaves the others', async () => {
    const { ada, thief, mail } = await signedInByAThief()
    await factors.enrolled({ ...ada, ...thief })
    const later = await mailbox.mailTo(ada.email, { subject: /authenticator app was added/ })
    for (const each of [later, mail]) expect((await disown(tokenIn(each))).errors).toEqual([])
  })

  test('is not for somebody suspended, and is again afterwards', async () => {
    const { ada, mail } = await signedInByAThief()
    const users = server.app.database.connection.collection<{ _id: string }>('users')
    const setStatus = (status: string) => users.updateOne({ _id: ada.userId }, { $set: { status } })
    await setStatus('suspended')
    expect(reasonOf(await disown(tokenIn(mail)))).toBe('ONE_TIME_TOKEN_REJECTED')
    await setStatus('active')
    expect((await disown(tokenIn(mail))).errors).toEqual([])
  })

  test('is not by a mail to an address that the account has no more', async () => {
    const { ada, mail } = await signedInByAThief()
    // As when the mail was written while the address changed, so that its link was not there yet to be voided.
    const users = server.app.database.connection.collection<{ _id: string }>('users')
    await users.updateOne({ _id: ada.userId }, { $set: { email: newEmail() } })
    expect(reasonOf(await disown(tokenIn(mail)))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('leaves what was added after a new start', async () => {
    const { ada, mail } = await signedInByAThief()
    const newPassword = 'another battery staple horse'
    const token = await mails.resetToken(ada.email)
    expect((await mails.reset({ token, newPassword })).errors).toEqual([])
    // Later than two clocks may differ.
    const sessions = server.app.database.connection.collection('sessions')
    await eventually(async () => {
      const ended = await sessions.countDocuments({ userId: ada.userId, endedAt: null })
      expect(ended).toBe(0)
    })
    await sessions.updateMany({ userId: ada.userId }, [{ $set: { endedAt: { $subtract: ['$endedAt', 60_000] } } }])
    await factors.enrolled({ ...ada, ...(await signIn(server.ask, { email: ada.email, password: newPassword })) })
    expect((await disown(tokenIn(mail))).errors).toEqual([])
    expect((await server.app.users.find(ada.userId))?.enrolledAssurance).toBe('aal2')
  })

  test('waits for nobody who changes something at the same time', async () => {
    const { ada, mail } = await signedInByAThief()
    const everywhere = () =>
      server.ask('mutation { signOutEverywhere(input: { includeCurrent: false }) }', { token: ada.accessToken })
    const [disowned] = await Promise.all([disown(tokenIn(mail)), everywhere(), everywhere(), everywhere()])
    // Between two reads there is room for many changes: then the link is as good as before.
    if (reasonOf(disowned) !== null) {
      expect(reasonOf(disowned)).toBe('CHANGED_MEANWHILE')
      expect((await disown(tokenIn(mail))).errors).toEqual([])
    }
    expect(reasonOf(await server.ask('{ me { id } }', { token: ada.accessToken }))).toBe('SESSION_ENDED')
  })
})

/** What raises the security version and leaves the thief signed in. */
const thiefChanges: ((thief: SignedInPerson) => Promise<Answer | void>)[] = [
  ({ accessToken: token }) => server.ask('mutation { signOutEverywhere(input: { includeCurrent: false }) }', { token }),
  ({ accessToken: token, password }) => {
    const input = { currentPassword: password, newPassword: 'another battery staple horse' }
    const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'
    return server.ask(change, { token, variables: { input } })
  },
  async (thief) => void (await factors.enrolled(thief)),
  async (thief) => factors.regenerate(await factors.raised(await factors.enrolled(thief))),
]

async function nothingOfTheThiefIn(email: string, userId: string, accessToken: string): Promise<void> {
  expect(reasonOf(await server.ask('{ me { id } }', { token: accessToken }))).toBe('SESSION_ENDED')
  const authenticators = server.app.database.connection.collection('authenticators')
  expect(await authenticators.countDocuments({ userId })).toBe(0)
  expect((await server.app.users.find(userId))?.enrolledAssurance).toBe('aal1')
  const password = 'the password of the owner'
  expect((await mails.reset({ token: await lastResetToken(email), newPassword: password })).errors).toEqual([])
  await signIn(server.ask, { email, password })
}

async function lastResetToken(email: string): Promise<string> {
  await server.app.mail.deliver()
  return tokenIn(await mailbox.mailTo(email, { subject: /new password/ }))
}
