import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { refresh, signUp } from '../support/people.js'

let server: TestPortcullis
afterEach(async () => {
  await server.close()
})

const ages = { REFRESH_MIN_AGE: '0ms', REFRESH_GRACE: '100ms' }

test('a session that is not used for its idle limit is over, and each rotation starts the limit anew', async () => {
  server = await startTestPortcullis({ ...ages, REFRESH_IDLE: '4s' })
  const ada = await signUp(server.ask)
  await pause(2_400)
  const first = await refresh(server.ask, ada.refreshToken)
  await pause(2_400)
  const second = await refresh(server.ask, first.data.refreshSession.tokens.refreshToken)
  expect(second.errors).toEqual([])
  await pause(4_100)
  const late = await refresh(server.ask, second.data.refreshSession.tokens.refreshToken)
  expect(reasonOf(late)).toBe('REFRESH_REJECTED')
})

test('no access token outlives the greatest age of its session', async () => {
  server = await startTestPortcullis({ ...ages, REFRESH_IDLE: '3s', REFRESH_ABSOLUTE: '3s' })
  const ada = await signUp(server.ask)
  await pause(500)
  const answer = await refresh(server.ask, ada.refreshToken)
  expect(answer.data.refreshSession.tokens.expiresIn).toBeLessThanOrEqual(3)
  await pause(2_700)
  const me = await server.ask('{ me { id } }', { token: answer.data.refreshSession.tokens.accessToken })
  expect(me.status).toBe(401)
})
