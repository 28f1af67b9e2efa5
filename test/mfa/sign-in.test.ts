import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { digestOf } from '../../src/kernel/digest.js'
import { goodPassword, signIn, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type Answer, type TestPortcullis } from '../support/portcullis.js'
import { claimOf, codeOf, factorFlows, type EnrolledPerson } from './factors.js'

let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
beforeAll(async () => {
  server = await startTestPortcullis()
  flows = factorFlows(server)
})
afterAll(() => server.close())

const done = (answers: readonly Answer[]) => answers.filter(({ errors }) => errors.length === 0)
const me = (token: string) => server.ask('{ me { id } }', { token })

/** One of a sign-in, and others like it: fifty passwords would take their time. */
async function challenges(person: EnrolledPerson, count: number): Promise<string[]> {
  const [first, documents] = [await flows.challenge(person), server.app.database.connection.collection('oneTimeTokens')]
  const found = await documents.findOne({ _id: digestOf(first) as never })
  const more = Array.from({ length: count - 1 }, () => `${randomBytes(31).toString('base64url')}A`)
  await documents.insertMany(more.map((challenge) => ({ ...found, _id: digestOf(challenge) as never })))
  return [first, ...more]
}

describe('Whoever has an authenticator app', () => {
  test('is signed in by password and code, and the session says so', async () => {
    const ada = await flows.enrolled()
    const { data } = await flows.signIn(ada)
    expect(data.signIn).toMatchObject({ __typename: 'SecondFactorRequired', methods: ['TOTP', 'RECOVERY_CODE'] })
    const challenge: string = data.signIn.challenge
    const inMs = new Date(data.signIn.expiresAt).getTime() - Date.now()
    expect([inMs > 290_000, inMs <= 300_000]).toEqual([true, true])
    const { data: completed, errors } = await flows.complete({ challenge, totp: codeOf(ada.secret) })
    expect(errors).toEqual([])
    const { session, tokens, user } = completed.completeSecondFactor
    expect([user.id, session.assurance]).toEqual([ada.userId, 'AAL2'])
    expect(claimOf(tokens.accessToken, 'acr')).toBe('aal2')
    expect((await me(tokens.accessToken)).data.me.id).toBe(ada.userId)
  })

  test('is signed in by nothing less: the challenge is no token, of no kind', async () => {
    const ada = await flows.enrolled()
    const challenge = await flows.challenge(ada)
    expect((await me(challenge)).status).toBe(401)
    const refreshed = await server.ask(
      'mutation ($token: String) { refreshSession(input: { refreshToken: $token }) { user { id } } }',
      { variables: { token: challenge } },
    )
    expect(reasonOf(refreshed)).toBe('REFRESH_REJECTED')
    const reset = await server.ask('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', {
      variables: { input: { token: challenge, newPassword: 'velvet cactus moon' } },
    })
    expect(reasonOf(reset)).toBe('ONE_TIME_TOKEN_REJECTED')
    const raised = await flows.completeStepUp(ada.accessToken, { challenge, totp: codeOf(ada.secret) })
    expect(reasonOf(raised)).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('is not signed in by the challenge of a step-up', async () => {
    const ada = await flows.enrolled()
    const { challenge } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    const answer = await flows.complete({ challenge, totp: codeOf(ada.secret) })
    expect(reasonOf(answer)).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('may mistype a code: the challenge stays good', async () => {
    const ada = await flows.enrolled()
    const challenge = await flows.challenge(ada)
    expect(reasonOf(await flows.complete({ challenge, totp: '000000' }))).toBe('FACTOR_REJECTED')
    expect(done([await flows.complete({ challenge, totp: codeOf(ada.secret) })])).toHaveLength(1)
  })

  test('uses each code once, also for another challenge, and an older one not after a newer one', async () => {
    const ada = await flows.enrolled()
    const [one, other, third] = [await flows.challenge(ada), await flows.challenge(ada), await flows.challenge(ada)]
    const [newer, older] = [codeOf(ada.secret, 1), codeOf(ada.secret, 0)]
    expect(done([await flows.complete({ challenge: one, totp: newer })])).toHaveLength(1)
    expect(reasonOf(await flows.complete({ challenge: other, totp: newer }))).toBe('FACTOR_REJECTED')
    expect(reasonOf(await flows.complete({ challenge: third, totp: older }))).toBe('FACTOR_REJECTED')
  })

  test('of fifty who give the same code for as many challenges, one is signed in', async () => {
    const ada = await flows.enrolled()
    const many = await challenges(ada, 50)
    const totp = codeOf(ada.secret)
    const answers = await Promise.all(many.map((challenge) => flows.complete({ challenge, totp })))
    expect(done(answers)).toHaveLength(1)
    // Whoever was later may have phished it: the trail has each.
    await server.app.background.drained()
    const events = server.app.database.connection.collection('auditEvents')
    const refused = answers.filter((answer) => reasonOf(answer) === 'FACTOR_REJECTED')
    expect(refused.length).toBeGreaterThan(40)
    expect(await events.countDocuments({ name: 'second-factor.refused', subjectId: ada.userId })).toBe(refused.length)
  })

  test('of fifty who give other proofs for one challenge, one is signed in, and the others keep their codes', async () => {
    const ada = await flows.enrolled()
    const challenge = await flows.challenge(ada)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        flows.complete({ challenge, recoveryCode: ada.recoveryCodes[index % 10] ?? '' }),
      ),
    )
    expect(done(answers)).toHaveLength(1)
    const left = (await flows.authenticators(ada.accessToken)).find(({ kind }) => kind === 'RECOVERY_CODE')
    expect(left).toMatchObject({ remaining: 9 })
    expect(reasonOf(await flows.complete({ challenge, totp: codeOf(ada.secret) }))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('without the phone a recovery code does, once, in whatever spelling', async () => {
    const ada = await flows.enrolled()
    const [code = ''] = ada.recoveryCodes
    const recoveryCode = ` ${code.toUpperCase().replaceAll('-', ' ')}`
    expect(done([await flows.complete({ challenge: await flows.challenge(ada), recoveryCode })])).toHaveLength(1)
    const again = await flows.complete({ challenge: await flows.challenge(ada), recoveryCode: code })
    expect(reasonOf(again)).toBe('FACTOR_REJECTED')
    const left = (await flows.authenticators(ada.accessToken)).find(({ kind }) => kind === 'RECOVERY_CODE')
    expect(left).toMatchObject({ remaining: 9 })
  })

  test('of fifty who give the same recovery code for as many challenges, one is signed in', async () => {
    const ada = await flows.enrolled()
    const many = await challenges(ada, 50)
    const [recoveryCode = ''] = ada.recoveryCodes
    const answers = await Promise.all(many.map((challenge) => flows.complete({ challenge, recoveryCode })))
    expect(done(answers)).toHaveLength(1)
  })

  test('is not known by the code of somebody else', async () => {
    const [ada, eve] = [await flows.enrolled(), await flows.enrolled()]
    const challenge = await flows.challenge(ada)
    expect(reasonOf(await flows.complete({ challenge, totp: codeOf(eve.secret) }))).toBe('FACTOR_REJECTED')
    const foreign = { challenge, recoveryCode: eve.recoveryCodes[0] ?? '' }
    expect(reasonOf(await flows.complete(foreign))).toBe('FACTOR_REJECTED')
  })

  test('is not asked where the password is wrong: a stranger does not learn of the app', async () => {
    const ada = await flows.enrolled()
    expect(reasonOf(await flows.signIn({ email: ada.email, password: 'wrong wrong wrong' }))).toBe(
      'CREDENTIALS_REJECTED',
    )
  })

  test('gives exactly one proof', async () => {
    const ada = await flows.enrolled()
    const challenge = await flows.challenge(ada)
    for (const proofs of [{}, { totp: codeOf(ada.secret), recoveryCode: ada.recoveryCodes[0] ?? '' }]) {
      const { errors } = await flows.complete({ challenge, ...proofs })
      expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT')
    }
    expect(done([await flows.complete({ challenge, totp: codeOf(ada.secret) })])).toHaveLength(1)
  })

  test('finds a challenge void that is older than a change of the account', async () => {
    const ada = await flows.enrolled()
    const challenge = await flows.challenge(ada)
    const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'
    const input = { currentPassword: goodPassword, newPassword: 'velvet cactus moon' }
    const token = await flows.raised(ada)
    expect(done([await server.ask(change, { token, variables: { input } })])).toHaveLength(1)
    const late = await flows.complete({ challenge, totp: codeOf(ada.secret) })
    expect(reasonOf(late)).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('is stopped after five wrong codes, whatever they are codes of, and by a new challenge not let on', async () => {
    const strict = await startTestPortcullis({ RATE_LIMITS: JSON.stringify({ accountFailures: 5 }) })
    try {
      const own = factorFlows(strict)
      const ada = await own.enrolled(await signUp(strict.ask))
      const wrong = async (index: number) => {
        const challenge = await own.challenge(ada)
        const proof = index % 2 === 0 ? { totp: '000000' } : { recoveryCode: 'aaaa-aaaa-aaaa-aaaa' }
        return reasonOf(await own.complete({ challenge, ...proof }))
      }
      const reasons: unknown[] = []
      for (let index = 0; index < 6; index += 1) reasons.push(await wrong(index))
      expect(reasons.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'FACTOR_REJECTED'))
      expect(reasons.at(-1)).toBe('RATE_LIMITED')
      // The password is another matter: whoever is stopped here can still get a new one.
      expect((await own.signIn(ada)).data.signIn.__typename).toBe('SecondFactorRequired')
    } finally {
      await strict.close()
    }
  })

  test('is told of wrong codes by the trail', async () => {
    const ada = await flows.enrolled()
    await flows.complete({ challenge: await flows.challenge(ada), totp: '000000' })
    await server.app.background.drained()
    const events = server.app.database.connection.collection('auditEvents')
    const event = await events.findOne({ name: 'second-factor.refused', subjectId: ada.userId })
    expect(event).toMatchObject({ actorId: null, outcome: 'refused', facts: { kind: 'totp' } })
  })
})

test('Whoever has none is signed in by the password alone', async () => {
  const ada = await signUp(server.ask)
  expect((await signIn(server.ask, ada)).userId).toBe(ada.userId)
})

test('Proving an address by its mail signs nobody in who has a second factor', async () => {
  const ada = await flows.enrolled()
  const { app } = server
  // The token of a mail is nowhere but in the mail: here one is put beside it.
  const { securityVersion } = (await app.users.find(ada.userId)) ?? { securityVersion: 0 }
  const [token, tokens] = [`${'b'.repeat(42)}A`, app.database.connection.collection<{ _id: string }>('oneTimeTokens')]
  const times = { createdAt: new Date(), expiresAt: new Date(Date.now() + 60_000) }
  const kept = { purpose: 'verification', subject: ada.userId, securityVersion, payload: {} }
  await tokens.insertOne({ _id: digestOf(token), ...kept, ...times })
  const verify = 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { user { id } } }'
  const answer = await server.ask(verify, { variables: { input: { token, password: goodPassword } } })
  expect(reasonOf(answer)).toBe('SECOND_FACTOR_MISSING')
  expect((await app.users.find(ada.userId))?.emailVerified).toBe(true)
})
