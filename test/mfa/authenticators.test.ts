import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { provenLongAgo, everythingIn, somebody } from '../accounts/people.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword, refresh, signIn, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { codeOf, factorFlows } from './factors.js'

let mailbox: Mailbox
let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
beforeAll(async () => {
  mailbox = await startMailbox()
  server = await startTestPortcullis({ MAIL_URL: mailbox.url })
  flows = factorFlows(server)
})
afterAll(async () => {
  await server.close()
  await mailbox.stop()
})

const codeOfError = (answer: { errors: { extensions: Record<string, unknown> }[] }) => answer.errors[0]?.extensions.code

describe('An authenticator app', () => {
  test('is shown as secret, address and image, and counts once it was confirmed', async () => {
    const ada = await signUp(server.ask)
    const { data } = await flows.begin(ada.accessToken)
    const { secret, uri, qr } = data.beginTotpEnrolment
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(uri).toContain(`secret=${secret}`)
    expect(qr).toMatch(/^data:image\/png;base64,/)
    expect((await flows.signIn(ada)).data.signIn.__typename).toBe('SignedIn')
    expect(reasonOf(await flows.confirm(ada.accessToken, '000000'))).toBe('FACTOR_REJECTED')
    const confirmed = await flows.confirm(ada.accessToken, codeOf(secret))
    expect(confirmed.data.confirmTotpEnrolment.codes).toHaveLength(10)
    expect((await flows.signIn(ada)).data.signIn.__typename).toBe('SecondFactorRequired')
    expect(await flows.authenticators(ada.accessToken)).toMatchObject([
      { kind: 'PASSWORD', name: null },
      { kind: 'TOTP', name: 'Authenticator app', remaining: null },
      { kind: 'RECOVERY_CODE', remaining: 10 },
    ])
    await mailbox.mailTo(ada.email, { subject: /authenticator app was added/ })
  })

  test('ends all sessions but the one it was added in', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    await flows.enrolled(ada)
    expect(reasonOf(await refresh(server.ask, other.refreshToken))).toBe('REFRESH_REJECTED')
    expect((await refresh(server.ask, ada.refreshToken)).errors).toEqual([])
  })

  test('is confirmed by the session that began it and by no other, once', async () => {
    const ada = await signUp(server.ask)
    const other = await signIn(server.ask, ada)
    const { secret } = (await flows.begin(ada.accessToken)).data.beginTotpEnrolment
    expect(reasonOf(await flows.confirm(other.accessToken, codeOf(secret)))).toBe('NOTHING_TO_CONFIRM')
    const answers = await Promise.all(Array.from({ length: 20 }, () => flows.confirm(ada.accessToken, codeOf(secret))))
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    expect((await flows.authenticators(ada.accessToken)).filter(({ kind }) => kind === 'TOTP')).toHaveLength(1)
  })

  test('is not confirmed with a code that was used to confirm it', async () => {
    const ada = await signUp(server.ask)
    const { secret } = (await flows.begin(ada.accessToken)).data.beginTotpEnrolment
    const totp = codeOf(secret)
    await flows.confirm(ada.accessToken, totp)
    expect(reasonOf(await flows.complete({ challenge: await flows.challenge(ada), totp }))).toBe('FACTOR_REJECTED')
  })

  test('is added by nobody whose proof is old, or weaker than what is enrolled', async () => {
    const ada = await flows.enrolled()
    expect(codeOfError(await flows.begin(ada.accessToken))).toBe('STEP_UP_REQUIRED')
    const stale = await provenLongAgo(server, await signUp(server.ask))
    expect(codeOfError(await flows.begin(stale))).toBe('STEP_UP_REQUIRED')
    expect(reasonOf(await flows.begin())).toBe('SIGN_IN_REQUIRED')
    // With the code it is: a second phone.
    const raised = await flows.raised(ada)
    const { secret } = (await flows.begin(raised)).data.beginTotpEnrolment
    expect((await flows.confirm(raised, codeOf(secret))).data.confirmTotpEnrolment.codes).toHaveLength(10)
  })

  test('is one of five at most', async () => {
    const ada = await flows.enrolled()
    const authenticators = server.app.database.connection.collection<{ _id: string }>('authenticators')
    const found = await authenticators.findOne({ userId: ada.userId, kind: 'totp' } as never)
    const more = [1, 2, 3, 4].map((n) => ({ ...found, _id: `aut_${n}${ada.userId.slice(5)}` }))
    await authenticators.insertMany(more)
    expect(reasonOf(await flows.begin(await flows.raised(ada)))).toBe('TOO_MANY_AUTHENTICATORS')
  })

  test('has the name that its person gives it', async () => {
    const ada = await flows.enrolled()
    const raised = await flows.raised(ada)
    const [, app] = await flows.authenticators(raised)
    const id = app?.id ?? ''
    expect((await flows.rename(raised, id, ' Old phone ')).data.renameAuthenticator).toEqual({ id, name: 'Old phone' })
    for (const name of ['', ' ', 'a'.repeat(101), 'a\u202eb']) {
      expect(codeOfError(await flows.rename(raised, id, name))).toBe('BAD_USER_INPUT')
    }
  })

  test('of somebody else is as absent as one that never was', async () => {
    const [ada, eve] = [await flows.enrolled(), await flows.enrolled()]
    const [, foreign] = await flows.authenticators(ada.accessToken)
    const raised = await flows.raised(eve)
    const answersTo = async (id: string) => [
      (await flows.rename(raised, id, 'Mine')).text,
      (await flows.remove(raised, id)).text,
    ]
    const [onForeign, onAbsent] = [await answersTo(foreign?.id ?? ''), await answersTo(`aut_${'0'.repeat(26)}`)]
    expect(onForeign).toEqual(onAbsent)
    expect(onForeign[1]).toContain('NOT_FOUND')
    expect(await flows.authenticators(ada.accessToken)).toHaveLength(3)
  })

  test('that was the last one takes the recovery codes along', async () => {
    const ada = await flows.enrolled()
    const raised = await flows.raised(ada)
    const [, app] = await flows.authenticators(raised)
    expect((await flows.remove(raised, app?.id ?? '')).data).toEqual({ removeAuthenticator: true })
    expect((await flows.authenticators(raised)).map(({ kind }) => kind)).toEqual(['PASSWORD'])
    expect((await flows.signIn(ada)).data.signIn.__typename).toBe('SignedIn')
    await mailbox.mailTo(ada.email, { subject: /authenticator app was removed/ })
  })

  test('is removed by nobody who has not given a code of it', async () => {
    const ada = await flows.enrolled()
    const [, app] = await flows.authenticators(ada.accessToken)
    expect(codeOfError(await flows.remove(ada.accessToken, app?.id ?? ''))).toBe('STEP_UP_REQUIRED')
  })
})

describe('Recovery codes', () => {
  test('are made anew, and those from before are void', async () => {
    const ada = await flows.enrolled()
    const { data } = await flows.regenerate(await flows.raised(ada))
    const [fresh = ''] = data.regenerateRecoveryCodes.codes
    const [old = ''] = ada.recoveryCodes
    const oldOne = await flows.complete({ challenge: await flows.challenge(ada), recoveryCode: old })
    expect(reasonOf(oldOne)).toBe('FACTOR_REJECTED')
    const freshOne = await flows.complete({ challenge: await flows.challenge(ada), recoveryCode: fresh })
    expect(freshOne.errors).toEqual([])
    await mailbox.mailTo(ada.email, { subject: /recovery code was used/ })
  })

  test('stand in for an app: without one there are none', async () => {
    const ada = await signUp(server.ask)
    expect(reasonOf(await flows.regenerate(ada.accessToken))).toBe('NO_SECOND_FACTOR')
  })
})

describe('Whoever has lost everything', () => {
  const reset = (token: string, id: string) =>
    server.ask('mutation ($id: ID!) { resetUserAuthenticators(id: $id) }', { token, variables: { id } })

  test('gets back in after an administrator has looked, and is told', async () => {
    const [ada, ann] = [await flows.enrolled(), await somebody(server, ['admin'])]
    expect((await reset(ann.accessToken, ada.userId)).data).toEqual({ resetUserAuthenticators: true })
    expect(reasonOf(await refresh(server.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
    expect(await removedBy('user.authenticators-reset', ada.userId)).toBe('totp recovery-code')
    // Whoever has the lost phone has a device that was known.
    expect(await server.app.risk.listKept(ada.userId)).toEqual([])
    const again = await signIn(server.ask, { email: ada.email, password: goodPassword })
    expect((await flows.authenticators(again.accessToken)).map(({ kind }) => kind)).toEqual(['PASSWORD'])
    await mailbox.mailTo(ada.email, { subject: /second factors were removed/ })
  })

  test('gets back in also where the account was suspended meanwhile', async () => {
    const [ada, ann] = [await flows.enrolled(), await somebody(server, ['admin'])]
    const suspend = 'mutation ($id: ID!) { suspendUser(id: $id) { status } }'
    await server.ask(suspend, { token: ann.accessToken, variables: { id: ada.userId } })
    expect((await reset(ann.accessToken, ada.userId)).errors).toEqual([])
    expect((await server.app.users.find(ada.userId))?.enrolledAssurance).toBe('aal1')
  })

  test('is nobody’s to help but an administrator’s with a fresh proof, and not one’s own', async () => {
    const [ada, ann] = [await flows.enrolled(), await somebody(server, ['admin'])]
    const support = await somebody(server, ['support'])
    expect(codeOfError(await reset(support.accessToken, ada.userId))).toBe('FORBIDDEN')
    expect(codeOfError(await reset(ann.accessToken, ann.userId))).toBe('BAD_USER_INPUT')
    expect(codeOfError(await reset(await provenLongAgo(server, ann), ada.userId))).toBe('STEP_UP_REQUIRED')
    expect(await flows.authenticators(ada.accessToken)).toHaveLength(3)
  })
})

/** What the trail says was removed by the last event of that name, without the ids. */
async function removedBy(name: string, subjectId: string): Promise<string> {
  const events = server.app.database.connection.collection('auditEvents')
  const event = await events.findOne({ name, subjectId }, { sort: { _id: -1 } })
  return String(event?.['facts'].factorsRemoved).replaceAll(/:aut_[0-9a-z]{26}(?= |$)/g, '')
}

describe('Whoever was signed in by a thief who has added an app of theirs', () => {
  test('gets the account back by the link of the mail about it', async () => {
    const ada = await flows.enrolled()
    // Otherwise the reset alone would do it.
    await server.app.database.transact((tx) => server.app.users.markEmailVerified(tx, ada.userId))
    const mail = await mailbox.mailTo(ada.email, { subject: /authenticator app was added/ })
    const disown = 'mutation ($input: TokenInput!) { disownSession(input: $input) }'
    const input = { token: tokenIn(mail) }
    expect((await server.ask(disown, { variables: { input } })).errors).toEqual([])
    expect(await removedBy('session.disowned', ada.userId)).toBe('totp recovery-code')
    const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
    const token = tokenIn(await mailbox.mailTo(ada.email, { subject: /new password|set/i }))
    const newPassword = 'velvet cactus moon'
    expect((await server.ask(reset, { variables: { input: { token, newPassword } } })).errors).toEqual([])
    const again = await signIn(server.ask, { email: ada.email, password: newPassword })
    expect((await flows.authenticators(again.accessToken)).map(({ kind }) => kind)).toEqual(['PASSWORD'])
  })

  test('keeps the app that was there before the session that was disowned', async () => {
    const ada = await flows.enrolled()
    const [, own] = await flows.authenticators(ada.accessToken)
    const { app } = server
    const since = new Date(Date.now() + 60_000)
    const second = { kind: 'totp', name: 'Theirs', sealedSecret: '-', keyId: '-', lastStep: 0, lastUsedAt: null }
    const authenticators = app.database.connection.collection<{ _id: string }>('authenticators')
    await authenticators.insertOne({
      _id: `aut_x${ada.userId.slice(5)}`,
      userId: ada.userId,
      ...second,
      createdAt: since,
    } as never)
    await app.database.transact((tx) => app.mfa.disown(tx, ada.userId, { since, until: null, authenticatorId: null }))
    const left = await flows.authenticators(ada.accessToken)
    expect(left.map(({ id }) => id)).toContain(own?.id)
    expect(left.map(({ name }) => name)).not.toContain('Theirs')
    expect((await app.users.find(ada.userId))?.enrolledAssurance).toBe('aal2')
  })
})

test('A factor goes with the session that has added it, also where the two instances that wrote them are 20 seconds apart', async () => {
  const ada = await flows.enrolled()
  const { connection } = server.app.database
  const session = await connection
    .collection<{ _id: string; createdAt: Date }>('sessions')
    .findOne({ _id: ada.sessionId })
  const since = session?.createdAt ?? new Date(0)
  const byTheOther = { createdAt: new Date(since.getTime() - 19_900) }
  await connection.collection('authenticators').updateMany({ userId: ada.userId }, { $set: byTheOther })
  const taken = { since, until: null, authenticatorId: null }
  await server.app.database.transact((tx) => server.app.mfa.disown(tx, ada.userId, taken))
  expect((await server.app.users.find(ada.userId))?.enrolledAssurance).toBe('aal1')
})

test('Whoever proves an address by a reset is not kept out by an app of somebody who never proved it', async () => {
  const squatted = await flows.enrolled()
  await server.ask('mutation ($input: EmailInput!) { requestPasswordReset(input: $input) }', {
    variables: { input: { email: squatted.email } },
  })
  const token = tokenIn(await mailbox.mailTo(squatted.email, { subject: /new password|set/i }))
  const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
  const input = { token, newPassword: 'velvet cactus moon' }
  expect((await server.ask(reset, { variables: { input } })).errors).toEqual([])
  expect(await removedBy('password.reset', squatted.userId)).toBe('totp recovery-code')
  await signIn(server.ask, { email: squatted.email, password: input.newPassword })
})

test('Whoever has proven the address keeps the second factor through a reset', async () => {
  const { app } = server
  const ada = await flows.enrolled()
  await app.database.transact((tx) => app.users.markEmailVerified(tx, ada.userId))
  await server.ask('mutation ($input: EmailInput!) { requestPasswordReset(input: $input) }', {
    variables: { input: { email: ada.email } },
  })
  const token = tokenIn(await mailbox.mailTo(ada.email, { subject: /new password|set/i }))
  const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
  const input = { token, newPassword: 'velvet cactus moon' }
  expect((await server.ask(reset, { variables: { input } })).errors).toEqual([])
  const again = await flows.signIn({ email: ada.email, password: input.newPassword })
  expect(again.data.signIn.__typename).toBe('SecondFactorRequired')
})

test('No secret and no code lies in the database in the clear, nor in the log', async () => {
  const ada = await flows.enrolled()
  const everything = JSON.stringify(await everythingIn(server)) + server.logged()
  for (const secret of [
    ada.secret,
    ...ada.recoveryCodes,
    ...ada.recoveryCodes.map((code) => code.replaceAll('-', '')),
  ]) {
    expect(everything).not.toContain(secret)
  }
})

test('An account that is deleted takes its authenticators along, and an export names them', async () => {
  const ada = await flows.enrolled()
  const raised = await flows.raised(ada)
  const exported = await server.ask('mutation { exportMyData }', { token: raised })
  expect(exported.data.exportMyData.authenticators).toMatchObject([
    { kind: 'password' },
    { kind: 'totp', name: 'Authenticator app' },
    { kind: 'recovery-code', remaining: 10 },
  ])
  expect(exported.text).not.toMatch(/sealedSecret|digests|lastStep/)
  const gone = 'mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) }'
  const input = { confirmEmail: ada.email }
  expect((await server.ask(gone, { token: raised, variables: { input } })).errors).toEqual([])
  const authenticators = server.app.database.connection.collection('authenticators')
  expect(await authenticators.countDocuments({ userId: ada.userId })).toBe(0)
})
