import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { systemClock } from '../../src/kernel/clock.js'
import { connectDatabase } from '../../src/mongo/connection.js'
import { eventually } from '../support/eventually.js'
import { refresh, refreshMutation, signUp } from '../support/people.js'
import { startServerProcess } from '../support/server-process.js'

test('killed between the write and the answer of a refresh, the next instance gives the same successor', async () => {
  const first = await startServerProcess()
  const ada = await signUp(first.ask)
  const { connection, close } = await connectDatabase(first.env.MONGODB_URI ?? '', systemClock, {
    answerWithinMs: 15_000,
  })
  // Asked over a socket that nobody reads: whatever the server answers, the client never got it.
  const { port, hostname } = new URL(first.url)
  const body = JSON.stringify({ query: refreshMutation, variables: { token: ada.refreshToken } })
  const socket = connect(Number(port), hostname).pause()
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await eventually(async () => {
    const session = await connection.collection('sessions').findOne({ _id: ada.sessionId as never })
    expect(session?.family.generation).toBe(1)
  })
  first.signal('SIGKILL')
  await first.exited
  socket.destroy()

  const second = await startServerProcess(first.env)
  const retried = await refresh(second.ask, ada.refreshToken)
  const again = await refresh(second.ask, ada.refreshToken)
  const tokens = retried.data.refreshSession.tokens
  expect(again.data.refreshSession.tokens.refreshToken).toBe(tokens.refreshToken)
  expect((await refresh(second.ask, tokens.refreshToken)).errors).toEqual([])
  expect((await connection.collection('sessions').findOne({ _id: ada.sessionId as never }))?.family.generation).toBe(1)
  second.signal('SIGTERM')
  expect(await second.exited).toBe(0)
  await close()
})

test('SIGTERM under load: every request is answered, and the exit is clean', async () => {
  const server = await startServerProcess({ DRAIN_DELAY: '500ms' })
  const ada = await signUp(server.ask)
  const asked = Array.from({ length: 100 }, () => server.ask('{ me { id } }', { token: ada.accessToken }))
  await asked[0]
  server.signal('SIGTERM')
  const answers = await Promise.allSettled(asked)
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 'fulfilled', value: { data: { me: { id: ada.userId } } } })
  }
  expect(await server.exited).toBe(0)
})

test('SIGTERM on a starved machine: a request that came before the end of the drain is answered', async () => {
  const server = await startServerProcess({ DRAIN_DELAY: '2s' })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${server.url}${path}`, { agent }, (response) =>
        response.resume().on('end', () => resolve(response.statusCode)),
      )
        // So that the answer to a lost request is not a test that hangs.
        .on('error', reject)
    })
  expect(await ask('/health/live')).toBe(200)
  server.signal('SIGTERM')
  await eventually(async () => expect((await fetch(`${server.url}/health/ready`)).status).toBe(503))
  // It gets no time to run until its drain should be over.
  server.signal('SIGSTOP')
  const late = ask('/health/live')
  await pause(2_500)
  server.signal('SIGCONT')
  expect(await late).toBe(200)
  expect(await server.exited).toBe(0)
})

test.each([
  [
    'without a database',
    { MONGODB_URI: 'mongodb://127.0.0.1:9/?directConnection=true' },
    /does not answer.*MONGODB_URI/,
  ],
  ['with settings that make no sense', { ACCESS_TTL: 'soon', REFRESH_MIN_AGE: '60s' }, /REFRESH_MIN_AGE[^]*ACCESS_TTL/],
])('%s it ends with code 1 and says what to do', async (_name, settings, message) => {
  const started = await startServerProcess(settings).catch((cause: Error) => cause)
  expect(started).toBeInstanceOf(Error)
  expect(String(started)).toMatch(/ended with 1/)
  expect(String(started)).toMatch(message)
})

test('a secret that opens nothing stops the start', async () => {
  const server = await startServerProcess()
  server.signal('SIGTERM')
  await server.exited
  const other = await startServerProcess({
    ...server.env,
    PORTCULLIS_SECRET: randomBytes(32).toString('base64'),
  }).catch((cause: Error) => cause)
  expect(String(other)).toMatch(/PORTCULLIS_SECRET does not open the keys/)
})

test('a rotated secret opens what the old one sealed, as long as both are given', async () => {
  const server = await startServerProcess()
  const ada = await signUp(server.ask)
  server.signal('SIGTERM')
  await server.exited
  const secrets = `${randomBytes(32).toString('base64')},${server.env.PORTCULLIS_SECRET}`
  const rotated = await startServerProcess({ ...server.env, PORTCULLIS_SECRET: secrets })
  expect((await rotated.ask('{ me { id } }', { token: ada.accessToken })).data.me.id).toBe(ada.userId)
  rotated.signal('SIGTERM')
  await rotated.exited
})

/** What an instance has under way that is killed between the writes of a change and their commit. */
const transactionLeftOpen = `
  import mongoose from 'mongoose'
  const [uri, _id] = process.argv.slice(-2)
  const connection = await mongoose.createConnection(uri).asPromise()
  const session = connection.getClient().startSession()
  session.startTransaction()
  await connection.collection('sessions').updateOne({ _id }, { $inc: { securityVersion: 1 } }, { session })
  console.log('written')
  setInterval(() => {}, 1_000)
`

test('what an instance that was killed has left open holds a session for a while, and ends nothing', async () => {
  const server = await startServerProcess({ DATABASE_TIMEOUT: '2s' })
  const ada = await signUp(server.ask)
  const uri = server.env.MONGODB_URI ?? ''
  const killed = spawn(process.execPath, ['--input-type=module', '-e', transactionLeftOpen, uri, ada.sessionId])
  await once(killed.stdout, 'data')
  killed.kill('SIGKILL')
  const held = await refresh(server.ask, ada.refreshToken)
  expect(held.errors[0]?.extensions.code).toBe('UNAVAILABLE')
  const answered = async () => (await refresh(server.ask, ada.refreshToken)).errors
  // transactionLifetimeLimitSeconds of the test's mongod is 10, and it looks every 5 seconds.
  for (const until = performance.now() + 30_000; (await answered()).length > 0;) {
    expect(performance.now()).toBeLessThan(until)
  }
  server.signal('SIGTERM')
  await server.exited
}, 60_000)
