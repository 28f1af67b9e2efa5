import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { deviceFlows, firefox, isKnown, type DeviceOwner } from './devices.js'

let server: TestPortcullis
let flows: ReturnType<typeof deviceFlows>
beforeAll(async () => {
  server = await startTestPortcullis()
  flows = deviceFlows(server)
})
afterAll(() => server.close())

const newPassword = 'another battery staple horse'

async function changePassword({ accessToken, password }: DeviceOwner) {
  const changed = await server.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }', {
    token: accessToken,
    variables: { input: { currentPassword: password, newPassword } },
  })
  expect(changed.errors).toEqual([])
}

/** On a second device. */
async function thiefOf(ada: DeviceOwner): Promise<string> {
  return (await flows.signIn(ada, { headers: firefox })).data.signIn.deviceToken
}

describe('A change of the password', () => {
  test('forgets all devices but the one that asks, whatever it has signed in to since', async () => {
    const ada = await flows.signUp()
    const thief = await thiefOf(ada)
    await flows.signIn(ada, { deviceToken: ada.deviceToken })
    await changePassword(ada)
    const changed = { ...ada, password: newPassword }
    expect(isKnown(await flows.signIn(changed, { deviceToken: ada.deviceToken }))).toBe(true)
    expect(isKnown(await flows.signIn(changed, { deviceToken: thief }))).toBe(false)
  })

  test('forgets what was failed at on the one that asks', async () => {
    const ada = await flows.signUp()
    const own = { userId: ada.userId, digest: { $exists: true } }
    await flows.documents.updateOne(own, { $set: { failures: 50 } })
    await changePassword(ada)
    expect(await flows.documents.countDocuments({ ...own, failures: 0 })).toBe(1)
  })

  test('forgets a device that a sign-in from before it writes only after it', async () => {
    const ada = await flows.signUp()
    const thief = await thiefOf(ada)
    const late = await flows.documents.findOne({ userId: ada.userId, name: 'Firefox on Linux' })
    if (late === null) throw new Error('The thief has a device')
    await changePassword(ada)
    await flows.documents.insertOne(late)
    expect(isKnown(await flows.signIn({ ...ada, password: newPassword }, { deviceToken: thief }))).toBe(false)
  })
})

test('signing out everywhere leaves them known', async () => {
  const ada = await flows.signUp()
  const out = 'mutation { signOutEverywhere(input: { includeCurrent: true }) }'
  expect((await server.ask(out, { token: ada.accessToken })).errors).toEqual([])
  expect(isKnown(await flows.signIn(ada, { deviceToken: ada.deviceToken }))).toBe(true)
})

test('with an account all of them go, also one that a sign-in from before it writes only after it', async () => {
  const ada = await flows.signUp()
  await flows.fail(ada, 1)
  await server.app.background.drained()
  const [late] = await flows.documents.find({ userId: ada.userId, digest: { $exists: true } }).toArray()
  if (late === undefined) throw new Error('The device of the sign-up is known')
  const deletion = 'mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) }'
  const variables = { input: { confirmEmail: ada.email } }
  expect((await server.ask(deletion, { token: ada.accessToken, variables })).errors).toEqual([])
  expect(await flows.documents.countDocuments({ userId: ada.userId })).toBe(0)
  await flows.documents.insertOne(late)
  await server.app.sessions.sweep()
  expect(await flows.documents.countDocuments({ userId: ada.userId })).toBe(0)
})
