import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { digestOf } from '../../src/kernel/digest.js'
import { mailFlows } from '../support/accounts.js'
import { eventually } from '../support/eventually.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword, newEmail, refresh, signIn, signInMutation, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof mailFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
  flows = mailFlows(server.ask, mailbox)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const collection = (name: string) =>
  server.app.database.connection.collection<{ _id: string; endReason?: string }>(name)
const trySignIn = (email: string, password: string) =>
  server.ask(signInMutation, { variables: { input: { email, password } } })
const newPassword = 'an entirely different one'

describe('Resetting a password', () => {
  test('sets the new one, ends every session, signs nobody in and proves the address', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const token = await flows.resetToken(ada.email)
    const answer = await flows.reset({ token, newPassword })
    expect(answer.data).toEqual({ resetPassword: true })
    expect(answer.headers.getSetCookie()).toEqual([])
    for (const { accessToken, refreshToken } of [ada, other]) {
      expect((await server.ask('{ me { id } }', { token: accessToken })).status).toBe(401)
      expect(reasonOf(await refresh(server.ask, refreshToken))).toBe('REFRESH_REJECTED')
    }
    expect(reasonOf(await trySignIn(ada.email, ada.password))).toBe('CREDENTIALS_REJECTED')
    const again = await signIn(server.ask, { email: ada.email, password: newPassword })
    const me = await server.ask('{ me { emailVerified } }', { token: again.accessToken })
    expect(me.data).toEqual({ me: { emailVerified: true } })
    expect(await collection('auditEvents').countDocuments({ name: 'password.reset', subjectId: ada.userId })).toBe(1)
    await eventually(async () => {
      const ended = await collection('sessions')
        .find({ userId: ada.userId, endedAt: { $ne: null } })
        .toArray()
      expect(ended.map(({ endReason }) => String(endReason))).toEqual(['password-reset', 'password-reset'])
    })
    expect((await mailbox.mailTo(ada.email, { subject: /was reset/ })).text).toContain('by a link in a mail')
  })

  test('is answered alike for known, unknown and suspended addresses, without a hash; one of them gets a mail', async () => {
    const [known, suspended] = [await signUp(server.ask), await signUp(server.ask)]
    const unknown = newEmail()
    await collection('users').updateOne({ _id: suspended.userId }, { $set: { status: 'suspended' } })
    const { hashed } = server.app.hasher.stats
    const answers = []
    for (const email of [known.email, suspended.email, unknown]) answers.push(await flows.requestReset({ email }))
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['{"data":{"requestPasswordReset":true}}\n']))
    expect(server.app.hasher.stats.hashed).toBe(hashed)
    await mailbox.mailTo(known.email, { subject: /new password/ })
    await server.app.mail.deliver()
    expect([...mailbox.to(suspended.email), ...mailbox.to(unknown)]).toEqual([])
  })

  test('of fifty at once exactly one succeeds', async () => {
    const ada = await signUp(server.ask)
    const token = await flows.resetToken(ada.email)
    const passwords = Array.from({ length: 50 }, (_, index) => `a new password, number ${index}`)
    const answers = await Promise.all(passwords.map((password) => flows.reset({ token, newPassword: password })))
    const reasons = new Set(answers.filter(({ errors }) => errors.length > 0).map(reasonOf))
    // Under such a storm some may be told to try again; none may be told anything else.
    expect([...reasons].filter((reason) => reason !== 'ONE_TIME_TOKEN_REJECTED' && reason !== 'UNAVAILABLE')).toEqual(
      [],
    )
    const winners = passwords.filter((_password, index) => answers[index]?.errors.length === 0)
    expect(winners.length).toBeLessThanOrEqual(1)
    // On a machine that is too slow for it everybody may be told so, the one that came through as well.
    if (winners.length === 0) await flows.reset({ token, newPassword })
    for (const winner of winners) expect((await trySignIn(ada.email, winner)).errors).toEqual([])
    expect(await collection('auditEvents').countDocuments({ name: 'password.reset', subjectId: ada.userId })).toBe(1)
  })

  test('a token that is spent, expired, outdated, cut, of another purpose or of somebody suspended is refused alike', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => signUp(server.ask)))
    const tokens: string[] = []
    for (const { email } of people) tokens.push(await flows.resetToken(email))
    const [spent = '', expired = '', outdated = '', good = '', suspended = ''] = tokens
    await flows.reset({ token: spent, newPassword })
    const past = { $set: { expiresAt: new Date(Date.now() - 1) } }
    await collection('oneTimeTokens').updateOne({ _id: digestOf(expired) }, past)
    const change = `mutation ($c: String!, $n: String!) { changePassword(input: { currentPassword: $c, newPassword: $n }) }`
    const variables = { c: goodPassword, n: newPassword }
    await server.ask(change, { token: people[2]?.accessToken ?? '', variables })
    await collection('users').updateOne({ _id: people[4]?.userId ?? '' }, { $set: { status: 'suspended' } })
    await flows.resend({ email: people[3]?.email ?? '' })
    const foreign = tokenIn(await mailbox.mailTo(people[3]?.email ?? '', { subject: /Confirm/ }))
    const { hashed } = server.app.hasher.stats
    const all = [spent, expired, outdated, suspended, foreign, good.slice(0, -1), `${good}=`, 'A'.repeat(43)]
    const answers = await Promise.all(all.map((token) => flows.reset({ token, newPassword: 'yet another password' })))
    expect(answers.map(reasonOf)).toEqual(answers.map(() => 'ONE_TIME_TOKEN_REJECTED'))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(server.app.hasher.stats.hashed).toBe(hashed)
    expect((await flows.reset({ token: good, newPassword })).errors).toEqual([])
  })

  test('a password that may not be chosen is refused by its field, and the link stays good', async () => {
    const ada = await signUp(server.ask)
    const token = await flows.resetToken(ada.email)
    const refused = await flows.reset({ token, newPassword: 'short' })
    expect(Object.keys(refused.errors[0]?.extensions.fields ?? {})).toEqual(['input.newPassword'])
    expect((await flows.reset({ token, newPassword })).errors).toEqual([])
  })

  test('a link gives so many tries at a password, and no more', async () => {
    const strict = await startTestPortcullis({
      MAIL_URL: mailbox.url,
      RATE_LIMITS: JSON.stringify({ passwordChoices: 3, networkFailures: 1_000 }),
    })
    try {
      const own = mailFlows(strict.ask, mailbox)
      const ada = await signUp(strict.ask)
      const token = await own.resetToken(ada.email)
      const easy = 'aaaaaaaaaaaaaaaaaaaa'
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => own.reset({ token, newPassword: easy })))
      const codes = answers.map(({ errors }) => errors[0]?.extensions.code)
      const count = (code: string) => codes.filter((each) => each === code).length
      expect([count('BAD_USER_INPUT'), count('RATE_LIMITED')]).toEqual([3, 2])
      const change = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'
      const input = { currentPassword: ada.password, newPassword: easy }
      const changing = () => strict.ask(change, { token: ada.accessToken, variables: { input } })
      const changes = [await changing(), await changing(), await changing(), await changing()]
      const refused = ['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT', 'RATE_LIMITED']
      expect(changes.map(({ errors }) => errors[0]?.extensions.code)).toEqual(refused)
      // Whoever has stolen the password must not keep its owner from getting back in.
      const another = await own.resetToken(ada.email)
      expect((await own.reset({ token: another, newPassword: 'velvet cactus moon' })).errors).toEqual([])
    } finally {
      await strict.close()
    }
  })

  test('comes at most five times in half an hour, and what is left out is in the trail', async () => {
    const ada = await signUp(server.ask)
    for (let times = 0; times < 8; times += 1) await flows.requestReset({ email: ada.email })
    await eventually(async () => expect(await collection('outbox').countDocuments()).toBe(0))
    expect(mailbox.to(ada.email)).toHaveLength(5)
    const dropped = { name: 'mail.abandoned', facts: { kind: 'password-reset', reason: 'too-many' } } as never
    expect(await collection('auditEvents').countDocuments(dropped)).toBe(3)
    // A stranger who has asked keeps nobody out: until another mail may come, the latest link is good.
    const untyped = server.app.database.connection
    const counter = await untyped.collection('rateLimits').findOne({ key: /^reset-mail:/, points: 8 })
    const ofAda = { subject: ada.userId, purpose: 'password-reset' }
    const link = await untyped.collection('oneTimeTokens').findOne(ofAda, { sort: { createdAt: -1 } })
    expect(link?.expiresAt.getTime()).toBeGreaterThanOrEqual(counter?.expire.getTime())
    const token = tokenIn(mailbox.to(ada.email).at(-1) ?? { text: '' })
    expect((await flows.reset({ token, newPassword })).errors).toEqual([])
  })

  test('leaves no living session of a sign-in with the old password that it raced', async () => {
    const ada = await signUp(server.ask)
    const token = await flows.resetToken(ada.email)
    const [reset, ...signIns] = await Promise.all([
      flows.reset({ token, newPassword }),
      ...Array.from({ length: 10 }, () => trySignIn(ada.email, ada.password)),
    ])
    expect(reset?.errors).toEqual([])
    for (const answer of signIns) {
      const accessToken = answer.data?.signIn?.tokens.accessToken as string | undefined
      if (accessToken === undefined) continue
      expect((await server.ask('{ me { id } }', { token: accessToken })).status).toBe(401)
    }
  })

  test('works while strangers keep the sign-in waiting, and lets its owner in at once', async () => {
    const strict = await startTestPortcullis({
      MAIL_URL: mailbox.url,
      RATE_LIMITS: JSON.stringify({ accountFailures: 2, networkFailures: 1_000 }),
    })
    try {
      const own = mailFlows(strict.ask, mailbox)
      const ada = await signUp(strict.ask)
      const tries = { variables: { input: { email: ada.email, password: 'not the right password' } } }
      for (let index = 0; index < 6; index += 1) await strict.ask(signInMutation, tries)
      expect(reasonOf(await strict.ask(signInMutation, { variables: { input: ada } }))).not.toBeNull()
      expect((await own.reset({ token: await own.resetToken(ada.email), newPassword })).errors).toEqual([])
      await signIn(strict.ask, { email: ada.email, password: newPassword })
    } finally {
      await strict.close()
    }
  })

  test('is asked for at most so often from one network', async () => {
    const strict = await startTestPortcullis({
      MAIL_URL: mailbox.url,
      RATE_LIMITS: JSON.stringify({ mailRequestsPerNetwork: 3 }),
    })
    try {
      const own = mailFlows(strict.ask, mailbox)
      const answers = []
      for (let index = 0; index < 4; index += 1) answers.push(await own.requestReset({ email: newEmail() }))
      expect(answers.map(reasonOf)).toEqual([null, null, null, 'RATE_LIMITED'])
    } finally {
      await strict.close()
    }
  })

  test('leaves neither token nor password nor address in log or database, where they do not belong', async () => {
    const ada = await signUp(server.ask)
    const token = await flows.resetToken(ada.email)
    const waiting = JSON.stringify(await collection('oneTimeTokens').find({ subject: ada.userId }).toArray())
    expect(waiting).not.toContain(token)
    expect(waiting).not.toContain(ada.email)
    await flows.reset({ token, newPassword: 'a password that nobody has' })
    expect(await collection('oneTimeTokens').countDocuments({ subject: ada.userId })).toBe(0)
    for (const secret of [token, 'a password that nobody has', ada.email]) expect(server.logged()).not.toContain(secret)
  })
})
