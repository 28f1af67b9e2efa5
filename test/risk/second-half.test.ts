import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeOf, factorFlows } from '../mfa/factors.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { deviceFlows, type DeviceOwner } from './devices.js'

const networkFailures = 30

let server: TestPortcullis
let flows: ReturnType<typeof deviceFlows>
let mfa: ReturnType<typeof factorFlows>
beforeAll(async () => {
  const RATE_LIMITS = JSON.stringify({ accountFailures: 5, networkFailures, signUpsPerNetwork: 1_000 })
  server = await startTestPortcullis({ RATE_LIMITS })
  flows = deviceFlows(server)
  mfa = factorFlows(server)
})
afterAll(() => server.close())

interface Enrolled extends DeviceOwner {
  readonly secret: string
}

async function enrolled(): Promise<Enrolled> {
  const ada = await flows.signUp()
  const { secret } = await mfa.enrolled({ ...ada, sessionId: '', refreshToken: '' })
  return { ...ada, secret }
}

const completion = `mutation ($input: SecondFactorInput!) {
  completeSecondFactor(input: $input) { session { device { known } } } }`
const complete = (input: { challenge: string; totp: string; deviceToken?: string }) =>
  server.ask(completion, { variables: { input } })

async function challengeOf(ada: Enrolled, deviceToken?: string): Promise<string> {
  return (await flows.signIn(ada, deviceToken === undefined ? {} : { deviceToken })).data.signIn.challenge
}

async function wrongTimes(count: number, input: { challenge: string; deviceToken?: string }): Promise<unknown[]> {
  const reasons: unknown[] = []
  for (let index = 0; index < count; index += 1) reasons.push(reasonOf(await complete({ ...input, totp: '000000' })))
  return reasons
}

async function completedAtHome(ada: Enrolled) {
  const { deviceToken } = ada
  const challenge = await challengeOf(ada, deviceToken)
  return complete({ challenge, totp: codeOf(ada.secret), deviceToken })
}

const known = { completeSecondFactor: { session: { device: { known: true } } } }

describe('The second half of a sign-in on a known device', () => {
  test('does not wait for a thief of the password, who waits', async () => {
    const ada = await enrolled()
    const challenge = await challengeOf(ada)
    expect(await wrongTimes(8, { challenge })).toContain('RATE_LIMITED')
    expect((await completedAtHome(ada)).data).toEqual(known)
    expect(reasonOf(await complete({ challenge, totp: codeOf(ada.secret, 1) }))).toBe('RATE_LIMITED')
  })

  test('does not wait for its neighbours', async () => {
    const ada = await enrolled()
    for (let index = 0; index < networkFailures; index += 1) {
      await flows.fail({ email: `nobody.${index}.${Date.now()}@example.com` }, 1)
    }
    expect(reasonOf(await flows.signIn(ada))).toBe('RATE_LIMITED')
    expect((await completedAtHome(ada)).data).toEqual(known)
    await server.app.database.connection.collection('rateLimits').deleteMany({ key: /^network:/ })
  })

  test('waits for itself, and its wrong codes are of the one row of its person', async () => {
    const ada = await enrolled()
    const { deviceToken } = ada
    await wrongTimes(3, { challenge: await challengeOf(ada) })
    const challenge = await challengeOf(ada, deviceToken)
    expect(await wrongTimes(8, { challenge, deviceToken })).toContain('RATE_LIMITED')
    const row = await server.app.database.connection
      .collection('rateLimits')
      .findOne({ key: `row:second-factor:${ada.userId}` })
    expect(row?.['points']).toBe(8)
  })
})

test('A second half that cannot be answered has spent neither the code nor the challenge', async () => {
  const ada = await enrolled()
  const challenge = await challengeOf(ada)
  const unreadable = { _id: `dev_broken_${ada.userId}`, userId: ada.userId, digest: 'of nothing' }
  await flows.documents.insertOne(unreadable)
  const totp = codeOf(ada.secret)
  expect((await complete({ challenge, totp })).errors).toHaveLength(1)
  await flows.documents.deleteOne({ _id: unreadable._id })
  expect((await complete({ challenge, totp })).errors).toEqual([])
})
