import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword, refresh, signIn, signInMutation, signUp } from '../support/people.js'
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

  test('is nothing that a password change has left to do', async () => {
    const { ada, mail } = await signedInByAThief()
    const input = { currentPassword: goodPassword, newPassword: 'another battery staple horse' }
    await server.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }', {
      token: ada.accessToken,
      variables: { input },
    })
    expect(reasonOf(await disown(tokenIn(mail)))).toBe('ONE_TIME_TOKEN_REJECTED')
    expect((await server.ask('{ me { id } }', { token: ada.accessToken })).errors).toEqual([])
  })
})
