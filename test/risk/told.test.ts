import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
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

  test('is one of five an hour, however often it is tried; of the rest only the trail has it', async () => {
    const ada = await flows.signUp()
    const documents = (name: string) => server.app.database.connection.collection(name)
    mailbox.refuse(451, ada.email)
    await flows.signIn(ada, { headers: firefox })
    await eventually(async () => {
      const waiting = await documents('outbox').findOne({ 'message.userId': ada.userId })
      expect(waiting?.['attempts']).toBeGreaterThanOrEqual(2)
    })
    mailbox.refuse(null, ada.email)
    // The second one is little: three new devices in a day are news again.
    for (let times = 0; times < 7; times += 1) await flows.signIn(ada)
    await mailbox.mailTo(ada.email, { subject: ofNewSignIn, count: 5 })
    await eventually(async () => expect(await documents('outbox').countDocuments({})).toBe(0))
    expect(newsTo(ada)).toHaveLength(5)
    const told = { name: 'session.started', subjectId: ada.userId, 'facts.riskOutcome': 'notify' }
    expect(await documents('auditEvents').countDocuments(told)).toBe(7)
    expect(await documents('auditEvents').countDocuments({ name: 'mail.abandoned' })).toBe(2)
  })
})
