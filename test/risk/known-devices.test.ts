import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { personOf } from '../../src/kernel/caller.js'
import { defaultPolicy } from '../../src/policy.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { deviceCookieName, deviceCookieOf, deviceFlows, isKnown, strangersToken, type DeviceOwner } from './devices.js'

let server: TestPortcullis
let flows: ReturnType<typeof deviceFlows>
beforeAll(async () => {
  server = await startTestPortcullis()
  flows = deviceFlows(server)
})
afterAll(() => server.close())

async function userOf({ userId }: DeviceOwner) {
  const user = await server.app.users.find(userId)
  if (user === null) throw new Error('Nobody is gone')
  return user
}

const browserOf = (tokens: string) => ({ cookies: { [deviceCookieName]: tokens } })

describe('A device', () => {
  test('is known by the token of its first sign-in, and keeps it', async () => {
    const ada = await flows.signUp()
    const again = await flows.signIn(ada, { deviceToken: ada.deviceToken })
    expect(again.data.signIn).toMatchObject({ deviceToken: null, session: { device: { known: true, bound: false } } })
    expect(await flows.devices(ada.accessToken)).toHaveLength(1)
  })

  test('is another one without a token, and gets its own', async () => {
    const ada = await flows.signUp()
    const answer = await flows.signIn(ada)
    expect(isKnown(answer)).toBe(false)
    const { deviceToken } = answer.data.signIn
    expect(deviceToken).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(isKnown(await flows.signIn(ada, { deviceToken }))).toBe(true)
    expect(await flows.devices(ada.accessToken)).toHaveLength(2)
  })

  test.each([
    ['that nobody was given', async () => strangersToken()],
    ['of somebody else', async () => (await flows.signUp()).deviceToken],
    ['that is no token', async () => 'x'.repeat(5_000)],
  ])('is not known by a token %s: another one is given out', async (_name, planted) => {
    const ada = await flows.signUp()
    const token = await planted()
    const answer = await flows.signIn(ada, { deviceToken: token })
    expect(isKnown(answer)).toBe(false)
    expect(answer.data.signIn.deviceToken).not.toBe(token)
    expect(isKnown(await flows.signIn(ada, { deviceToken: token }))).toBe(false)
  })
})

describe('A browser', () => {
  test('keeps the token in a cookie of 400 days that scripts cannot read', async () => {
    const ada = await flows.signUp()
    const answer = await flows.signIn(ada, { browser: true }, 'COOKIE')
    expect(answer.data.signIn).toMatchObject({ tokens: null, deviceToken: null })
    const cookie = answer.headers.getSetCookie().find((text) => text.startsWith(deviceCookieName))
    expect(cookie).toMatch(/Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const tokens = deviceCookieOf(answer) ?? ''
    expect(isKnown(await flows.signIn(ada, browserOf(tokens), 'COOKIE'))).toBe(true)
    expect(isKnown(await flows.signIn(ada, browserOf(tokens)))).toBe(true)
  })

  test('that is shared knows five people, the latest first', async () => {
    const people: DeviceOwner[] = []
    let tokens = ''
    for (let number = 0; number < 6; number += 1) {
      const person = await flows.signUp()
      people.push(person)
      tokens = deviceCookieOf(await flows.signIn(person, { ...browserOf(tokens), browser: true }, 'COOKIE')) ?? ''
    }
    expect(tokens.split('.')).toHaveLength(5)
    const known = await Promise.all(
      people.map(async (person) => isKnown(await flows.signIn(person, browserOf(tokens)))),
    )
    expect(known).toEqual([false, true, true, true, true, true])
    const [, second = people[0]] = people
    if (second === undefined) throw new Error('There are six')
    const again = deviceCookieOf(await flows.signIn(second, browserOf(tokens), 'COOKIE'))?.split('.')
    expect(again).toEqual([tokens.split('.')[4], ...tokens.split('.').slice(0, 4)])
  })

  test('of an unknown page has no device', async () => {
    const ada = await flows.signUp()
    const foreign = { ...browserOf(ada.deviceToken), headers: { origin: 'https://evil.example' } }
    expect(isKnown(await flows.signIn(ada, foreign))).toBe(false)
    expect(isKnown(await flows.signIn(ada, { ...browserOf(ada.deviceToken), browser: false }))).toBe(false)
  })

  test('keeps its device when it signs out', async () => {
    const ada = await flows.signUp()
    const answer = await flows.signIn(ada, { browser: true }, 'COOKIE')
    const cookies = Object.fromEntries(
      answer.headers.getSetCookie().map((text) => text.split(';')[0]?.split('=') as [string, string]),
    )
    const out = await server.ask('mutation { signOut }', { cookies })
    expect(out.errors).toEqual([])
    expect(deviceCookieOf(out)).toBeUndefined()
    const tokens = deviceCookieOf(answer) ?? ''
    expect(isKnown(await flows.signIn(ada, browserOf(tokens), 'COOKIE'))).toBe(true)
  })
})

describe('Their owner', () => {
  test('sees them, and can forget one: then it is a new one', async () => {
    const ada = await flows.signUp()
    const [device] = await flows.devices(ada.accessToken)
    expect(device).toMatchObject({ id: expect.stringMatching(/^dev_/), ipPrefix: '127.0.0.0/24' })
    expect((await flows.forget(ada.accessToken, device?.id ?? '')).data).toEqual({ forgetDevice: true })
    expect(await flows.devices(ada.accessToken)).toEqual([])
    expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(false)
    expect((await server.ask('{ me { id } }', { token: ada.accessToken })).errors).toEqual([])
  })

  test('cannot forget somebody else’s, which looks like one that never was', async () => {
    const [ada, bob] = await Promise.all([flows.signUp(), flows.signUp()])
    const [device] = await flows.devices(bob.accessToken)
    const foreign = await flows.forget(ada.accessToken, device?.id ?? '')
    const absent = await flows.forget(ada.accessToken, `dev_${'0'.repeat(26)}`)
    const record = await flows.forget(ada.accessToken, ada.userId)
    expect(reasonOf(foreign)).toBe('NOT_FOUND')
    expect(foreign.text).toBe(absent.text)
    expect(record.text).toBe(absent.text)
    expect(await flows.devices(bob.accessToken)).toHaveLength(1)
  })

  test('has at most twenty, and those that are used stay', async () => {
    const ada = await flows.signUp()
    for (let number = 0; number < 25; number += 1) {
      await flows.signIn(ada)
      if (number % 5 === 0) await flows.signIn(ada, { deviceToken: ada.deviceToken })
    }
    await server.app.background.drained()
    expect(await flows.devices(ada.accessToken)).toHaveLength(20)
    expect(await flows.documents.countDocuments({ userId: ada.userId, digest: { $exists: true } })).toBeLessThan(22)
    expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(true)
  })

  test('keeps what has come back, however often somebody signs in without a token', async () => {
    const ada = await flows.signUp()
    await flows.signIn(ada, { deviceToken: ada.deviceToken })
    for (let number = 0; number < 25; number += 1) await flows.signIn(ada)
    await server.app.background.drained()
    expect(await flows.devices(ada.accessToken)).toHaveLength(20)
    expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(true)
  })

  test('cannot forget one any more once their security has changed', async () => {
    const ada = await flows.signUp()
    const [device] = await flows.devices(ada.accessToken)
    const user = await userOf(ada)
    const person = personOf({
      user: { ...user, securityVersion: user.securityVersion - 1 },
      sessionId: `ses_${'0'.repeat(26)}`,
      holdings: defaultPolicy.holdingsOf(user),
      assurance: 'aal1',
      authenticatedAt: new Date(),
    })
    await expect(server.app.risk.forget(person, device?.id ?? '')).rejects.toMatchObject({ code: 'CHANGED_MEANWHILE' })
    expect(await flows.devices(ada.accessToken)).toHaveLength(1)
  })

  test('gets a new token where the device was forgotten while they signed in', async () => {
    const ada = await flows.signUp()
    const [device] = await flows.devices(ada.accessToken)
    const recognition = await server.app.risk.recognise(ada.userId, [ada.deviceToken])
    expect(recognition.known?.id).toBe(device?.id)
    await flows.forget(ada.accessToken, device?.id ?? '')
    const signIn = { user: await userOf(ada), assurance: 'aal1', delivery: 'body' } as const
    const begun = { ...signIn, device: { name: 'Firefox on Linux', ipPrefix: null } }
    const { session, deviceToken } = await server.app.risk.start(begun, { recognition, verdict: null })
    expect(deviceToken).toMatchObject({ isNew: true })
    expect(session.device.isKnown).toBe(false)
    expect((await flows.devices(ada.accessToken)).map(({ id }) => id)).toEqual([session.device.id])
  })

  test('has one more for each of many sign-ins at once, and each token is good', async () => {
    const ada = await flows.signUp()
    const answers = await Promise.all(Array.from({ length: 8 }, () => flows.signIn(ada)))
    const tokens = answers.map(({ data }) => data.signIn.deviceToken as string)
    expect(new Set(tokens).size).toBe(8)
    expect(await flows.devices(ada.accessToken)).toHaveLength(9)
    const again = await Promise.all(tokens.map((deviceToken) => flows.signIn(ada, { deviceToken })))
    expect(again.every(isKnown)).toBe(true)
  })
})

test('what is in the database is of no use at any door', async () => {
  const ada = await flows.signUp()
  const dump = JSON.stringify(await flows.documents.find({ userId: ada.userId }).toArray())
  expect(dump).not.toContain(ada.deviceToken)
  const [{ digest } = {}] = (await flows.documents.find({ userId: ada.userId }).toArray()) as { digest?: string }[]
  expect(isKnown(await flows.signIn(ada, { deviceToken: digest ?? '' }))).toBe(false)
  expect(server.logged()).not.toContain(ada.deviceToken)
})
