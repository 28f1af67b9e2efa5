import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { factorFlows } from '../mfa/factors.js'
import { startMailbox, type Mailbox } from '../support/mailbox.js'
import { goodPassword, signIn, signUp, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
  flows = factorFlows(server)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const change = (token: string, currentPassword: string) =>
  server.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }', {
    token,
    variables: { input: { currentPassword, newPassword: 'velvet cactus moon' } },
  })

async function stepUp(token: string, password: string) {
  const { challenge } = (await flows.beginStepUp(token)).data.beginStepUp
  return flows.completeStepUp(token, { challenge, password })
}

const rowOf = ({ sessionId }: SignedInPerson) => ({ key: `row:session:${sessionId}` })
const rows = () => server.app.database.connection.collection('rateLimits')

test('A hundred wrong passwords in a row end the session that they were given in, and no other', async () => {
  const ada = await signUp(server.ask)
  const thief = await signIn(server.ask, ada)
  expect(reasonOf(await stepUp(thief.accessToken, 'wrong wrong wrong'))).toBe('CREDENTIALS_REJECTED')
  await rows().updateOne(rowOf(thief), { $set: { points: 98 } })
  // Whatever they are asked for.
  expect(reasonOf(await change(thief.accessToken, 'wrong wrong wrong'))).toBe('CREDENTIALS_REJECTED')
  expect((await server.ask('{ me { id } }', { token: thief.accessToken })).errors).toEqual([])
  expect(reasonOf(await stepUp(thief.accessToken, 'wrong wrong wrong'))).toBe('CREDENTIALS_REJECTED')

  expect((await server.ask('{ me { id } }', { token: thief.accessToken })).status).toBe(401)
  const ended = await server.app.sessions.findMany([thief.sessionId])
  expect(ended).toMatchObject([{ endReason: 'password-guessed' }])
  await server.app.background.drained()
  await server.app.mail.deliver()
  expect((await mailbox.mailTo(ada.email, { subject: /was ended/ })).text).toContain('a hundred wrong passwords')
  expect((await change(ada.accessToken, goodPassword)).errors).toEqual([])
})

test('A right one begins another row', async () => {
  const ada = await signUp(server.ask)
  await stepUp(ada.accessToken, 'wrong wrong wrong')
  await rows().updateOne(rowOf(ada), { $set: { points: 99 } })
  expect((await stepUp(ada.accessToken, goodPassword)).errors).toEqual([])
  expect(await rows().findOne(rowOf(ada))).toBeNull()
})

test('The one after the hundredth ends what the hundredth should have, and is not looked at', async () => {
  const ada = await signUp(server.ask)
  await stepUp(ada.accessToken, 'wrong wrong wrong')
  await rows().updateOne(rowOf(ada), { $set: { points: 100 } })
  expect(reasonOf(await stepUp(ada.accessToken, goodPassword))).toBe('CREDENTIALS_REJECTED')
  expect((await server.ask('{ me { id } }', { token: ada.accessToken })).status).toBe(401)
})
