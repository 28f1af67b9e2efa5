import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createMail } from '../../src/mail/service.js'
import { loadTemplates } from '../../src/mail/templates.js'
import { createMailTransport } from '../../src/mail/transport.js'
import { retryDelayMs } from '../../src/outbox/retry-delay.js'
import { mailFlows } from '../support/accounts.js'
import { eventually } from '../support/eventually.js'
import { startMailbox, tokenIn, type Mailbox } from '../support/mailbox.js'
import { goodPassword, newEmail } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

let mailbox: Mailbox
let servers: TestPortcullis[]
beforeEach(async () => {
  mailbox = await startMailbox()
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.close()
  await mailbox.stop()
})

async function start(settings: Record<string, string> = {}): Promise<TestPortcullis> {
  const server = await startTestPortcullis({ SIGN_UP: 'verified', MAIL_URL: mailbox.url, ...settings })
  servers.push(server)
  return server
}

const outboxOf = ({ app }: TestPortcullis) =>
  app.database.connection.collection<{ _id: string; attempts: number }>('outbox')
const signUpAt = (server: TestPortcullis, email: string) =>
  mailFlows(server.ask, mailbox).signUp({ email, password: goodPassword })
const abandoned = ({ app }: TestPortcullis) =>
  app.database.connection.collection('auditEvents').find({ name: 'mail.abandoned' }).toArray()

async function attemptsAre(server: TestPortcullis, least: number): Promise<void> {
  await eventually(async () => {
    const [waiting] = await outboxOf(server).find({}).toArray()
    expect(Number(waiting?.attempts)).toBeGreaterThanOrEqual(least)
  })
}

describe('A mail', () => {
  test('that cannot be sent arrives once, when the mail server is back', async () => {
    // Trying again asks for no other mail, so it is not counted as one.
    const server = await start({ RATE_LIMITS: JSON.stringify({ mailsPerRecipient: 1 }) })
    const email = newEmail()
    const port = Number(new URL(mailbox.url).port)
    await mailbox.stop()
    expect((await signUpAt(server, email)).errors).toEqual([])
    await attemptsAre(server, 2)
    mailbox = await startMailbox(port)
    const mail = await mailbox.mailTo(email)
    await server.app.mail.deliver()
    expect(mailbox.to(email)).toHaveLength(1)
    expect(await outboxOf(server).countDocuments({})).toBe(0)
    const flows = mailFlows(server.ask, mailbox)
    expect((await flows.verify({ token: tokenIn(mail), password: goodPassword })).errors).toEqual([])
    expect(server.logged()).not.toContain(email)
  })

  test('has one link, however often it was tried, and for its whole time', async () => {
    const server = await start({ SIGN_UP: 'open' })
    const flows = mailFlows(server.ask, mailbox)
    const email = newEmail()
    await flows.signUp({ email, password: goodPassword })
    mailbox.refuse(451)
    await flows.requestReset({ email })
    await attemptsAre(server, 2)
    const tokens = server.app.database.connection.collection('oneTimeTokens')
    const ofReset = { purpose: 'password-reset' }
    // As when it has waited for longer than its link lives.
    await tokens.updateMany(ofReset, { $set: { expiresAt: new Date() } })
    await attemptsAre(server, 3)
    expect(await tokens.countDocuments(ofReset)).toBe(1)
    mailbox.refuse(null)
    const token = tokenIn(await mailbox.mailTo(email, { subject: /new password/ }))
    expect((await flows.reset({ token, newPassword: 'an entirely different one' })).errors).toEqual([])
    expect(await tokens.countDocuments(ofReset)).toBe(0)
  })

  test('is not sent again once its link was used, and a link that was voided is not good again by the next copy', async () => {
    const server = await start({ SIGN_UP: 'open' })
    const flows = mailFlows(server.ask, mailbox)
    const email = newEmail()
    await flows.signUp({ email, password: goodPassword })
    const links = () => {
      const mails = mailbox.to(email).filter(({ subject }) => /new password/.test(subject))
      return [...new Set(mails.map(tokenIn))]
    }
    // As when it takes them and the answer is lost.
    mailbox.deny(true)
    for (let count = 1; count <= 2; count += 1) {
      await flows.requestReset({ email })
      await eventually(() => expect(links()).toHaveLength(count))
    }
    const [voided = '', used = ''] = links()
    expect((await flows.reset({ token: used, newPassword: 'an entirely different one' })).errors).toEqual([])
    const waiting = await outboxOf(server).find({ 'message.kind': 'password-reset' }).toArray()
    expect(waiting).toHaveLength(1)
    await eventually(() => expect(links()).toHaveLength(3))
    mailbox.deny(false)
    for (const token of [used, voided]) {
      const taken = await flows.reset({ token, newPassword: 'one that a thief wants' })
      expect(reasonOf(taken)).toBe('ONE_TIME_TOKEN_REJECTED')
    }
    const [, , again = ''] = links()
    expect((await flows.reset({ token: again, newPassword: 'one more that is different' })).errors).toEqual([])
  })

  test('that waits for the mail server is one warning, and the next outage another one', async () => {
    const server = await start()
    const levels = () =>
      server
        .logged()
        .split('\n')
        .filter((line) => /mails wait|something failed/.test(line))
        .map((line) => JSON.parse(line).level)
    for (const expected of [[40], [40, 40]]) {
      mailbox.refuse(451)
      const emails = [newEmail(), newEmail(), newEmail()]
      for (const email of emails) await signUpAt(server, email)
      await eventually(async () => expect(await outboxOf(server).countDocuments({ attempts: { $gte: 2 } })).toBe(3))
      expect(levels()).toEqual(expected)
      mailbox.refuse(null)
      for (const email of emails) await mailbox.mailTo(email)
      await server.app.mail.deliver()
    }
  })

  test('of two instances is sent by one', async () => {
    const first = await start()
    const second = await start(first.env)
    const emails = Array.from({ length: 20 }, newEmail)
    await Promise.all(emails.map((email, index) => signUpAt(index % 2 === 0 ? first : second, email)))
    for (const email of emails) await mailbox.mailTo(email)
    await Promise.all([first.app.mail.deliver(), second.app.mail.deliver()])
    expect(emails.map((email) => mailbox.to(email).length)).toEqual(emails.map(() => 1))
  })

  test('that is refused for good is given up, which is in the audit trail; for the moment, tried again', async () => {
    const server = await start()
    mailbox.refuse(550)
    const refused = newEmail()
    await signUpAt(server, refused)
    await eventually(async () => {
      expect((await abandoned(server)).map(({ facts }) => facts)).toEqual([{ kind: 'sign-up', reason: 'refused' }])
    })
    expect(await outboxOf(server).countDocuments({})).toBe(0)
    mailbox.refuse(451)
    const postponed = newEmail()
    await signUpAt(server, postponed)
    await attemptsAre(server, 2)
    mailbox.refuse(null)
    await mailbox.mailTo(postponed)
    expect(mailbox.to(refused)).toEqual([])
    expect(server.logged()).not.toContain(refused)
  })

  test('that could not be sent for a day is given up', async () => {
    const server = await start()
    mailbox.refuse(451)
    await signUpAt(server, newEmail())
    await attemptsAre(server, 1)
    await outboxOf(server).updateMany({}, { $set: { createdAt: new Date(Date.now() - 86_400_000) } })
    await eventually(async () => {
      expect((await abandoned(server)).map(({ facts }) => facts)).toEqual([{ kind: 'sign-up', reason: 'too-late' }])
    })
    expect(await outboxOf(server).countDocuments({})).toBe(0)
  })

  test('at which a mail server hangs keeps no shutdown waiting, and is sent by whoever comes next', async () => {
    const server = await start()
    mailbox.hang(true)
    const email = newEmail()
    await signUpAt(server, email)
    await attemptsAre(server, 1)
    const since = Date.now()
    servers = []
    await server.close()
    expect(Date.now() - since).toBeLessThan(10_000)
    mailbox.hang(false)
    const port = Number(new URL(mailbox.url).port)
    await mailbox.stop()
    mailbox = await startMailbox(port)
    const next = await start(server.env)
    // As when its lease has run out.
    await outboxOf(next).updateMany({}, { $set: { dueAt: new Date() } })
    await mailbox.mailTo(email)
  })

  test("that one instance is sending is no other one's", async () => {
    const first = await start()
    const second = await start(first.env)
    mailbox.hang(true)
    const email = newEmail()
    await signUpAt(first, email)
    await attemptsAre(first, 1)
    await second.app.mail.deliver()
    const [waiting] = await outboxOf(first).find({}).toArray()
    expect(waiting?.attempts).toBe(1)
    mailbox.hang(false)
    await mailbox.mailTo(email)
    await first.app.mail.deliver()
    expect(mailbox.to(email)).toHaveLength(1)
  })

  test('is a file where MAIL_URL names a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
    const server = await start({ MAIL_URL: `file:${folder}/mails` })
    await signUpAt(server, newEmail())
    await eventually(async () => expect(await outboxOf(server).countDocuments({})).toBe(0))
    const [name = ''] = readdirSync(join(folder, 'mails'))
    expect(name).toMatch(/^out_[0-9a-z]{26}-verify-email\.eml$/)
    expect(readFileSync(join(folder, 'mails', name), 'utf8')).toMatch(/^Subject: Confirm your address$/m)
    expect(statSync(join(folder, 'mails', name)).mode & 0o077).toBe(0)
    expect(server.logged()).toContain(name)
  })

  test('is one of a program, and has one id however often it is sent', async () => {
    const server = await start()
    const email = newEmail()
    await signUpAt(server, email)
    const mail = await mailbox.mailTo(email)
    expect(mail.headers).toContain('auto-submitted')
    expect(mail.id).toMatch(/^<out_[0-9a-z]{26}@portcullis\.test>$/)
  })
})

test('nothing is sent to a server that has no TLS, where it is demanded', async () => {
  const from = { name: '', address: 'a@example.com' }
  const settings = { from, host: 'test', onWritten: () => undefined }
  const to = newEmail()
  const mail = { to, name: 'suspended', subject: 's', text: 't', html: '<p>t</p>' } as const
  const [strict, lax] = [true, false].map((requireTls) =>
    createMailTransport({ kind: 'smtp', url: mailbox.url, requireTls }, settings),
  )
  await expect(strict?.send(mail, 'out_strict')).rejects.toMatchObject({ code: 'ETLS' })
  expect(mailbox.to(to)).toEqual([])
  await lax?.send(mail, 'out_lax')
  await mailbox.mailTo(to)
})

test('a look into the outbox that fails is reported, and the next one is made', async () => {
  const faults: unknown[] = []
  const reads = [() => Promise.reject(new Error('no database')), () => Promise.resolve(null)]
  const mail = createMail({
    outbox: {
      take: () => (reads.shift() ?? (() => Promise.resolve(null)))(),
      done: async () => undefined,
      failed: async () => 'later',
    },
    writeLetter: async () => null,
    templates: loadTemplates('Test'),
    transport: { send: async () => undefined },
    audit: { record: async () => undefined },
    onFault: (cause) => void faults.push(cause),
    onOutage: (cause) => void faults.push(cause),
  })
  await mail.deliver()
  await mail.deliver()
  await mail.stop()
  expect([faults.length, reads.length]).toEqual([1, 0])
})

test.each([
  [1, 0, 1_000],
  [2, 0, 2_000],
  [5, 0, 16_000],
  [9, 0, 256_000],
  [10, 0, 300_000],
  [1_000, 86_399_999, 300_000],
  [1, 86_400_000, null],
])('after %d attempts, at the age of %d ms, the next one is in %p ms', (attempts, ageMs, expected) => {
  expect(retryDelayMs(attempts, ageMs)).toBe(expected)
})
