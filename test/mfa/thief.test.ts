import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { getNamedType, isInputObjectType, type GraphQLInputType } from 'graphql'
import { bareSchema } from '../../src/access-control.js'
import { loadTypeDefs } from '../../src/graphql/schema.js'
import { goodPassword, newEmail, refresh, signIn, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { claimOf, codeOf, factorFlows } from './factors.js'

let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
beforeAll(async () => {
  // Nothing is forgiven: a spent refresh token is a stolen one at once.
  server = await startTestPortcullis({ REFRESH_GRACE: '0s', REFRESH_MIN_AGE: '0s' })
  flows = factorFlows(server)
})
afterAll(() => server.close())

const newPassword = 'velvet cactus moon'
const me = (token: string) => server.ask('{ me { id } }', { token })

/** What would make the account somebody else's. */
const risky: Readonly<Record<string, readonly [mutation: string, input: Record<string, unknown>]>> = {
  'add an app': ['mutation { beginTotpEnrolment { secret } }', {}],
  'confirm an app': [
    'mutation ($code: String!) { confirmTotpEnrolment(input: { code: $code }) { codes } }',
    { code: '000000' },
  ],
  'make recovery codes': ['mutation { regenerateRecoveryCodes { codes } }', {}],
  'rename an app': ['mutation ($id: ID!) { renameAuthenticator(id: $id, name: "Mine") { id } }', { id: 'aut_1' }],
  'remove an app': ['mutation ($id: ID!) { removeAuthenticator(id: $id) }', { id: 'aut_1' }],
  'change the password': [
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }',
    { input: { currentPassword: goodPassword, newPassword } },
  ],
  'change the address': [
    'mutation ($newEmail: EmailAddress!) { changeEmail(input: { newEmail: $newEmail }) }',
    { newEmail: newEmail() },
  ],
  'take everything along': ['mutation { exportMyData }', {}],
  'delete the account': [
    'mutation ($email: EmailAddress!) { deleteAccount(input: { confirmEmail: $email }) }',
    { email: newEmail() },
  ],
}

async function refusals(token: string): Promise<Record<string, unknown>> {
  const refused: Record<string, unknown> = {}
  for (const [what, [mutation, variables]] of Object.entries(risky)) {
    const { errors } = await server.ask(mutation, { token, variables })
    refused[what] = errors[0]?.extensions.code
  }
  return refused
}
const allRefused = Object.fromEntries(Object.keys(risky).map((what) => [what, 'STEP_UP_REQUIRED']))

describe('A thief of an access token', () => {
  test('can do nothing that would make the account theirs, however the victim proves again', async () => {
    const ada = await flows.enrolled()
    const stolen = ada.accessToken
    expect(await refusals(stolen)).toEqual(allRefused)
    const raised = await flows.raised(ada)
    expect((await server.ask('mutation { exportMyData }', { token: raised })).errors).toEqual([])
    expect(await refusals(stolen)).toEqual(allRefused)
    // What the thief begins, a code must complete.
    const { challenge } = (await flows.beginStepUp(stolen)).data.beginStepUp
    expect(reasonOf(await flows.completeStepUp(stolen, { challenge, totp: '000000' }))).toBe('FACTOR_REJECTED')
    const byPassword = await flows.completeStepUp(stolen, { challenge, password: goodPassword })
    expect(byPassword.errors[0]?.extensions.code).toBe('BAD_USER_INPUT')
  })

  test('is out as soon as the victim adds a factor in another session', async () => {
    const ada = await signUp(server.ask)
    const thief = await signIn(server.ask, ada)
    await flows.enrolled(ada)
    expect(reasonOf(await me(thief.accessToken))).toBe('SESSION_ENDED')
    expect(reasonOf(await refresh(server.ask, thief.refreshToken))).toBe('REFRESH_REJECTED')
    expect((await me(ada.accessToken)).data.me.id).toBe(ada.userId)
  })
})

test('A thief of a refresh token does not rise along, and is out when the victim comes back', async () => {
  const ada = await flows.enrolled()
  const raised = await flows.raised(ada)
  const first = (await refresh(server.ask, ada.refreshToken)).data.refreshSession.tokens
  expect(claimOf(first.accessToken, 'acr')).toBe('aal1')
  // Nor with the token that the victim had before.
  const second = (await refresh(server.ask, first.refreshToken, ada.accessToken)).data.refreshSession.tokens
  expect(claimOf(second.accessToken, 'acr')).toBe('aal1')
  expect(await refusals(second.accessToken)).toEqual(allRefused)
  // Which of the two is the thief, nobody can tell: both are out.
  expect(reasonOf(await refresh(server.ask, ada.refreshToken, raised))).toBe('REFRESH_REJECTED')
  expect(reasonOf(await me(second.accessToken))).toBe('SESSION_ENDED')
  expect(reasonOf(await me(raised))).toBe('SESSION_ENDED')
  expect(reasonOf(await refresh(server.ask, second.refreshToken))).toBe('REFRESH_REJECTED')
})

/** Every operation that is given a secret, with nothing in it but that. */
const takers: Readonly<Record<string, (secret: string) => readonly [mutation: string, input: object]>> = {
  signUp: (invitation) => [
    'mutation ($input: SignUpInput!) { signUp(input: $input) { __typename } }',
    { email: newEmail(), password: newPassword, invitation },
  ],
  verifyEmail: (token) => [
    'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { user { id } } }',
    { token, password: goodPassword },
  ],
  confirmEmailChange: (token) => ['mutation ($input: TokenInput!) { confirmEmailChange(input: $input) }', { token }],
  disownSession: (token) => ['mutation ($input: TokenInput!) { disownSession(input: $input) }', { token }],
  resetPassword: (token) => [
    'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }',
    { token, newPassword },
  ],
  refreshSession: (refreshToken) => [
    'mutation ($input: RefreshInput) { refreshSession(input: $input) { user { id } } }',
    { refreshToken },
  ],
  signOut: (refreshToken) => ['mutation ($input: RefreshInput) { signOut(input: $input) }', { refreshToken }],
  completeStepUp: (challenge) => [
    'mutation ($input: StepUpInput!) { completeStepUp(input: $input) { user { id } } }',
    { challenge, totp: '000000' },
  ],
  completeSecondFactor: (challenge) => [
    'mutation ($input: SecondFactorInput!) { completeSecondFactor(input: $input) { user { id } } }',
    { challenge, totp: '000000' },
  ],
  completePasskeySignIn: (challenge) => [
    'mutation ($input: PasskeySignInInput!) { completePasskeySignIn(input: $input) { user { id } } }',
    { challenge, credential: {} },
  ],
  completePasskeyEnrolment: (challenge) => [
    'mutation ($input: PasskeyEnrolmentInput!) { completePasskeyEnrolment(input: $input) { id } }',
    { challenge, credential: {} },
  ],
}

const secrets = ['token', 'challenge', 'invitation', 'refreshToken']
function takesSecret(type: GraphQLInputType): boolean {
  const named = getNamedType(type)
  return isInputObjectType(named) && Object.keys(named.getFields()).some((name) => secrets.includes(name))
}

describe('A thief of a password', () => {
  test('gets a challenge, which opens nothing but its other half', async () => {
    const ada = await flows.enrolled()
    const challenge = await flows.challenge(ada)
    const eve = await signUp(server.ask)
    const answers: Record<string, unknown> = {}
    for (const [name, request] of Object.entries(takers)) {
      const [mutation, input] = request(challenge)
      const token = ['completeStepUp', 'completePasskeyEnrolment'].includes(name) ? { token: eve.accessToken } : {}
      const answer = await server.ask(mutation, { ...token, variables: { input } })
      answers[name] = reasonOf(answer)
    }
    expect(answers).toEqual({
      ...Object.fromEntries(Object.keys(takers).map((name) => [name, 'ONE_TIME_TOKEN_REJECTED'])),
      refreshSession: 'REFRESH_REJECTED',
      signOut: 'REFRESH_REJECTED',
      completeSecondFactor: 'FACTOR_REJECTED',
    })
    expect((await me(challenge)).status).toBe(401)
    for (const cookie of ['access', 'refresh']) {
      const answer = await server.ask('{ me { id } }', { cookies: { [`__Host-portcullis-${cookie}`]: challenge } })
      expect(answer.data?.me ?? null).toBeNull()
    }
    // Nothing has ended by it, either.
    expect((await me(ada.accessToken)).data.me.id).toBe(ada.userId)
    expect((await flows.complete({ challenge, totp: codeOf(ada.secret) })).errors).toEqual([])
  })

  test('was tried at every operation that takes such a thing', () => {
    const mutations = Object.values(bareSchema(loadTypeDefs()).getMutationType()?.getFields() ?? {})
    const taking = mutations.filter(({ args }) =>
      args.some(({ name, type }) => secrets.includes(name) || takesSecret(type)),
    )
    expect(taking.map(({ name }) => name).sort()).toEqual(Object.keys(takers).sort())
  })

  test('does not complete the sign-in of the victim by what is their own', async () => {
    const [ada, eve] = [await flows.enrolled(), await flows.enrolled()]
    const [theirs, own] = [await flows.challenge(ada), await flows.challenge(eve)]
    expect(reasonOf(await flows.complete({ challenge: theirs, totp: codeOf(eve.secret) }))).toBe('FACTOR_REJECTED')
    const foreignCode = { challenge: theirs, recoveryCode: eve.recoveryCodes[0] ?? '' }
    expect(reasonOf(await flows.complete(foreignCode))).toBe('FACTOR_REJECTED')
    // Signed in is whose challenge it is, and nobody else: the code of the victim is none of the thief's.
    expect(reasonOf(await flows.complete({ challenge: own, totp: codeOf(ada.secret) }))).toBe('FACTOR_REJECTED')
    const { data } = await flows.complete({ challenge: own, totp: codeOf(eve.secret) })
    expect(data.completeSecondFactor.user.id).toBe(eve.userId)
  })

  test('does not finish by the step-up of a session what the sign-in asked for, nor the other way round', async () => {
    const ada = await flows.enrolled()
    const { challenge } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    expect(reasonOf(await flows.complete({ challenge, totp: codeOf(ada.secret) }))).toBe('ONE_TIME_TOKEN_REJECTED')
    const half = await flows.challenge(ada)
    const stepUp = await flows.completeStepUp(ada.accessToken, { challenge: half, totp: codeOf(ada.secret) })
    expect(reasonOf(stepUp)).toBe('ONE_TIME_TOKEN_REJECTED')
  })
})
