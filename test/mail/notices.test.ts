import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { auditEvent, type AuditEventName } from '../../src/audit/events.js'
import { systemRandom } from '../../src/kernel/random.js'
import { noticeOf } from '../../src/mail/notices.js'
import type { NoticeTopic } from '../../src/outbox/service.js'
import { somebody } from '../accounts/people.js'
import { startMailbox, type Mailbox } from '../support/mailbox.js'
import {
  goodPassword,
  newEmail,
  refresh,
  signIn,
  signInMutation,
  signUp,
  type SignedInPerson,
} from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

const at = new Date('2030-01-01T08:30:00Z')

describe('Of what people are told', () => {
  const event = (name: AuditEventName, change: Partial<Parameters<typeof auditEvent>[0]> = {}) =>
    auditEvent(
      { name, actorId: 'usr_a', subjectId: 'usr_a', outcome: 'success', facts: {}, ...change },
      at,
      systemRandom,
    )

  test.each([
    ['a sign-in', event('session.started', { facts: { sessionId: 'ses_1' } }), 'new-sign-in'],
    ['a token that came back', event('session.ended', { facts: { reason: 'refresh-reused' } }), 'session-stolen'],
    ['an answer that was lost', event('session.ended', { facts: { reason: 'answer-lost' } }), 'session-lost'],
    ['guesses', event('session.ended', { facts: { reason: 'password-guessed' } }), 'session-guessed'],
    ['a sign-out', event('session.ended', { facts: { reason: 'signed-out' } }), null],
    ['a changed password', event('password.changed'), 'password-changed'],
    ['a reset', event('password.reset'), 'password-reset'],
    ['other roles', event('user.roles-changed', { actorId: 'usr_b' }), 'roles-changed'],
    ['a suspension', event('user.suspended', { actorId: 'usr_b' }), 'suspended'],
    ['its end', event('user.reinstated', { actorId: 'usr_b' }), 'reinstated'],
    ['sessions that an administrator ended', event('user.sessions-revoked', { actorId: 'usr_b' }), 'sessions-revoked'],
    ['sessions that their owner ended', event('user.sessions-revoked'), null],
    ['a refused sign-in', event('sign-in.refused', { outcome: 'refused' }), null],
    ['a mail that was given up', event('mail.abandoned', { outcome: 'refused' }), null],
  ] as const)('%s', (_name, given, about) => {
    expect(noticeOf(given)?.kind === 'notice' ? noticeOf(given) : null).toEqual(
      about === null ? null : expect.objectContaining({ about, userId: 'usr_a', at }),
    )
  })
})

describe('A notice', () => {
  let mailbox: Mailbox
  let server: TestPortcullis
  let admin: SignedInPerson
  beforeAll(async () => {
    mailbox = await startMailbox()
    server = await startTestPortcullis({ MAIL_URL: mailbox.url, REFRESH_GRACE: '0s', REFRESH_MIN_AGE: '0s' })
    const account = { email: newEmail(), password: goodPassword }
    await server.app.accounts.provision([{ ...account, roles: ['admin'] }])
    admin = await signIn(server.ask, account)
  })
  afterAll(async () => {
    await server.close()
    await mailbox.stop()
  })

  const documents = (name: string) =>
    server.app.database.connection.collection<{ _id: string; subjectId?: string | null }>(name)
  const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }

  const signInWith = ({ email, password }: SignedInPerson, headers: Record<string, string>) =>
    server.ask(signInMutation, { variables: { input: { email, password } }, headers })
  const administer = (mutation: string, { userId }: SignedInPerson) =>
    server.ask(`mutation ($id: ID!) { ${mutation} }`, { token: admin.accessToken, variables: { id: userId } })
  /** Whatever was put until now has been sent. */
  async function settled(): Promise<void> {
    await server.app.background.drained()
    await server.app.mail.deliver()
  }

  test('tells of a sign-in from a new device, once for each device', async () => {
    const ada = await signUp(server.ask)
    await signInWith(ada, firefox)
    const { text, subject } = await mailbox.mailTo(ada.email)
    expect(subject).toBe('A new sign-in to your account')
    expect(text).toContain('Firefox on Linux, in the network 127.0.0.0/24')
    expect(text).toMatch(/disown-session#token=[A-Za-z0-9_-]{43}/)
    await signInWith(ada, firefox)
    await settled()
    expect(mailbox.to(ada.email)).toHaveLength(1)
  })

  test('tells nobody of the sign-in that their account began with', async () => {
    const ada = await signUp(server.ask)
    await settled()
    expect(mailbox.to(ada.email)).toEqual([])
  })

  test('says nothing in the words of whoever signs in', async () => {
    const ada = await signUp(server.ask)
    await signInWith(ada, { 'user-agent': 'Visit http://evil.example/1.0 today' })
    const { text, html } = await mailbox.mailTo(ada.email)
    expect(text).toContain('Unknown device')
    expect(text + html).not.toContain('evil')
  })

  test('tells of a refresh token that was presented twice', async () => {
    const ada = await signUp(server.ask)
    const second = (await refresh(server.ask, ada.refreshToken)).data.refreshSession.tokens.refreshToken as string
    await refresh(server.ask, second)
    await pause(5)
    await refresh(server.ask, ada.refreshToken)
    expect((await mailbox.mailTo(ada.email)).text).toContain('Change your password')
  })

  test('tells of what administrators do to an account', async () => {
    const ada = await signUp(server.ask)
    await administer('setUserRoles(id: $id, roles: ["support"]) { id }', ada)
    await administer('revokeUserSessions(id: $id)', ada)
    await administer('suspendUser(id: $id, reason: "Sold the silver.") { id }', ada)
    await administer('reinstateUser(id: $id) { id }', ada)
    await mailbox.mailTo(ada.email, { count: 4 })
    expect(
      mailbox
        .to(ada.email)
        .map(({ subject }) => subject)
        .toSorted(),
    ).toEqual([
      'All your sessions were ended',
      'What you may do has changed',
      'Your account is open again',
      'Your account was suspended',
    ])
    expect(
      mailbox
        .to(ada.email)
        .map(({ text }) => text)
        .join(),
    ).not.toContain('silver')
  })

  test('of a change that did not happen is not told', async () => {
    const ada = await signUp(server.ask)
    const change = `mutation ($c: String!, $n: String!) { changePassword(input: { currentPassword: $c, newPassword: $n }) }`
    const ask = (c: string) =>
      server.ask(change, { token: ada.accessToken, variables: { c, n: 'a completely different one' } })
    await ask('not the current password')
    await settled()
    expect(mailbox.to(ada.email)).toEqual([])
    await ask(ada.password)
    expect((await mailbox.mailTo(ada.email)).subject).toBe('Your password was changed')
  })

  const put = (about: NoticeTopic, { userId }: SignedInPerson, at = new Date()) => {
    const message = { kind: 'notice', about, userId, sessionId: null, at } as const
    return server.app.outbox.put(message)
  }
  /** Beside that somebody has signed in. */
  const toldTo = ({ email }: SignedInPerson) => mailbox.to(email).filter(({ subject }) => !/new sign-in/.test(subject))

  test('of an address that nobody has proven is one of its five mails an hour', async () => {
    const [unproven, proven] = [await signUp(server.ask), await somebody(server)]
    const change = 'mutation ($newEmail: EmailAddress!) { changeEmail(input: { newEmail: $newEmail }) }'
    for (let times = 0; times < 4; times += 1) {
      for (const person of [unproven, proven]) {
        await put('recovery-codes-renewed', person)
        const asked = { token: person.accessToken, variables: { newEmail: newEmail() } }
        expect((await server.ask(change, asked)).errors).toEqual([])
      }
    }
    await settled()
    expect([toldTo(unproven).length, toldTo(proven).length]).toEqual([5, 8])
    const dropped = await documents('auditEvents').find({ name: 'mail.abandoned' }).toArray()
    // Not in the trail of whoever did it: they would learn how many mails the address has had.
    expect(dropped.map((event) => event.subjectId ?? null)).toEqual([null, null, null])
  })

  test('that is not true any more, or leads nowhere, is not sent', async () => {
    const [ada, eve, sue] = [await somebody(server), await somebody(server), await somebody(server)]
    await documents('credentials').deleteMany({ _id: { $in: [eve.userId, sue.userId] } })
    await documents('users').updateOne({ _id: sue.userId }, { $set: { status: 'suspended' } })
    const anHourAgo = new Date(Date.now() - 3_600_000)
    for (const person of [ada, eve, sue]) {
      await put('password-voided', person)
      await put('password-stopped', person, anHourAgo)
      await put('second-factor-attacked', person)
    }
    await settled()
    const subjects = (person: SignedInPerson) => toldTo(person).map(({ subject }) => subject)
    // There is another password by now.
    expect(subjects(ada)).toEqual(['Somebody is trying codes for your account'])
    expect(subjects(eve).toSorted()).toEqual([
      'Somebody is trying codes for your account',
      'Your password does not work any more',
    ])
    expect(subjects(sue)).toEqual([])
  })

  test('of factors that were removed says what signs in', async () => {
    const [ada, eve, sue] = [await somebody(server), await somebody(server), await somebody(server)]
    await documents('credentials').deleteOne({ _id: eve.userId })
    await documents('users').updateOne({ _id: sue.userId }, { $set: { status: 'suspended' } })
    for (const person of [ada, eve, sue]) await put('authenticators-reset', person)
    const texts: string[] = []
    await settled()
    for (const person of [ada, eve, sue]) texts.push(toldTo(person)[0]?.text ?? '')
    const isThere = (text: RegExp) => texts.map((each) => text.test(each))
    expect(isThere(/Sign in with your password/)).toEqual([true, false, false])
    expect(isThere(/no password that works/)).toEqual([false, true, false])
  })

  test('that is put twice is sent once', async () => {
    const ada = await signUp(server.ask)
    const given = {
      name: 'user.reinstated',
      actorId: null,
      subjectId: ada.userId,
      outcome: 'success',
      facts: {},
    } as const
    const event = auditEvent(given, new Date(), systemRandom)
    await documents('outbox').deleteMany({})
    const message = noticeOf(event)
    if (message === null) throw new Error('It is told')
    await Promise.all([1, 2, 3].map(() => server.app.outbox.putNotices([{ id: event.id, message }])))
    await mailbox.mailTo(ada.email)
    await settled()
    expect(mailbox.to(ada.email)).toHaveLength(1)
  })
})
