import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { goodPassword, newEmail } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { deviceFlows, strangersToken } from './devices.js'

let server: TestPortcullis
let flows: ReturnType<typeof deviceFlows>
beforeAll(async () => {
  server = await startTestPortcullis()
  flows = deviceFlows(server)
})
afterAll(() => server.close())

/** What comes by itself, every few seconds: beats, due mails, keys, events and sessions that were left behind. */
const isUpkeep = (collection: string, command: unknown) =>
  ['beats', 'keys', 'outbox', 'sessionSweeps', 'system.profile'].includes(collection) ||
  JSON.stringify(command).includes('"pendingEvents.id":{"$exists"')

/** What the database was asked for meanwhile, as `op collection`, in order. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  const { db } = server.app.database.connection
  if (db === undefined) throw new Error('There is a database')
  await server.app.background.drained()
  await server.app.mail.deliver()
  await db.dropCollection('system.profile').catch(() => undefined)
  await db.command({ profile: 2 })
  await work()
  await db.command({ profile: 0 })
  const found = await db.collection('system.profile').find({}).sort({ $natural: 1 }).toArray()
  return found.flatMap(({ op, ns, command }) => {
    const collection = String(ns).split('.').at(-1) ?? ''
    const name = op === 'command' ? String(Object.keys(command as object)[0]) : String(op)
    return isUpkeep(collection, command) ? [] : [`${name} ${collection}`]
  })
}

const ofDevices = (operations: readonly string[]) => operations.filter((operation) => operation.endsWith(' devices'))

test('a sign-in on a known device reads devices once, and writes when it was used', async () => {
  const ada = await flows.signUp()
  const operations = await asked(() => flows.signIn(ada, { deviceToken: ada.deviceToken }))
  expect(ofDevices(operations)).toEqual(['query devices', 'update devices'])
  expect(operations.filter((operation) => operation.startsWith('query '))).toHaveLength(4)
})

test('a sign-in on a new device reads devices once, and writes it', async () => {
  const ada = await flows.signUp()
  const operations = await asked(() => flows.signIn(ada))
  expect(ofDevices(operations)).toEqual(['query devices', 'insert devices'])
  // A session that lives has a device that can be forgotten.
  expect(operations.indexOf('insert devices')).toBeLessThan(operations.indexOf('insert sessions'))
})

test('the first sign-in to an account reads devices once, and no sessions', async () => {
  const account = { email: newEmail(), password: goodPassword }
  await server.app.accounts.provision([{ ...account, roles: ['member'] }])
  const operations = await asked(() => flows.signIn(account))
  expect(ofDevices(operations)).toEqual(['query devices', 'insert devices'])
  expect(operations.filter((operation) => operation.startsWith('query '))).toHaveLength(4)
})

test('known and unknown addresses are asked for in the same steps before the answer', async () => {
  const ada = await flows.signUp()
  const nobody = { email: `nobody.${Date.now()}@example.com` }
  const deviceToken = strangersToken()
  const upToProof = (operations: readonly string[]) => operations.slice(0, operations.indexOf('query credentials') + 1)
  const known = await asked(() => flows.fail(ada, 1, { deviceToken }))
  const unknown = await asked(() => flows.fail(nobody, 1, { deviceToken }))
  expect(upToProof(known)).toEqual(upToProof(unknown))
  expect(ofDevices(upToProof(unknown))).toEqual(['query devices'])
})
