import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { FactorRejected } from '../../src/mfa/service.js'
import { createFactorCheck } from '../../src/sign-in/factor-check.js'
import { mailFlows } from '../support/accounts.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword, signIn, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { codeOf, factorFlows, type EnrolledPerson } from './factors.js'

const newPassword = 'velvet cactus moon'
const attacked = /trying codes/
const voided = /does not work any more/

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
let mails: ReturnType<typeof mailFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
  flows = factorFlows(server)
  mails = mailFlows(server.ask, mailbox)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const documents = (name: string) => server.app.database.connection.collection(name)
const events = (name: string, { userId }: EnrolledPerson) => documents('auditEvents').find({ name, subjectId: userId })
const rowOf = ({ userId }: EnrolledPerson) => documents('rateLimits').findOne({ key: `row:second-factor:${userId}` })
const mailsTo = ({ email }: EnrolledPerson, subject: RegExp) =>
  mailbox.to(email).filter((mail) => subject.test(mail.subject))

async function settled(): Promise<void> {
  await server.app.background.drained()
  await server.app.mail.deliver()
}

/** Somebody whose address is proven, with an app. */
async function enrolled(): Promise<EnrolledPerson> {
  const ada = await flows.enrolled()
  await server.app.database.transact((tx) => server.app.users.markEmailVerified(tx, ada.userId))
  return ada
}

const wrong = (challenge: string) => flows.complete({ challenge, totp: '000000' })
async function wrongTimes(count: number, challenge: string): Promise<unknown[]> {
  const reasons: unknown[] = []
  for (let index = 0; index < count; index += 1) reasons.push(reasonOf(await wrong(challenge)))
  return reasons
}

/** As if so many codes had been refused already, without the time that these take. */
async function refusedBefore(ada: EnrolledPerson, count: number): Promise<void> {
  await wrongTimes(1, await flows.challenge(ada))
  await documents('rateLimits').updateOne({ key: `row:second-factor:${ada.userId}` }, { $set: { points: count } })
}

test('A right password that ends in a challenge is in the trail', async () => {
  const ada = await enrolled()
  await flows.challenge(ada)
  await settled()
  expect(await events('second-factor.asked', ada).toArray()).toMatchObject([{ actorId: null, outcome: 'success' }])
})

describe('At the fifth wrong code in a row', () => {
  test('the person is told, once, whatever they are codes of and wherever they are given', async () => {
    const ada = await enrolled()
    const challenge = await flows.challenge(ada)
    await wrongTimes(2, challenge)
    await flows.complete({ challenge, recoveryCode: 'aaaa-aaaa-aaaa-aaaa' })
    const { challenge: own } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    await flows.completeStepUp(ada.accessToken, { challenge: own, totp: '000000' })
    await settled()
    expect(mailsTo(ada, attacked)).toEqual([])
    await wrongTimes(3, challenge)
    await settled()
    expect(mailsTo(ada, attacked)).toHaveLength(1)
    expect(await events('second-factor.refused', ada).toArray()).toHaveLength(6)
    expect(await events('second-factor.attacked', ada).toArray()).toHaveLength(1)
  })

  test('of many at once one mail comes of it', async () => {
    const ada = await enrolled()
    const challenge = await flows.challenge(ada)
    await Promise.all(Array.from({ length: 9 }, () => wrong(challenge)))
    await settled()
    expect(mailsTo(ada, attacked)).toHaveLength(1)
  })

  test('the mail has a link to a new password', async () => {
    const ada = await enrolled()
    await wrongTimes(5, await flows.challenge(ada))
    await settled()
    const token = tokenIn(await mailbox.mailTo(ada.email, { subject: attacked }))
    expect((await mails.reset({ token, newPassword })).errors).toEqual([])
  })

  test('a right one before begins another row, of which the person is told anew', async () => {
    const ada = await enrolled()
    await wrongTimes(4, await flows.challenge(ada))
    expect((await flows.complete({ challenge: await flows.challenge(ada), totp: codeOf(ada.secret) })).errors).toEqual(
      [],
    )
    await wrongTimes(4, await flows.challenge(ada))
    await settled()
    expect(mailsTo(ada, attacked)).toEqual([])
    await wrongTimes(1, await flows.challenge(ada))
    await settled()
    expect(mailsTo(ada, attacked)).toHaveLength(1)
  })
})

describe('After a hundred wrong codes in a row', () => {
  test('the password and its challenges are void, a session goes on, and a new password sets all right', async () => {
    const ada = await enrolled()
    const [challenge, other] = [await flows.challenge(ada), await flows.challenge(ada)]
    const reasons = await wrongTimes(100, challenge)
    expect(new Set(reasons)).toEqual(new Set(['FACTOR_REJECTED']))
    expect(reasonOf(await flows.signIn(ada))).toBe('CREDENTIALS_REJECTED')
    const late = await flows.complete({ challenge: other, totp: codeOf(ada.secret) })
    expect(reasonOf(late)).toBe('ONE_TIME_TOKEN_REJECTED')
    expect((await server.ask('{ me { id } }', { token: ada.accessToken })).data.me.id).toBe(ada.userId)
    // Not by a token either: otherwise a thief of one would go on there.
    const { challenge: own } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
    const stepUp = await flows.completeStepUp(ada.accessToken, { challenge: own, totp: codeOf(ada.secret) })
    expect(reasonOf(stepUp)).toBe('CODES_EXHAUSTED')

    await settled()
    expect(await events('password.voided', ada).toArray()).toHaveLength(1)
    const token = tokenIn(await mailbox.mailTo(ada.email, { subject: voided }))
    expect((await mails.reset({ token, newPassword })).errors).toEqual([])
    const again = await flows.challenge(ada, newPassword)
    expect((await flows.complete({ challenge: again, totp: codeOf(ada.secret) })).errors).toEqual([])
  })

  test('of many at once none is looked at any more, and the password is voided once', async () => {
    const ada = await enrolled()
    await refusedBefore(ada, 98)
    const challenge = await flows.challenge(ada)
    const answers = await Promise.all(Array.from({ length: 30 }, () => wrong(challenge)))
    const reasons = answers.map(reasonOf)
    expect(reasons.filter((reason) => reason === 'FACTOR_REJECTED')).toHaveLength(2)
    await settled()
    expect(await events('password.voided', ada).toArray()).toHaveLength(1)
    expect(mailsTo(ada, voided)).toHaveLength(1)
  })

  test('the next one does what the hundredth should have, had its instance not died', async () => {
    const ada = await enrolled()
    await refusedBefore(ada, 100)
    const challenge = await flows.challenge(ada)
    expect(reasonOf(await flows.complete({ challenge, totp: codeOf(ada.secret) }))).toBe('CODES_EXHAUSTED')
    expect(reasonOf(await flows.signIn(ada))).toBe('CREDENTIALS_REJECTED')
  })

  test('a password that is chosen while the hundredth is looked at is not voided', async () => {
    const { app } = server
    const ada = await enrolled()
    await refusedBefore(ada, 99)
    const token = await mails.resetToken(ada.email)
    const user = await app.users.find(ada.userId)
    if (user === null) throw new Error('Ada is gone')
    const check = createFactorCheck({
      ...app,
      transact: app.database.transact,
      mfa: {
        verifyPasskey: app.mfa.verifyPasskey,
        async verifyCode(userId, proof) {
          expect((await mails.reset({ token, newPassword })).errors).toEqual([])
          return app.mfa.verifyCode(userId, proof)
        },
      },
      // The reset has voided them all.
      oneTimeTokens: { forget: async () => undefined },
    })
    const refusal = { name: 'second-factor.refused', actorId: null, facts: {} } as const
    const attempt = check({
      user,
      proof: { kind: 'totp', code: '000000' },
      challenge: '',
      from: { account: '', ip: null },
      refusal,
    })
    await expect(attempt).rejects.toThrow(FactorRejected)
    expect(await flows.challenge(ada, newPassword)).toEqual(expect.any(String))
  })
})

describe('A row of wrong codes', () => {
  const paceOf = ({ userId }: EnrolledPerson) =>
    documents('rateLimits').findOne({ key: `account:second-factor:${userId}` })

  test('ends with a new password, and the pauses do not: a mailbox is no way around them', async () => {
    const ada = await enrolled()
    await wrongTimes(6, await flows.challenge(ada))
    const token = tokenIn(await mailbox.mailTo(ada.email, { subject: attacked }))
    expect((await mails.reset({ token, newPassword })).errors).toEqual([])
    expect([await rowOf(ada), await paceOf(ada)]).toMatchObject([null, { points: 6 }])
  })

  test('ends with a password that is changed', async () => {
    const ada = await enrolled()
    const token = await flows.raised(ada)
    await refusedBefore(ada, 99)
    const change = await server.ask('mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }', {
      token,
      variables: { input: { currentPassword: goodPassword, newPassword } },
    })
    expect(change.errors).toEqual([])
    expect(await rowOf(ada)).toBeNull()
  })

  test('ends with the first factor of another set', async () => {
    const ada = await enrolled()
    await refusedBefore(ada, 99)
    await server.app.factorReset.reset(ada.email)
    await flows.enrolled({ ...ada, ...(await signIn(server.ask, ada)) })
    expect(await rowOf(ada)).toBeNull()
  })

  test('is told of again while it goes on', async () => {
    const ada = await enrolled()
    const challenge = await flows.challenge(ada)
    await refusedBefore(ada, 8)
    await wrongTimes(3, challenge)
    await documents('rateLimits').updateOne({ key: `row:second-factor:${ada.userId}` }, { $set: { points: 18 } })
    await wrongTimes(3, challenge)
    await settled()
    expect(await events('second-factor.attacked', ada).toArray()).toHaveLength(2)
  })
})

test('Whoever has no second factor gives no wrong code of one: the password is not voided by it', async () => {
  const ada = await signUp(server.ask)
  const { challenge } = (await flows.beginStepUp(ada.accessToken)).data.beginStepUp
  const answer = await flows.completeStepUp(ada.accessToken, { challenge, totp: '000000' })
  expect(reasonOf(answer)).toBe('BAD_USER_INPUT')
  expect(await documents('rateLimits').findOne({ key: `row:second-factor:${ada.userId}` })).toBeNull()
  expect((await flows.completeStepUp(ada.accessToken, { challenge, password: goodPassword })).errors).toEqual([])
})

test('Whoever does not know the password counts nothing', async () => {
  const ada = await enrolled()
  for (let index = 0; index < 10; index += 1) {
    await flows.signIn({ email: ada.email, password: 'wrong wrong wrong' })
    await wrong('A'.repeat(43))
  }
  expect(await rowOf(ada)).toBeNull()
})
