/** Passwords that are long enough only beside a second factor (NIST SP 800-63B-4 §3.1.1.2). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { somebody } from '../accounts/people.js'
import { mailFlows } from '../support/accounts.js'
import { startMailbox, type Mailbox } from '../support/mailbox.js'
import { goodPassword, signIn, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { factorFlows, type EnrolledPerson } from './factors.js'

const short = 'vK9#qLz2w'
const long = 'velvet cactus moon'

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
let mails: ReturnType<typeof mailFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
  flows = factorFlows(server)
  mails = mailFlows(server.ask, mailbox)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const change = (token: string, newPassword: string, currentPassword = goodPassword) =>
  server.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }', {
    token,
    variables: { input: { currentPassword, newPassword } },
  })
const fieldsOf = ({ errors }: { errors: { extensions: Record<string, unknown> }[] }) => errors[0]?.extensions.fields
const tooShort = (least: number) => ({ 'input.newPassword': `The password is shorter than ${least} characters.` })

/** Somebody whose password is short, and an access token by a code. */
async function withShortPassword(): Promise<EnrolledPerson & { raised: string }> {
  const ada = await flows.enrolled(await somebody(server))
  const raised = await flows.raised(ada)
  expect((await change(raised, short)).errors).toEqual([])
  return { ...ada, password: short, raised }
}
const appOf = async (token: string) => (await flows.authenticators(token)).find(({ kind }) => kind === 'TOTP')?.id ?? ''

describe('A short password', () => {
  test('is for whoever has a second factor, and for nobody else', async () => {
    const bob = await signUp(server.ask)
    expect(fieldsOf(await change(bob.accessToken, short))).toEqual(tooShort(15))
    const ada = await withShortPassword()
    expect((await flows.signIn(ada)).data.signIn.__typename).toBe('SecondFactorRequired')
    expect(fieldsOf(await change(ada.raised, 'vK9#qLz', short))).toEqual(tooShort(8))
  })

  test('is refused for all that is wrong with longer ones, too', async () => {
    const ada = await flows.enrolled(await somebody(server))
    expect(fieldsOf(await change(await flows.raised(ada), 'sunflower'))).not.toBeUndefined()
  })

  test('keeps the last factor until a longer one is set', async () => {
    const ada = await withShortPassword()
    const app = await appOf(ada.raised)
    expect(reasonOf(await flows.remove(ada.raised, app))).toBe('PASSWORD_TOO_SHORT_ALONE')
    expect(await appOf(ada.raised)).toBe(app)
    expect((await change(ada.raised, long, short)).errors).toEqual([])
    expect((await flows.remove(ada.raised, app)).errors).toEqual([])
    expect((await signIn(server.ask, { ...ada, password: long })).userId).toBe(ada.userId)
  })

  test('is no password any more when an administrator takes the factors', async () => {
    const ada = await withShortPassword()
    const boss = await somebody(server, ['admin'])
    const reset = 'mutation ($id: ID!) { resetUserAuthenticators(id: $id) }'
    const answer = await server.ask(reset, { token: boss.accessToken, variables: { id: ada.userId } })
    expect(answer.errors).toEqual([])
    expect(reasonOf(await flows.signIn(ada))).toBe('CREDENTIALS_REJECTED')
    const token = await mails.resetToken(ada.email)
    expect(fieldsOf(await mails.reset({ token, newPassword: short }))).toEqual(tooShort(15))
    expect((await mails.reset({ token, newPassword: long })).errors).toEqual([])
    expect((await signIn(server.ask, { ...ada, password: long })).userId).toBe(ada.userId)
  })

  test('may come by a link as well, where the factors stay', async () => {
    const ada = await flows.enrolled(await somebody(server))
    const token = await mails.resetToken(ada.email)
    expect((await mails.reset({ token, newPassword: short })).errors).toEqual([])
    const answer = await flows.signIn({ ...ada, password: short })
    expect(answer.data.signIn.__typename).toBe('SecondFactorRequired')
    const kept = await flows.complete({
      challenge: answer.data.signIn.challenge,
      recoveryCode: ada.recoveryCodes[0] ?? '',
    })
    const { accessToken } = kept.data.completeSecondFactor.tokens
    expect(reasonOf(await flows.remove(accessToken, await appOf(accessToken)))).toBe('PASSWORD_TOO_SHORT_ALONE')
  })

  test('comes by no link that takes the factors along', async () => {
    // The address was never proven: whoever reads its mail takes the account over, and no factor of a stranger stays.
    const ada = await flows.enrolled(await signUp(server.ask))
    const token = await mails.resetToken(ada.email)
    expect(fieldsOf(await mails.reset({ token, newPassword: short }))).toEqual(tooShort(15))
    expect((await mails.reset({ token, newPassword: long })).errors).toEqual([])
    expect((await flows.signIn({ ...ada, password: long })).data.signIn.__typename).toBe('SignedIn')
  })
})
