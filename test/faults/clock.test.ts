import { expect, test } from '@jest/globals'
import { systemClock } from '../../src/kernel/clock.js'
import { goodPassword, newEmail, refresh, signInMutation, signUp, signUpMutation } from '../support/people.js'
import { startTestPortcullis, type Answer } from '../support/portcullis.js'

test.each([3_600_000, -3_600_000, 11_000])(
  'with a clock %d ms from the database’s an instance is not ready, signs nobody in and refreshes nothing',
  async (aheadMs) => {
    const right = await startTestPortcullis()
    const ada = await signUp(right.ask)
    const clock = { ...systemClock, now: () => new Date(systemClock.now().getTime() + aheadMs) }
    const wrong = await startTestPortcullis(right.env, { clock })
    try {
      const ready = await fetch(`${wrong.url}/health/ready`)
      expect(ready.status).toBe(503)
      expect(await ready.text()).toContain('too far from the clock of the database')
      const signUpInput = { email: newEmail(), password: goodPassword }
      const signInInput = { email: ada.email, password: ada.password }
      const answers = [
        await wrong.ask(signUpMutation, { variables: { input: signUpInput } }),
        await wrong.ask(signInMutation, { variables: { input: signInInput } }),
        await refresh(wrong.ask, ada.refreshToken),
      ]
      expect(answers.map(({ errors }) => errors[0]?.extensions.code)).toEqual([
        'UNAVAILABLE',
        'UNAVAILABLE',
        'UNAVAILABLE',
      ])
      const { connection } = right.app.database
      expect(await connection.collection('users').countDocuments({ email: signUpInput.email })).toBe(0)
      expect((await refresh(right.ask, ada.refreshToken)).errors).toEqual([])
    } finally {
      await wrong.close()
      await right.close()
    }
  },
)

test('a clock that jumps while it is used is not believed from that moment on', async () => {
  let aheadMs = 0
  const clock = { ...systemClock, now: () => new Date(systemClock.now().getTime() + aheadMs) }
  const server = await startTestPortcullis({ REFRESH_MIN_AGE: '0ms' }, { clock })
  try {
    const ada = await signUp(server.ask)
    const first = await refresh(server.ask, ada.refreshToken)
    // Long after the grace by this clock: a verdict would end the session of somebody who only asked twice.
    aheadMs = 3_600_000
    expect((await refresh(server.ask, ada.refreshToken)).errors[0]?.extensions.code).toBe('UNAVAILABLE')
    aheadMs = 0
    const again = await refresh(server.ask, ada.refreshToken)
    expect(again.data.refreshSession.tokens.refreshToken).toBe(first.data.refreshSession.tokens.refreshToken)
  } finally {
    await server.close()
  }
})

/** The first questions after `arm` are answered rightly, the others by a clock that has been set. */
function clockThatIsSet() {
  let rightly = Infinity
  let aheadMs = 0
  return {
    clock: {
      ...systemClock,
      now: () => new Date(systemClock.now().getTime() + (rightly-- > 0 ? 0 : aheadMs)),
    },
    arm: (first: number, ms: number) => ([rightly, aheadMs] = [first, ms]),
    disarm: () => (rightly = Infinity),
  }
}

test('a clock that is set while something is decided by it decides nothing', async () => {
  const { clock, arm, disarm } = clockThatIsSet()
  const server = await startTestPortcullis({ REFRESH_MIN_AGE: '0ms' }, { clock })
  const codes: unknown[] = []
  /** Between any two of the questions that are asked of it on the way. */
  async function whenever(aheadMs: number, prepare: () => Promise<() => Promise<Answer>>): Promise<void> {
    for (let first = 0; first < 12; first += 1) {
      const ask = await prepare()
      arm(first, aheadMs)
      const { errors } = await ask()
      disarm()
      codes.push(errors[0]?.extensions.code ?? 'answered')
      // One that came by itself meanwhile has compared the clock that was set.
      await server.app.clockWatch.check()
    }
  }
  try {
    for (const aheadMs of [3_600_000, -3_600_000]) {
      const ada = await signUp(server.ask)
      const { data } = await refresh(server.ask, ada.refreshToken)
      // Long after its grace, by the clock as it is set.
      await whenever(aheadMs, async () => () => refresh(server.ask, ada.refreshToken))
      await whenever(aheadMs, async () => {
        const input = { email: ada.email, password: ada.password }
        const signedIn = await server.ask(signInMutation, { variables: { input } })
        return () => server.ask('{ me { id } }', { token: signedIn.data.signIn.tokens.accessToken })
      })
      expect((await refresh(server.ask, data.refreshSession.tokens.refreshToken)).errors).toEqual([])
    }
    expect(new Set(codes)).toEqual(new Set(['UNAVAILABLE', 'answered']))
  } finally {
    await server.close()
  }
})

test('a clock that is set while it is compared with the database’s is not believed', async () => {
  const { clock, arm, disarm } = clockThatIsSet()
  const server = await startTestPortcullis({ REFRESH_MIN_AGE: '0ms' }, { clock })
  const { clockWatch } = server.app
  try {
    const ada = await signUp(server.ask)
    const { data } = await refresh(server.ask, ada.refreshToken)
    const codes: unknown[] = []
    for (const aheadMs of [3_600_000, -3_600_000, 15_000]) {
      /** Before each of the readings that a comparison takes, and after the last. */
      for (let first = 0; first < 5; first += 1) {
        arm(first, aheadMs)
        await clockWatch.check()
        arm(0, aheadMs)
        const { errors } = await refresh(server.ask, ada.refreshToken)
        codes.push(errors[0]?.extensions.code ?? 'answered')
        disarm()
        await clockWatch.check()
      }
    }
    expect(new Set(codes)).toEqual(new Set(['UNAVAILABLE']))
    expect((await refresh(server.ask, data.refreshSession.tokens.refreshToken)).errors).toEqual([])
  } finally {
    await server.close()
  }
})
