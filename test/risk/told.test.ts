import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { deviceFlows, firefox, type DeviceOwner } from './devices.js'

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof deviceFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
  flows = deviceFlows(server)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const ofNewSignIn = /new sign-in/i
const newsTo = ({ email }: DeviceOwner) => mailbox.to(email).filter(({ subject }) => ofNewSignIn.test(subject))
const disown = (token: string) =>
  server.ask('mutation ($input: TokenInput!) { disownSession(input: $input) }', { variables: { input: { token } } })

async function settled(): Promise<void> {
  await server.app.background.drained()
  await server.app.mail.deliver()
}

/** Whose password is used on a device that was not seen before, and who has been told of it. */
async function signedInByAThief() {
  const ada = await flows.signUp()
  const { session, tokens } = (await flows.signIn(ada, { headers: firefox })).data.signIn
  const mail = await mailbox.mailTo(ada.email, { subject: ofNewSignIn })
  return { ada, sessionId: session.id as string, accessToken: tokens.accessToken as string, mail }
}

/** As when the mail server has refused it the first time. */
async function composedAgain({ userId }: DeviceOwner, sessionId: string): Promise<void> {
  const message = { kind: 'notice', about: 'new-sign-in', userId, sessionId, at: new Date() } as const
  await server.app.outbox.put(message)
  await settled()
}

describe('The mail about a new sign-in', () => {
  test('is written though the thief has signed out by then, and its link takes the device away', async () => {
    const { ada, sessionId, accessToken } = await signedInByAThief()
    expect((await server.ask('mutation { signOut }', { token: accessToken })).errors).toEqual([])
    await composedAgain(ada, sessionId)
    const [, mail] = newsTo(ada)
    if (mail === undefined) throw new Error('Nothing was told of a session that had ended')
    expect((await disown(tokenIn(mail))).errors).toEqual([])
    expect(await flows.documents.countDocuments({ userId: ada.userId, digest: { $exists: true } })).toBe(0)
  })

  test('is not written of a session that was disowned: its device is forgotten', async () => {
    const { ada, sessionId, mail } = await signedInByAThief()
    expect((await disown(tokenIn(mail))).errors).toEqual([])
    await composedAgain(ada, sessionId)
    expect(newsTo(ada)).toHaveLength(1)
  })
})
