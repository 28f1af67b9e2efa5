import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { stepUpChallenge } from '../../src/graphql/errors.js'
import { Forbidden, StepUpRequired } from '../../src/kernel/errors.js'
import { provenLongAgo } from '../accounts/people.js'
import { eventually } from '../support/eventually.js'
import { cookiesOf, reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { goodPassword, signIn, signUp } from '../support/people.js'
import { claimOf, codeOf, factorFlows } from './factors.js'

let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
beforeAll(async () => {
  server = await startTestPortcullis({ REFRESH_MIN_AGE: '0ms' })
  flows = factorFlows(server)
})
afterAll(() => server.close())

const exported = (token: string) => server.ask('mutation { exportMyData }', { token })
const codeIn = ({ errors }: { errors: { extensions: Record<string, unknown> }[] }) => errors[0]?.extensions.code

describe('A step-up', () => {
  test('by password is enough for whoever has nothing else, and gives a fresh token of the same session', async () => {
    const ada = await signUp(server.ask)
    const stale = await provenLongAgo(server, ada)
    expect(codeIn(await exported(stale))).toBe('STEP_UP_REQUIRED')
    const { challenge, methods } = (await flows.beginStepUp(stale)).data.beginStepUp
    expect(methods).toEqual(['PASSWORD'])
    const wrong = await flows.completeStepUp(stale, { challenge, password: 'wrong wrong wrong' })
    expect(reasonOf(wrong)).toBe('CREDENTIALS_REJECTED')
    const { data } = await flows.completeStepUp(stale, { challenge, password: goodPassword })
    const { tokens, session } = data.completeStepUp
    expect([session.id, tokens.refreshToken]).toEqual([ada.sessionId, null])
    expect((await exported(tokens.accessToken)).errors).toEqual([])
    expect(codeIn(await exported(stale))).toBe('STEP_UP_REQUIRED')
  })

  test('by code raises the presented token, and no other of the session', async () => {
    const ada = await flows.enrolled()
    expect(codeIn(await exported(ada.accessToken))).toBe('STEP_UP_REQUIRED')
    const raised = await flows.raised(ada)
    expect(claimOf(raised, 'acr')).toBe('aal2')
    expect((await exported(raised)).errors).toEqual([])
    expect(codeIn(await exported(ada.accessToken))).toBe('STEP_UP_REQUIRED')
    // A thief who refreshes without it does not rise along.
    const refreshed = (await flows.refresh(ada)).data.refreshSession.tokens
    expect(claimOf(refreshed.accessToken, 'acr')).toBe('aal1')
    // Another tab's timer does not undo it.
    const again = await flows.refresh({ ...ada, refreshToken: refreshed.refreshToken }, raised)
    expect(claimOf(again.data.refreshSession.tokens.accessToken, 'acr')).toBe('aal2')
  })

  test('by password is none once there is an app: a thief who knows it gets no further', async () => {
    const ada = await flows.enrolled()
    const { challenge, methods } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    expect(methods).toEqual(['TOTP', 'RECOVERY_CODE'])
    const byPassword = await flows.completeStepUp(ada.accessToken, { challenge, password: goodPassword })
    expect(codeIn(byPassword)).toBe('BAD_USER_INPUT')
    // Nor does the thief enrol an app, or change the password.
    expect(codeIn(await flows.begin(ada.accessToken))).toBe('STEP_UP_REQUIRED')
    const change = await server.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }', {
      token: ada.accessToken,
      variables: { input: { currentPassword: goodPassword, newPassword: 'velvet cactus moon' } },
    })
    expect(codeIn(change)).toBe('STEP_UP_REQUIRED')
  })

  test('is offered by the refusal as by its beginning: with what there is now', async () => {
    const ada = await flows.enrolled()
    const offers = async (token: string) => [
      (await exported(token)).errors[0]?.extensions.methods,
      (await flows.beginStepUp(token)).data.beginStepUp.methods,
    ]
    expect(await offers(ada.accessToken)).toEqual([
      ['TOTP', 'RECOVERY_CODE'],
      ['TOTP', 'RECOVERY_CODE'],
    ])
    for (const recoveryCode of ada.recoveryCodes) {
      const { challenge } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
      expect((await flows.completeStepUp(ada.accessToken, { challenge, recoveryCode })).errors).toEqual([])
    }
    // Of a code there is none left to be offered. Other instances hear of it, so does this one.
    await eventually(async () => expect(await offers(ada.accessToken)).toEqual([['TOTP'], ['TOTP']]))
    const raised = await flows.raised(ada)
    expect((await flows.regenerate(raised)).errors).toEqual([])
    expect(await offers(ada.accessToken)).toEqual([
      ['TOTP', 'RECOVERY_CODE'],
      ['TOTP', 'RECOVERY_CODE'],
    ])
    const stale = await provenLongAgo(server, await signUp(server.ask))
    expect(await offers(stale)).toEqual([['PASSWORD'], ['PASSWORD']])
  })

  test('is asked for in a header, too, in the words of RFC 9470', async () => {
    const challengeOf = async (query: string, token: string) =>
      (await server.ask(query, { token })).headers.get('www-authenticate')
    const stale = await provenLongAgo(server, await signUp(server.ask))
    expect(await challengeOf('mutation { exportMyData }', stale)).toBe(
      'Bearer error="insufficient_user_authentication", error_description="Prove again that it is you.", acr_values="aal1", max_age="300"',
    )
    const ada = await flows.enrolled()
    expect(await challengeOf('mutation { exportMyData }', ada.accessToken)).toContain(
      'acr_values="aal2", max_age="300"',
    )
    expect(await challengeOf('{ me { id } }', stale)).toBeNull()
    expect(await challengeOf('mutation { exportMyData }', await flows.raised(ada))).toBeNull()
  })

  test('that is asked for in several ways is asked for once, so that it does for all', () => {
    const need = (assurance: string, maxAgeSeconds?: number) =>
      new StepUpRequired({ assurance, methods: [], ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }) })
    expect(stepUpChallenge([need('AAL1', 90), need('AAL2'), need('AAL2', 300), new Forbidden()])).toMatch(
      /acr_values="aal2", max_age="90"$/,
    )
    expect(stepUpChallenge([need('AAL2')])).toMatch(/acr_values="aal2"$/)
    expect(stepUpChallenge([new Forbidden()])).toBeNull()
  })

  test('is of its session: the challenge of another one, or of somebody else, is none', async () => {
    const [ada, eve] = [await flows.enrolled(), await flows.enrolled()]
    const challengeOf = await flows.complete({ challenge: await flows.challenge(ada), totp: codeOf(ada.secret) })
    const other: string = challengeOf.data.completeSecondFactor.tokens.accessToken
    await flows.forgetSteps(ada)
    const { challenge } = (await flows.beginStepUp(other)).data.beginStepUp
    for (const token of [ada.accessToken, eve.accessToken]) {
      const answer = await flows.completeStepUp(token, { challenge, totp: codeOf(ada.secret) })
      expect(reasonOf(answer)).toBe('ONE_TIME_TOKEN_REJECTED')
    }
    expect((await flows.completeStepUp(other, { challenge, totp: codeOf(ada.secret) })).errors).toEqual([])
  })

  test('of fifty with one challenge one is done', async () => {
    const ada = await flows.enrolled()
    const { challenge } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        flows.completeStepUp(ada.accessToken, { challenge, recoveryCode: ada.recoveryCodes[index % 10] ?? '' }),
      ),
    )
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
  })

  test('is void when the account has changed since it was begun', async () => {
    const ada = await signUp(server.ask)
    const { challenge } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    await flows.enrolled(ada)
    const late = await flows.completeStepUp(ada.accessToken, { challenge, password: goodPassword })
    expect(codeIn(late)).not.toBeUndefined()
    expect(late.data?.completeStepUp ?? null).toBeNull()
  })

  test('leaves a session in cookies its refresh cookie, and puts no token into the answer', async () => {
    const ada = await signUp(server.ask)
    const signInByCookie =
      'mutation ($input: SignInInput!) { signIn(input: $input) { ... on SignedIn { user { id } } } }'
    const input = { email: ada.email, password: goodPassword, delivery: 'COOKIE' }
    const cookies = cookiesOf(await server.ask(signInByCookie, { variables: { input }, browser: true }))
    const begun = await server.ask('mutation { beginStepUp { challenge } }', { cookies })
    const { challenge } = begun.data.beginStepUp
    const complete = 'mutation ($input: StepUpInput!) { completeStepUp(input: $input) { tokens { accessToken } } }'
    const answer = await server.ask(complete, {
      cookies,
      variables: { input: { challenge, password: goodPassword } },
    })
    expect(answer.data).toEqual({ completeStepUp: { tokens: null } })
    const changed = cookiesOf(answer)
    expect(Object.keys(changed)).toEqual(['__Host-portcullis-access'])
    const raised = { ...cookies, ...changed }
    expect((await server.ask('mutation { exportMyData }', { cookies: raised })).errors).toEqual([])
  })

  test('is for people who are signed in', async () => {
    const answer = await server.ask('mutation { beginStepUp { challenge } }')
    expect(reasonOf(answer)).toBe('SIGN_IN_REQUIRED')
    const ada = await signUp(server.ask)
    const { challenge } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    await server.ask('mutation { signOut }', { token: ada.accessToken })
    const late = await flows.completeStepUp(ada.accessToken, { challenge, password: goodPassword })
    expect(late.status).toBe(401)
    expect((await signIn(server.ask, ada)).userId).toBe(ada.userId)
  })
})
