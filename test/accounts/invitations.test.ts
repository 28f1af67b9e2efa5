import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { goodPassword, newEmail, signIn, signUpMutation, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { digestOf } from '../../src/kernel/digest.js'
import { provenLongAgo, somebody } from './people.js'

let closed: TestPortcullis
let open: TestPortcullis
let verified: TestPortcullis
let ann: SignedInPerson
beforeAll(async () => {
  closed = await startTestPortcullis({ SIGN_UP: 'closed' })
  open = await startTestPortcullis({ ...closed.env, SIGN_UP: 'open' })
  verified = await startTestPortcullis({ ...closed.env, SIGN_UP: 'verified' })
  ann = await somebody(closed, ['admin'])
})
afterAll(() => Promise.all([closed.close(), open.close(), verified.close()]))

const documents = (name: string) =>
  closed.app.database.connection.collection<{ _id: string; roles?: string[]; emailVerified?: boolean }>(name)
const invite = (by: string | undefined, input: { email: string; roles?: readonly string[] | null }) =>
  closed.ask('mutation ($input: InviteUserInput!) { inviteUser(input: $input) }', {
    variables: { input },
    ...(by === undefined ? {} : { token: by }),
  })
const accept = (invitation: string, email: string, { server = closed, password = goodPassword } = {}) =>
  server.ask(signUpMutation, { variables: { input: { email, password, invitation } } })

/** The token of a mail is nowhere but in the mail: here its digest is made that of a token that the test knows. */
async function invitationFor(email: string, roles?: readonly string[], by = ann): Promise<string> {
  const answer = await invite(by.accessToken, { email, ...(roles === undefined ? {} : { roles }) })
  expect(answer.data).toEqual({ inviteUser: true })
  const subject = closed.app.users.identify(email)?.identifier ?? ''
  const made = await eventually(async () => {
    const found = await documents('oneTimeTokens').findOneAndDelete({ subject, purpose: 'invitation' })
    if (found === null) throw new Error('No invitation was made')
    return found
  })
  const token = `${'a'.repeat(30)}${Math.floor(Math.random() * 1e12)
    .toString()
    .padStart(12, '0')}A`
  await documents('oneTimeTokens').insertOne({ ...made, _id: digestOf(token) })
  return token
}
const userWith = (email: string) => documents('users').findOne({ email } as never)

describe('An invitation', () => {
  test.each(['closed', 'open', 'verified'])('makes an account where sign-up is %s, with its roles', async (mode) => {
    const server = { closed, open, verified }[mode] ?? closed
    const email = newEmail()
    const invitation = await invitationFor(email, ['support'])
    const { data, errors } = await accept(invitation, ` ${email.toUpperCase()}`, { server })
    expect(errors).toEqual([])
    const me = await server.ask('{ me { email emailVerified roles } }', { token: data.signUp.tokens.accessToken })
    expect(me.data.me).toEqual({ email, emailVerified: true, roles: ['support'] })
    await signIn(server.ask, { email, password: goodPassword })
    const trail = await documents('auditEvents')
      .find({ actorId: data.signUp.user.id } as never)
      .toArray()
    expect(trail).toContainEqual(
      expect.objectContaining({
        name: 'user.signed-up',
        facts: { sessionId: data.signUp.session.id, invitedBy: ann.userId },
      }),
    )
    expect(reasonOf(await accept(invitation, email, { server }))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('without roles it is for a member', async () => {
    const email = newEmail()
    await accept(await invitationFor(email), email)
    expect((await userWith(email))?.roles).toEqual(['member'])
  })

  test('is for its address and no other, and a wrong one spends nothing', async () => {
    const [email, other] = [newEmail(), newEmail()]
    const invitation = await invitationFor(email)
    expect(reasonOf(await accept(invitation, other))).toBe('ONE_TIME_TOKEN_REJECTED')
    expect(await userWith(other)).toBeNull()
    const tooShort = await accept(invitation, email, { password: 'short' })
    expect(tooShort.errors[0]?.extensions).toMatchObject({ fields: { 'input.password': expect.any(String) } })
    expect((await accept(invitation, email)).errors).toEqual([])
  })

  test('of fifty who redeem it at once, one gets an account', async () => {
    const email = newEmail()
    const invitation = await invitationFor(email)
    const answers = await Promise.all(Array.from({ length: 50 }, () => accept(invitation, email)))
    const refusals = answers.flatMap((answer) => reasonOf(answer) ?? [])
    expect(refusals.filter((each) => each !== 'ONE_TIME_TOKEN_REJECTED' && each !== 'UNAVAILABLE')).toEqual([])
    // Of so many who wait for one document some are told to try again, on a slow machine even all of them.
    const last = reasonOf(await accept(invitation, email))
    expect(refusals.length + (last === null ? 0 : 1)).toBeGreaterThanOrEqual(50)
    expect(await documents('users').countDocuments({ email })).toBe(1)
  })

  test('is void for an address that has got an account since', async () => {
    const email = newEmail()
    const invitation = await invitationFor(email)
    await closed.app.accounts.provision([{ email, password: goodPassword, roles: ['member'] }])
    expect(reasonOf(await accept(invitation, email))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test('is gone with any other account that its address has come to, even when that moves away', async () => {
    const email = newEmail()
    const first = await invitationFor(email, ['support'])
    const second = `${'c'.repeat(42)}A`
    const token = await documents('oneTimeTokens').findOne({ _id: digestOf(first) })
    await documents('oneTimeTokens').insertOne({ ...token, _id: digestOf(second) })
    expect((await accept(first, email)).errors).toEqual([])
    await documents('identifiers').deleteOne({ _id: closed.app.users.identify(email)?.identifier ?? '' })
    expect(reasonOf(await accept(second, email))).toBe('ONE_TIME_TOKEN_REJECTED')
  })

  test.each<[string, (inviter: SignedInPerson) => Promise<unknown>]>([
    ['is suspended', ({ userId }) => documents('users').updateOne({ _id: userId }, { $set: { status: 'suspended' } })],
    ['is gone', ({ userId }) => documents('users').deleteOne({ _id: userId })],
    [
      'has changed anything of their security, as one does who was somebody else’s puppet',
      ({ userId }) => documents('users').updateOne({ _id: userId }, { $inc: { securityVersion: 1 } }),
    ],
    [
      'could not give these roles',
      ({ userId }) => documents('users').updateOne({ _id: userId }, { $set: { roles: ['support'] } }),
    ],
    [
      'may invite nobody',
      ({ userId }) => documents('users').updateOne({ _id: userId }, { $set: { roles: ['member'] } }),
    ],
  ])('is void when whoever invited %s', async (_name, change) => {
    const inviter = await somebody(closed, ['admin'])
    const [email, admin] = [newEmail(), newEmail()]
    const invitations = [
      await invitationFor(email, ['member'], inviter),
      await invitationFor(admin, ['admin'], inviter),
    ]
    await change(inviter)
    expect(reasonOf(await accept(invitations[0] ?? '', email))).toBe('ONE_TIME_TOKEN_REJECTED')
    expect(reasonOf(await accept(invitations[1] ?? '', admin))).toBe('ONE_TIME_TOKEN_REJECTED')
    expect(await documents('users').countDocuments({ email: { $in: [email, admin] } })).toBe(0)
  })

  test('other tokens are none, and without one closed is closed', async () => {
    const email = newEmail()
    for (const token of ['', 'nonsense', `${'b'.repeat(42)}A`]) {
      expect(reasonOf(await accept(token, email))).toBe('ONE_TIME_TOKEN_REJECTED')
    }
    const bare = await closed.ask(signUpMutation, { variables: { input: { email, password: goodPassword } } })
    expect(reasonOf(bare)).toBe('SIGN_UP_CLOSED')
  })
})

describe('Inviting', () => {
  test('is told of in the trail, without the address', async () => {
    const email = newEmail()
    await invite(ann.accessToken, { email, roles: ['support', 'support', 'member'] })
    const events = await documents('auditEvents')
      .find({ name: 'user.invited', actorId: ann.userId } as never)
      .toArray()
    const facts = { roles: 'support,member' }
    expect(events).toContainEqual(expect.objectContaining({ subjectId: null, outcome: 'success', facts }))
    expect(JSON.stringify(events)).not.toContain(email)
  })

  test('a known address gets the same answer, and no link', async () => {
    const known = await somebody(closed)
    expect((await invite(ann.accessToken, { email: known.email })).data).toEqual({ inviteUser: true })
    await eventually(async () => expect(await documents('outbox').countDocuments()).toBe(0))
    const subject = closed.app.users.identify(known.email)?.identifier
    expect(await documents('oneTimeTokens').countDocuments({ subject })).toBe(0)
  })

  test('is for people with the permission and a fresh proof', async () => {
    const email = newEmail()
    expect(reasonOf(await invite(undefined, { email }))).toBe('SIGN_IN_REQUIRED')
    for (const role of ['member', 'support']) {
      expect(reasonOf(await invite((await somebody(closed, [role])).accessToken, { email }))).toBe('FORBIDDEN')
    }
    const stale = await provenLongAgo(closed, await somebody(closed, ['admin']))
    expect(reasonOf(await invite(stale, { email }))).toBe('STEP_UP_REQUIRED')
  })

  test('not into a role that there is not, nor into too many', async () => {
    const email = newEmail()
    for (const roles of [['emperor'], Array.from({ length: 21 }, (_, n) => `role${n}`)]) {
      const { errors } = await invite(ann.accessToken, { email, roles })
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: { 'input.roles': expect.any(String) },
      })
    }
  })

  test('the service asks for everything by itself: permission, proof, and whether the actor is still who it was', async () => {
    const inviter = await somebody(closed, ['admin'])
    const caller = await closed.app.callers.resolve(inviter.accessToken)
    if (caller.kind !== 'person') throw new Error('This is a person')
    const email = newEmail()
    const { accounts } = closed.app
    const member = await closed.app.callers.resolve((await somebody(closed)).accessToken)
    if (member.kind !== 'person') throw new Error('This is a person')
    await expect(accounts.invite(member, { email }, [])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const stale = { ...caller, authenticatedAt: new Date(Date.now() - 3_600_000) }
    await expect(accounts.invite(stale, { email }, [])).rejects.toMatchObject({ code: 'STEP_UP_REQUIRED' })
    // Nobody gives what they do not hold: this one may invite, and is an administrator of nothing else.
    const lesser = { ...caller, user: { ...caller.user, roles: ['member'] } }
    await expect(accounts.invite(lesser, { email, roles: ['admin'] }, [])).rejects.toMatchObject({
      details: { fields: { 'input.roles': 'This takes more than you may do yourself.' } },
    })
    await documents('users').updateOne({ _id: inviter.userId }, { $set: { roles: ['member'] } })
    await expect(accounts.invite(caller, { email }, [])).rejects.toMatchObject({ code: 'CHANGED_MEANWHILE' })
    expect(await documents('auditEvents').countDocuments({ name: 'user.invited', actorId: inviter.userId })).toBe(0)
  })
})
