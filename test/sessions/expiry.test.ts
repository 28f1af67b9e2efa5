import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { setClock } from '../support/set-clock.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { refresh, signUp } from '../support/people.js'

let time: ReturnType<typeof setClock>
let server: TestPortcullis
beforeEach(() => {
  time = setClock()
})
afterEach(async () => {
  await server.close()
})

const ages = { REFRESH_MIN_AGE: '0ms', REFRESH_GRACE: '100ms' }

test('each rotation starts the idle limit of a session anew', async () => {
  server = await startTestPortcullis({ ...ages, REFRESH_IDLE: '8s' }, time)
  const ada = await signUp(server.ask)
  time.pass(4_500)
  const first = await refresh(server.ask, ada.refreshToken)
  time.pass(4_500)
  const second = await refresh(server.ask, first.data.refreshSession.tokens.refreshToken)
  expect(second.errors).toEqual([])
})

test('a session that is not used for its idle limit is over', async () => {
  server = await startTestPortcullis({ ...ages, REFRESH_IDLE: '8s' }, time)
  const ada = await signUp(server.ask)
  time.pass(8_100)
  expect(reasonOf(await refresh(server.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
})

test('no access token outlives the greatest age of its session', async () => {
  server = await startTestPortcullis({ ...ages, REFRESH_IDLE: '5s', REFRESH_ABSOLUTE: '5s' }, time)
  const ada = await signUp(server.ask)
  time.pass(500)
  const answer = await refresh(server.ask, ada.refreshToken)
  expect(answer.data.refreshSession.tokens.expiresIn).toBeLessThanOrEqual(5)
  time.pass(4_600)
  const me = await server.ask('{ me { id } }', { token: answer.data.refreshSession.tokens.accessToken })
  expect(me.status).toBe(401)
})
