import { createHash } from 'node:crypto'
import { writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { defaultPolicy } from '../../src/policy.js'
import { codeOf, factorFlows } from '../mfa/factors.js'
import { passkeyFlows } from '../mfa/passkey-flows.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { deviceFlows, firefox, isKnown } from './devices.js'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-risk-'))
const behind = { TRUST_PROXY: '127.0.0.1' }
const elsewhere = { headers: { ...firefox, 'x-forwarded-for': '198.51.100.7' } }
const otherBrowser = { headers: firefox }

/** A policy file that is ours but for its thresholds. */
function policyWith(risk: object): string {
  const path = join(directory, `${JSON.stringify(risk).replace(/\W+/g, '-')}.json`)
  const { permissions, roles } = defaultPolicy.definition
  writeFileSync(path, JSON.stringify({ permissions, roles, risk }))
  return path
}

const stolenPassword = createHash('sha1').update(goodPassword).digest('hex').toUpperCase()

describe('What the service makes of a sign-in', () => {
  let mailbox: Mailbox
  let server: TestPortcullis
  let flows: ReturnType<typeof deviceFlows>
  beforeAll(async () => {
    mailbox = await startMailbox()
    server = await startTestPortcullis({ MAIL_URL: mailbox.url, PASSKEY_RP_ID: 'app.test', ...behind })
    flows = deviceFlows(server)
  })
  afterAll(async () => {
    await server.close()
    await mailbox.stop()
  })
  const newsTo = ({ email }: { email: string }) => mailbox.to(email).filter(({ subject }) => /sign-in/i.test(subject))

  test('on a known device it says nothing, wherever it is', async () => {
    const ada = await flows.signUp()
    await flows.signIn(ada, { deviceToken: ada.deviceToken, headers: { 'x-forwarded-for': '198.51.100.7' } })
    const [device] = await flows.devices(ada.accessToken)
    expect(await flows.startedFacts(ada)).toMatchObject({
      deviceId: device?.id,
      riskOutcome: 'allow',
      riskReasons: 'new-network',
      riskScore: 20,
    })
    await flows.signIn(ada, otherBrowser)
    await mailbox.mailTo(ada.email, { subject: /sign-in/i })
    expect(newsTo(ada)).toHaveLength(1)
  })

  test('on a new device its owner is told, once, with a link that takes it away', async () => {
    const ada = await flows.signUp()
    const thief = await flows.signIn(ada, otherBrowser)
    const { deviceToken, tokens } = thief.data.signIn
    expect(await flows.startedFacts(ada)).toMatchObject({
      riskOutcome: 'notify',
      riskReasons: 'unknown-device new-user-agent',
      riskScore: 50,
    })
    const mail = await mailbox.mailTo(ada.email, { subject: /sign-in/i })
    await flows.signIn(ada, { ...otherBrowser, deviceToken })
    const token = tokenIn(mail)
    const disowned = await server.ask('mutation ($input: TokenInput!) { disownSession(input: $input) }', {
      variables: { input: { token } },
    })
    expect(disowned.errors).toEqual([])
    expect(reasonOf(await server.ask('{ me { id } }', { token: tokens.accessToken }))).toBe('SESSION_ENDED')
    expect(await flows.documents.countDocuments({ userId: ada.userId, digest: { $exists: true } })).toBe(0)
    expect(newsTo(ada)).toHaveLength(1)
  })

  test('where a second factor is called for and there is none, that is in the trail, and told', async () => {
    const ada = await flows.signUp()
    expect((await flows.signIn(ada, elsewhere)).data.signIn.__typename).toBe('SignedIn')
    expect(await flows.startedFacts(ada)).toMatchObject({ riskOutcome: 'second-factor', secondFactor: 'missing' })
    await mailbox.mailTo(ada.email, { subject: /sign-in/i })
  })

  test('who has a second factor gives it, and is told of a device that was not known before', async () => {
    const mfa = factorFlows(server)
    const ada = await flows.signUp()
    const { secret } = await mfa.enrolled({ ...ada, sessionId: '', refreshToken: '' })
    const { challenge } = (await flows.signIn(ada, elsewhere)).data.signIn
    await server.app.background.drained()
    const trail = server.app.database.connection.collection('auditEvents')
    const asked = await trail.findOne({ name: 'second-factor.asked', subjectId: ada.userId })
    expect(asked?.['facts']).toMatchObject({ riskOutcome: 'second-factor', riskScore: 70 })
    expect(await flows.documents.countDocuments({ userId: ada.userId })).toBe(1)
    const complete = (input: object) =>
      server.ask(
        `mutation ($input: SecondFactorInput!) { completeSecondFactor(input: $input) { deviceToken session { device { known } } } }`,
        { ...elsewhere, variables: { input } },
      )
    const done = await complete({ challenge, totp: codeOf(secret) })
    const { deviceToken } = done.data.completeSecondFactor
    expect(await flows.startedFacts(ada)).toMatchObject({ riskOutcome: 'second-factor', secondFactor: 'proven' })
    await mailbox.mailTo(ada.email, { subject: /sign-in/i })
    await mfa.forgetSteps({ ...ada, sessionId: '', refreshToken: '' })
    const next = (await flows.signIn(ada, { ...elsewhere, deviceToken })).data.signIn
    const again = await complete({ challenge: next.challenge, totp: codeOf(secret), deviceToken })
    expect(again.data.completeSecondFactor).toEqual({ deviceToken: null, session: { device: { known: true } } })
  })

  test('a new device that comes with a passkey is told of, and is a known one then', async () => {
    const keys = passkeyFlows(server)
    const { person, key } = await keys.enrolled()
    const signIn = async (deviceToken: string | null) => {
      const { challenge, options } = (await keys.beginSignIn()).data.beginPasskeySignIn
      const query = `mutation ($input: PasskeySignInInput!) { completePasskeySignIn(input: $input) { deviceToken session { device { known } } } }`
      const input = { challenge, credential: key.get(options), deviceToken }
      return (await server.ask(query, { ...elsewhere, variables: { input } })).data.completePasskeySignIn
    }
    const { deviceToken } = await signIn(null)
    await mailbox.mailTo(person.email, { subject: /sign-in/i })
    expect(await signIn(deviceToken)).toEqual({ deviceToken: null, session: { device: { known: true } } })
  })

  test('the first sign-in to an account that was made for somebody is told, and that of a sign-up is not', async () => {
    const email = `grace.${Date.now()}@example.com`
    const account = { email, password: goodPassword }
    const [made] = await server.app.accounts.provision([{ ...account, displayName: 'Grace', roles: ['member'] }])
    await flows.signIn(account)
    const facts = await flows.startedFacts({ userId: made?.id ?? '' })
    expect(facts).toMatchObject({ riskOutcome: 'notify', riskReasons: 'no-device-known' })
    await mailbox.mailTo(email, { subject: /sign-in/i })
    const ada = await flows.signUp()
    expect(await flows.startedFacts(ada)).not.toHaveProperty('riskOutcome')
  })
})

describe('A policy that refuses', () => {
  let server: TestPortcullis
  let flows: ReturnType<typeof deviceFlows>
  beforeAll(async () => {
    server = await startTestPortcullis({
      ...behind,
      POLICY_FILE: policyWith({ notify: 10, secondFactor: 10, refuse: 70 }),
    })
    flows = deviceFlows(server)
  })
  afterAll(() => server.close())

  test('answers a right password from elsewhere like a wrong one, and keeps the reason', async () => {
    const ada = await flows.signUp()
    const [wrong] = await flows.fail(ada, 1, elsewhere)
    const right = await flows.signIn(ada, elsewhere)
    expect(right.text).toBe(wrong?.text)
    await server.app.background.drained()
    const trail = server.app.database.connection.collection('auditEvents')
    const refused = await trail.find({ name: 'sign-in.refused', subjectId: ada.userId }).sort({ _id: -1 }).toArray()
    expect(refused[0]?.['facts']).toMatchObject({ reason: 'risk', riskOutcome: 'refuse', riskScore: 70 })
    expect(await flows.devices(ada.accessToken)).toHaveLength(1)
  })

  test('refuses nobody who has given a second factor', async () => {
    const mfa = factorFlows(server)
    const ada = await flows.signUp()
    const { secret } = await mfa.enrolled({ ...ada, sessionId: '', refreshToken: '' })
    const { challenge } = (await flows.signIn(ada, { ...elsewhere, deviceToken: ada.deviceToken })).data.signIn
    const query = `mutation ($input: SecondFactorInput!) { completeSecondFactor(input: $input) { user { id } } }`
    const variables = { input: { challenge, totp: codeOf(secret) } }
    expect((await server.ask(query, { ...elsewhere, variables })).errors).toEqual([])
    const facts = await flows.startedFacts(ada)
    expect(facts).toMatchObject({ riskScore: 70, riskOutcome: 'second-factor', secondFactor: 'proven' })
  })

  test('lets a known device in from there', async () => {
    const ada = await flows.signUp()
    expect(isKnown(await flows.signIn(ada, { ...elsewhere, deviceToken: ada.deviceToken }))).toBe(true)
  })
})

test('a stolen password counts where the device is not known, and where a list is kept', async () => {
  const before = await startTestPortcullis()
  const people = deviceFlows(before)
  const [ada, bob] = [await people.signUp(), await people.signUp()]
  await before.app.background.drained()
  const BREACHED_PASSWORDS = join(directory, 'breached.txt')
  writeFileSync(BREACHED_PASSWORDS, `${stolenPassword}:7\n`)
  const server = await startTestPortcullis({ ...before.env, BREACHED_PASSWORDS })
  const flows = deviceFlows(server)
  await flows.signIn(ada)
  expect(await flows.startedFacts(ada)).toMatchObject({ riskReasons: 'unknown-device breached-password' })
  await flows.signIn(bob, { deviceToken: bob.deviceToken })
  expect(await flows.startedFacts(bob)).toMatchObject({ riskReasons: '', riskScore: 0 })
  await server.close()
  await before.close()
})

test('a file may not tell people less than the service does', async () => {
  const started = startTestPortcullis({ POLICY_FILE: policyWith({ notify: 41 }) })
  await expect(started).rejects.toThrow(/risk notify/)
})
