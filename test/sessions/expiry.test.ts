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

test('a session that is not used for its idle limit is over, and each rotation starts the limit anew', async () => {
  server = await startTestPortcullis({ ...ages, REFRESH_IDLE: '4s' }, time)
  const ada = await signUp(server.ask)
  time.pass(2_100)
  const first = await refresh(server.ask, ada.refreshToken)
  time.pass(2_100)
  const second = await refresh(server.ask, first.data.refreshSession.tokens.refreshToken)
  expect(second.errors).toEqual([])
  time.pass(4_100)
  const late = await refresh(server.ask, second.data.refreshSession.tokens.refreshToken)
  expect(reasonOf(late)).toBe('REFRESH_REJECTED')
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
