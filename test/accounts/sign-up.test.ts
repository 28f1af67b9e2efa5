import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { digestOf } from '../../src/kernel/digest.js'
import { mailFlows } from '../support/accounts.js'
import { eventually } from '../support/eventually.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword, newEmail, signIn, signInMutation } from '../support/people.js'
import { cookiesOf, reasonOf, startTestPortcullis, type Answer, type TestPortcullis } from '../support/portcullis.js'

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof mailFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  // The throttle of proofs as it is in production; nothing else is counted.
  const often = 100_000
  const limits = { networkFailures: often, signUpsPerNetwork: often, mailRequestsPerNetwork: often }
  const RATE_LIMITS = JSON.stringify(limits)
  server = await startTestPortcullis({ SIGN_UP: 'verified', MAIL_URL: mailbox.url, RATE_LIMITS })
  flows = mailFlows(server.ask, mailbox)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const collection = (name: string) => server.app.database.connection.collection<{ _id: string; name?: string }>(name)

/** Accounts with this password whose address nobody has proven, as an import leaves them. */
async function unproven(count: number) {
  const account = () => ({ email: newEmail(), password: goodPassword, roles: ['member'] })
  const made = await server.app.accounts.provision(Array.from({ length: count }, account))
  for (const { id } of made) await collection('users').updateOne({ _id: id }, { $set: { emailVerified: false } })
  return made
}

describe('Signing up with a proven address', () => {
  test('a mail comes, and its token makes the account and signs in', async () => {
    const email = newEmail()
    const announced = await flows.signUp({ email, password: goodPassword, displayName: 'Ada' })
    expect(announced.data).toEqual({ signUp: { __typename: 'VerificationSent', email } })
    expect(await collection('users').countDocuments({ email })).toBe(0)
    const mail = await mailbox.mailTo(email)
    expect(mail).toMatchObject({ subject: 'Confirm your address', from: '"Portcullis" <portcullis@localhost>' })
    expect(mail.html).toContain(
      `href="${mail.text
        .match(/http\S+/)?.[0]
        .replaceAll('/', '&#x2F;')
        .replaceAll('=', '&#x3D;')}"`,
    )
    const { data, errors } = await flows.verify({ token: tokenIn(mail), password: goodPassword })
    expect(errors).toEqual([])
    expect(data.verifyEmail.user).toMatchObject({ email, emailVerified: true, displayName: 'Ada' })
    const me = await server.ask('{ me { emailVerified roles } }', { token: data.verifyEmail.tokens.accessToken })
    expect(me.data).toEqual({ me: { emailVerified: true, roles: ['member'] } })
    await signIn(server.ask, { email, password: goodPassword })
    const trail = await collection('auditEvents').find({ subjectId: data.verifyEmail.user.id }).toArray()
    expect(trail.map(({ name }) => String(name))).toEqual(
      expect.arrayContaining(['user.signed-up', 'user.email-verified', 'session.started']),
    )
  })

  test('a known and an unknown address get the same answer for the same work; only the mails differ', async () => {
    const known = await flows.person()
    const unknown = newEmail()
    const answers = []
    for (const email of [known.email, unknown]) {
      const { hashed, decoyed } = server.app.hasher.stats
      const answer = await flows.signUp({ email, password: goodPassword })
      const body = answer.text.replaceAll(email, 'the address')
      answers.push({
        body,
        hashed: server.app.hasher.stats.hashed - hashed,
        decoyed: server.app.hasher.stats.decoyed - decoyed,
      })
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]).toMatchObject({ hashed: 1, decoyed: 0 })
    expect((await mailbox.mailTo(known.email, { count: 2 })).subject).toBe('You have an account already')
    expect((await mailbox.mailTo(unknown)).subject).toBe('Confirm your address')
  })

  test('what strangers ask for with an address, in vain or not, leaves its owner the reset of the password', async () => {
    const ada = await flows.person()
    for (let times = 0; times < 6; times += 1) await flows.resend({ email: ada.email })
    for (let times = 0; times < 6; times += 1) await flows.signUp({ email: ada.email, password: goodPassword })
    await flows.resetToken(ada.email)
  })

  test('somebody who signs up with a foreign address cannot be confirmed by its owner unknowingly', async () => {
    const email = newEmail()
    const token = await flows.signUpToken(email, 'the password of a stranger')
    expect(reasonOf(await flows.verify({ token, password: goodPassword }))).toBe('CREDENTIALS_REJECTED')
    expect(await collection('users').countDocuments({ email })).toBe(0)
    // The owner signs up as well; the stranger's link and the owner's are two, and each needs its own password.
    const own = await flows.signUpToken(email, goodPassword)
    expect(reasonOf(await flows.verify({ token: own, password: 'the password of a stranger' }))).toBe(
      'CREDENTIALS_REJECTED',
    )
    expect((await flows.verify({ token: own, password: goodPassword })).errors).toEqual([])
    expect(reasonOf(await flows.verify({ token, password: 'the password of a stranger' }))).toBe(
      'ONE_TIME_TOKEN_REJECTED',
    )
  })

  test('a wrong password spends nothing', async () => {
    const token = await flows.signUpToken()
    expect(reasonOf(await flows.verify({ token, password: 'not the one I chose' }))).toBe('CREDENTIALS_REJECTED')
    expect((await flows.verify({ token, password: goodPassword })).errors).toEqual([])
  })

  test('a token that is spent, expired, cut, spelled otherwise, made up or of another purpose is refused alike', async () => {
    const person = await flows.person()
    const spent = await flows.signUpToken()
    await flows.verify({ token: spent, password: goodPassword })
    const expired = await flows.signUpToken()
    await collection('oneTimeTokens').updateOne(
      { _id: digestOf(expired) },
      { $set: { expiresAt: new Date(Date.now() - 1) } },
    )
    const good = await flows.signUpToken()
    const tokens = {
      spent,
      expired,
      cut: good.slice(0, -1),
      padded: `${good}=`,
      spelledOtherwise: good.slice(0, -1) + otherSpelling(good),
      madeUp: 'A'.repeat(43),
      empty: '',
      long: 'A'.repeat(10_000),
      foreign: await flows.resetToken(person.email),
    }
    const { hashed } = server.app.hasher.stats
    const answers = await Promise.all(
      Object.values(tokens).map((token) => flows.verify({ token, password: goodPassword })),
    )
    expect(answers.map(reasonOf)).toEqual(answers.map(() => 'ONE_TIME_TOKEN_REJECTED'))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(server.app.hasher.stats.hashed).toBe(hashed)
    expect((await flows.verify({ token: good, password: goodPassword })).errors).toEqual([])
  })

  test('of fifty redemptions of one token at once exactly one succeeds', async () => {
    const email = newEmail()
    const token = await flows.signUpToken(email)
    const answers = await Promise.all(Array.from({ length: 50 }, () => flows.verify({ token, password: goodPassword })))
    expect(winnersOf(answers)).toBeLessThanOrEqual(1)
    // On a machine that is too slow for such a storm everybody may be told to try again.
    if (winnersOf(answers) === 0) {
      await eventually(async () => {
        await flows.verify({ token, password: goodPassword })
        expect(await collection('users').countDocuments({ email })).toBe(1)
      })
    }
    const users = await collection('users').find({ email }).toArray()
    expect(users).toHaveLength(1)
    expect(await collection('sessions').countDocuments({ userId: String(users[0]?._id) })).toBe(1)
  })

  test('of several sign-ups of one address, confirmed at once, one makes the account', async () => {
    const email = newEmail()
    const tokens = [await flows.signUpToken(email), await flows.signUpToken(email), await flows.signUpToken(email)]
    const answers = await Promise.all(tokens.map((token) => flows.verify({ token, password: goodPassword })))
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    expect(await collection('users').countDocuments({ email })).toBe(1)
    expect(await collection('oneTimeTokens').countDocuments({ 'payload.email': email })).toBe(0)
  })

  test('an address can get five mails an hour that strangers ask for, and the answers do not say so', async () => {
    const email = newEmail()
    const answers = []
    for (let index = 0; index < 8; index += 1) answers.push(await flows.signUp({ email, password: goodPassword }))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    await mailbox.mailTo(email, { count: 5 })
    await server.app.mail.deliver()
    expect(mailbox.to(email)).toHaveLength(5)
    expect(await collection('outbox').countDocuments({ 'message.email': email })).toBe(0)
  })

  test('the tokens can go into cookies', async () => {
    const token = await flows.signUpToken()
    const input = { token, password: goodPassword, delivery: 'COOKIE' }
    expect(reasonOf(await flows.verify(input))).toBe('ORIGIN_REJECTED')
    const answer = await flows.verify(input, { browser: true })
    expect(answer.data.verifyEmail.tokens).toBeNull()
    expect(Object.keys(cookiesOf(answer)).length).toBeGreaterThan(0)
  })

  test('a mail speaks the language that the browser asked for, and the account keeps it', async () => {
    const email = newEmail()
    await flows.signUp(
      { email, password: goodPassword },
      { headers: { 'accept-language': 'en;q=0.5, de-AT, <b>;q=0.9' } },
    )
    const mail = await mailbox.mailTo(email)
    expect(mail.subject).toBe('Bestätigen Sie Ihre Adresse')
    expect(mail.html).toContain('<html lang="de">')
    await flows.verify({ token: tokenIn(mail), password: goodPassword })
    expect(await collection('users').findOne({ email })).toMatchObject({ language: 'de-AT' })
  })

  test('whoever has an unproven account is sent the mail again; nobody else is, and the answers are the same', async () => {
    const [user] = await unproven(1)
    const verified = await flows.person()
    const pending = newEmail()
    await flows.signUpToken(pending)
    const answers = []
    for (const email of [user?.email ?? '', verified.email, pending, newEmail()])
      answers.push(await flows.resend({ email }))
    expect(answers.map(({ data }) => data)).toEqual(answers.map(() => ({ resendVerification: true })))
    await mailbox.mailTo(pending, { count: 2 })
    const token = tokenIn(await mailbox.mailTo(user?.email ?? ''))
    await server.app.mail.deliver()
    expect(mailbox.to(verified.email)).toHaveLength(1)
    expect(reasonOf(await flows.verify({ token, password: 'not the one I chose' }))).toBe('CREDENTIALS_REJECTED')
    const answer = await flows.verify({ token, password: goodPassword })
    expect(answer.data.verifyEmail.user).toMatchObject({ id: user?.id, emailVerified: true })
    expect(reasonOf(await flows.verify({ token, password: goodPassword }))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('of twenty proofs of one account at once one succeeds, and its other sessions see it at once', async () => {
    const [made] = await unproven(1)
    const account = { email: made?.email ?? '', password: goodPassword }
    const before = await signIn(server.ask, account)
    const seen = () => server.ask('{ me { emailVerified } }', { token: before.accessToken })
    expect((await seen()).data).toEqual({ me: { emailVerified: false } })
    await flows.resend({ email: account.email })
    const token = tokenIn(await mailbox.mailTo(account.email, { subject: /Confirm/ }))
    const answers = await Promise.all(Array.from({ length: 20 }, () => flows.verify({ token, password: goodPassword })))
    expect((await seen()).data).toEqual({ me: { emailVerified: true } })
    expect(winnersOf(answers)).toBe(1)
    expect(await collection('sessions').countDocuments({ userId: before.userId })).toBe(2)
  })

  test('a link to verify an account is void after a change of security, and for a suspended account', async () => {
    const made = await unproven(2)
    const tokens: string[] = []
    for (const { email } of made) {
      await flows.resend({ email })
      tokens.push(tokenIn(await mailbox.mailTo(email)))
    }
    await collection('users').updateOne({ _id: made[0]?.id ?? '' }, { $set: { securityVersion: 2 } })
    await collection('users').updateOne({ _id: made[1]?.id ?? '' }, { $set: { status: 'suspended' } })
    const answers = await Promise.all(tokens.map((token) => flows.verify({ token, password: goodPassword })))
    expect(answers.map(reasonOf)).toEqual(['ONE_TIME_TOKEN_REJECTED', 'ONE_TIME_TOKEN_REJECTED'])
  })

  test('nothing that would be of use is in the log or in the database', async () => {
    const email = newEmail()
    const password = 'a password that nobody has'
    const token = await flows.signUpToken(email, password)
    expect(JSON.stringify(await collection('oneTimeTokens').find({}).toArray())).not.toContain(password)
    await flows.verify({ token, password })
    const everything = await Promise.all(
      (await server.app.database.connection.listCollections()).map(async ({ name }) =>
        JSON.stringify(await collection(name).find({}).toArray()),
      ),
    )
    expect(everything.join('')).not.toContain(token)
    expect(everything.join('')).not.toContain(password)
    for (const secret of [token, password, email]) expect(server.logged()).not.toContain(secret)
  })

  test.each(['victim@example.com\r\nBcc: other@example.com', 'a@example.com, b@example.com', '"a b"@example.com'])(
    'an address that is more than one is none: %j',
    async (email) => {
      const count = mailbox.mails.length
      const answers = [
        await flows.signUp({ email, password: goodPassword }),
        await flows.resend({ email }),
        await flows.requestReset({ email }),
      ]
      expect(answers.map(({ errors }) => errors[0]?.extensions.code)).toEqual(answers.map(() => 'BAD_USER_INPUT'))
      expect(mailbox.mails).toHaveLength(count)
    },
  )

  test('what a stranger writes into the sign-up is in no mail', async () => {
    const email = newEmail()
    const displayName = 'Visit http://evil.example today'
    const headers = { 'user-agent': 'Visit http://evil.example today/1.0 x' }
    await flows.signUp({ email, password: goodPassword, displayName }, { headers })
    const { text, html, subject } = await mailbox.mailTo(email)
    expect(text + html + subject).not.toContain('evil')
  })

  test('links lead to PUBLIC_URL, whatever Host a request names', async () => {
    const email = newEmail()
    await flows.signUp({ email, password: goodPassword }, { headers: { 'x-forwarded-host': 'evil.example' } })
    expect((await mailbox.mailTo(email)).text).toContain('http://portcullis.test/verify-email#token=')
  })

  test('says in its options that addresses are proven, and nobody signs in before', async () => {
    const email = newEmail()
    await flows.signUpToken(email)
    const options = await server.ask('{ signInOptions { signUp } }')
    expect(options.data).toEqual({ signInOptions: { signUp: 'VERIFIED' } })
    const variables = { input: { email, password: goodPassword } }
    expect(reasonOf(await server.ask(signInMutation, { variables }))).toBe('CREDENTIALS_REJECTED')
  })
})

const mayLose = new Set(['ONE_TIME_TOKEN_REJECTED', 'RATE_LIMITED', 'UNAVAILABLE'])

/** How many succeeded; the others may only be told that they came too late, or to try again. */
function winnersOf(answers: readonly Answer[]): number {
  const lost = answers.filter(({ errors }) => errors.length > 0).map(reasonOf)
  expect(lost.filter((reason) => !mayLose.has(String(reason)))).toEqual([])
  return answers.length - lost.length
}

/** The last of 43 characters carries four bits of 32 bytes; a careless decoder takes three others for it. */
function otherSpelling(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet.charAt(alphabet.indexOf(token.at(-1) ?? 'A') + 1)
}
