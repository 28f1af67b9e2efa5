import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { deviceFlows, isKnown, strangersToken } from './devices.js'

const resetPassword = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
const requestReset = 'mutation ($input: EmailInput!) { requestPasswordReset(input: $input) }'
const newPassword = 'another battery staple horse'

describe('Strangers who guess', () => {
  let server: TestPortcullis
  let flows: ReturnType<typeof deviceFlows>
  beforeAll(async () => {
    const RATE_LIMITS = JSON.stringify({ accountFailures: 5, networkFailures: 60, signUpsPerNetwork: 1_000 })
    server = await startTestPortcullis({ RATE_LIMITS })
    flows = deviceFlows(server)
  })
  afterAll(() => server.close())

  test('keep other strangers out for a while, and a known device not for a moment', async () => {
    const ada = await flows.signUp()
    const failed = await flows.fail(ada, 8)
    expect(failed.map(reasonOf)).toContain('RATE_LIMITED')
    expect(reasonOf(await flows.signIn(ada))).toBe('RATE_LIMITED')
    expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(true)
    // And the one who is let in does not let them in.
    expect(reasonOf(await flows.signIn(ada))).toBe('RATE_LIMITED')
  })

  test('are not helped by a token of their own', async () => {
    const [ada, eve] = [await flows.signUp(), await flows.signUp()]
    const failed = await flows.fail(ada, 8, { deviceToken: eve.deviceToken })
    expect(failed.map(reasonOf)).toContain('RATE_LIMITED')
    expect(reasonOf(await flows.signIn(ada, { deviceToken: eve.deviceToken }))).toBe('RATE_LIMITED')
  })

  test('are not kept out by what fails on a known device, which waits for itself', async () => {
    const ada = await flows.signUp()
    const failed = await flows.fail(ada, 8, { deviceToken: ada.deviceToken })
    expect(failed.map(reasonOf)).toContain('RATE_LIMITED')
    expect(reasonOf(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe('RATE_LIMITED')
    expect(isKnown(await flows.signIn(ada))).toBe(false)
  })

  test('learn nothing from a device: known and unknown addresses answer alike', async () => {
    const ada = await flows.signUp()
    const nobody = { email: `nobody.${Date.now()}@example.com` }
    const deviceToken = strangersToken()
    const [known, unknown] = [await flows.fail(ada, 6, { deviceToken }), await flows.fail(nobody, 6, { deviceToken })]
    const told = (answers: typeof known) => answers.map(({ status, errors: [error] }) => [status, error?.message])
    expect(told(known)).toEqual(told(unknown))
  })
})

describe('After a hundred wrong passwords from devices that are not known', () => {
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

  /** What the ninety-nine before would have left. */
  async function guessedAt() {
    const ada = await flows.signUp()
    await flows.fail(ada, 1)
    await server.app.background.drained()
    await flows.documents.updateOne({ _id: ada.userId }, { $inc: { strangerFailures: 98 } })
    return ada
  }

  test('the password is none there, and on a known device it is what it was', async () => {
    const ada = await guessedAt()
    const [wrong] = await flows.fail(ada, 1)
    await server.app.background.drained()
    const right = await flows.signIn(ada)
    expect(right.text).toBe(wrong?.text)
    expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(true)
    expect(reasonOf(await flows.signIn(ada))).toBe('CREDENTIALS_REJECTED')
  })

  test('its owner is told, once, with a link to a new password', async () => {
    const ada = await guessedAt()
    const stopped = /guessing your password/
    await server.app.mail.deliver()
    expect(mailbox.to(ada.email)).toEqual([])
    await flows.fail(ada, 2)
    await server.app.background.drained()
    const token = tokenIn(await mailbox.mailTo(ada.email, { subject: stopped }))
    await server.app.mail.deliver()
    expect(mailbox.to(ada.email)).toHaveLength(1)
    const reset = await server.ask(resetPassword, { variables: { input: { token, newPassword } } })
    expect(reset.errors).toEqual([])
    expect(isKnown(await flows.signIn({ ...ada, password: newPassword }))).toBe(false)
  })

  test('thirty days after the first of them it is as before, and the next row begins at one', async () => {
    const ada = await guessedAt()
    await flows.fail(ada, 1)
    await server.app.background.drained()
    expect(reasonOf(await flows.signIn(ada))).toBe('CREDENTIALS_REJECTED')
    const strangersSince = new Date(Date.now() - 30 * 86_400_000)
    await flows.documents.updateOne({ _id: ada.userId }, { $set: { strangersSince } })
    expect(isKnown(await flows.signIn(ada))).toBe(false)
    await flows.fail(ada, 1)
    await server.app.background.drained()
    expect(await flows.documents.countDocuments({ _id: ada.userId, strangerFailures: 1 })).toBe(1)
  })

  test('and a right one before the last of them, one begins anew', async () => {
    const ada = await guessedAt()
    expect(isKnown(await flows.signIn(ada))).toBe(false)
    await server.app.background.drained()
    await flows.fail(ada, 1)
    await server.app.background.drained()
    expect(isKnown(await flows.signIn(ada))).toBe(false)
  })

  test('that come from a known device it is known no more', async () => {
    const ada = await flows.signUp()
    const own = { userId: ada.userId, digest: { $exists: true } }
    const counted = (failures: number) => flows.documents.countDocuments({ ...own, failures })
    await flows.fail(ada, 1, { deviceToken: ada.deviceToken })
    await server.app.background.drained()
    expect(await counted(1)).toBe(1)
    expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(true)
    expect(await counted(0)).toBe(1)
    await flows.documents.updateOne(own, { $set: { failures: 99 } })
    await flows.fail(ada, 1, { deviceToken: ada.deviceToken })
    await server.app.background.drained()
    expect(await flows.devices(ada.accessToken)).toEqual([])
    const trail = server.app.database.connection.collection('auditEvents')
    const distrusted = await trail.find({ name: 'device.distrusted', subjectId: ada.userId }).toArray()
    expect(distrusted).toMatchObject([{ actorId: null, facts: { deviceId: expect.stringMatching(/^dev_/) } }])
    expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(false)
  })

  test('a password by mail works everywhere, and no device is known any more', async () => {
    const ada = await guessedAt()
    await flows.fail(ada, 1)
    await server.app.background.drained()
    await server.ask(requestReset, { variables: { input: { email: ada.email } } })
    const token = tokenIn(await mailbox.mailTo(ada.email, { subject: /new password|set/i }))
    const reset = await server.ask(resetPassword, { variables: { input: { token, newPassword } } })
    expect(reset.errors).toEqual([])
    const answer = await flows.signIn({ ...ada, password: newPassword }, { deviceToken: ada.deviceToken })
    expect(isKnown(answer)).toBe(false)
  })
})
