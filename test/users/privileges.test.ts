import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { defaultPolicy } from '../../src/policy.js'
import { asMachine, inProcessAsker } from '../matrix/askers.js'
import { rulesFor } from '../matrix/world.js'
import {
  goodPassword,
  newEmail,
  refresh,
  signIn,
  signInMutation,
  signUp,
  signUpMutation,
  type SignedInPerson,
} from '../support/people.js'
import { reasonOf, startTestPortcullis, type Answer, type Ask, type TestPortcullis } from '../support/portcullis.js'

let here: TestPortcullis
let there: TestPortcullis
let admin: SignedInPerson
beforeAll(async () => {
  here = await startTestPortcullis()
  there = await startTestPortcullis(here.env)
  admin = await made('admin')
})
afterAll(async () => {
  await Promise.all([here.close(), there.close()])
})

async function made(role: string, { app, ask }: TestPortcullis = here): Promise<SignedInPerson> {
  const account = { email: newEmail(), password: goodPassword }
  await app.accounts.provision([{ ...account, roles: [role] }])
  return signIn(ask, account)
}

const documents = (collection: string) =>
  here.app.database.connection.collection<{ _id: string; attributes?: unknown }>(collection)
const userOf = ({ userId }: SignedInPerson) => documents('users').findOne({ _id: userId })
const codeOf = ({ errors }: Answer): unknown => errors[0]?.extensions['code'] ?? null

describe('no input sets what an account may do', () => {
  /** What somebody would like to say about an account. */
  const wishes: Record<string, unknown> = {
    role: 'admin',
    roles: ['admin'],
    verified: true,
    emailVerified: true,
    status: 'ACTIVE',
    id: `usr_${'0'.repeat(26)}`,
    _id: `usr_${'0'.repeat(26)}`,
    owner: `usr_${'0'.repeat(26)}`,
    ownerId: `usr_${'0'.repeat(26)}`,
    userId: `usr_${'0'.repeat(26)}`,
    attributes: { department: 'board' },
    securityVersion: 0,
    enrolledAssurance: 'aal2',
    $set: { roles: ['admin'] },
    'roles.0': 'admin',
    constructor: { prototype: { roles: ['admin'] } },
  }
  /** As an own property, which is how it comes out of JSON. */
  const withPrototype = (input: object): object =>
    JSON.parse(`{"__proto__": {"roles": ["admin"], "emailVerified": true}, ${JSON.stringify(input).slice(1)}`) as object

  const updateMutation =
    'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id roles emailVerified displayName } }'

  test('of a new account', async () => {
    const before = await documents('users').countDocuments()
    const input = () => ({ email: newEmail(), password: goodPassword })
    const tries = [
      ...Object.entries(wishes).map(([name, value]) => ({ ...input(), [name]: value })),
      withPrototype(input()),
    ]
    for (const wish of tries) {
      const answer = await here.ask(signUpMutation, { variables: { input: wish } })
      expect([answer.data ?? null, answer.errors.length, answer.status]).toEqual([null, 1, expect.any(Number)])
      expect(['BAD_USER_INPUT', 'BAD_REQUEST']).toContain(codeOf(answer))
    }
    expect(await documents('users').countDocuments()).toBe(before)
  })

  test('of one’s own account', async () => {
    const ada = await signUp(here.ask)
    const before = await userOf(ada)
    const tries = [
      ...Object.entries(wishes).map(([name, value]) => ({ displayName: 'Ada', [name]: value })),
      withPrototype({ displayName: 'Ada' }),
      ...[{ $set: { roles: ['admin'] } }, ['Ada'], 7, true].map((displayName) => ({ displayName })),
    ]
    for (const input of tries) {
      const answer = await here.ask(updateMutation, { token: ada.accessToken, variables: { input } })
      expect(['BAD_USER_INPUT', 'BAD_REQUEST']).toContain(codeOf(answer))
    }
    expect(await userOf(ada)).toEqual(before)
  })

  test('written into the document instead of a variable', async () => {
    const ada = await signUp(here.ask)
    const before = await userOf(ada)
    for (const extra of [
      'roles: ["admin"]',
      'emailVerified: true',
      'id: "usr_1"',
      'userId: "usr_1"',
      '__proto__: {}',
    ]) {
      const answer = await here.ask(`mutation { updateProfile(input: { displayName: "Ada", ${extra} }) { id } }`, {
        token: ada.accessToken,
      })
      expect([answer.data ?? null, codeOf(answer)]).toEqual([null, 'GRAPHQL_VALIDATION_FAILED'])
    }
    expect(await userOf(ada)).toEqual(before)
  })

  test('beside the variables that the operation declares', async () => {
    const email = newEmail()
    const { constructor: _refusedByTheParser, ...harmless } = wishes
    const beside = { ...harmless, caller: { kind: 'person', roles: ['admin'] }, tx: 1 }
    const made = await here.ask(signUpMutation, { variables: { ...beside, input: { email, password: goodPassword } } })
    expect(made.errors).toEqual([])
    const { user, tokens } = made.data.signUp
    const input = { displayName: 'Ada' }
    const changed = await here.ask(updateMutation, { token: tokens.accessToken, variables: { ...beside, input } })
    expect(changed.data.updateProfile).toEqual({
      id: user.id,
      roles: ['member'],
      emailVerified: false,
      displayName: 'Ada',
    })
    expect(await documents('users').findOne({ _id: user.id })).toMatchObject({
      roles: ['member'],
      emailVerified: false,
      attributes: {},
      securityVersion: 1,
      enrolledAssurance: 'aal1',
      enrolledFactors: [],
    })
  })

  test('under the name of an attribute', async () => {
    const ada = await signUp(here.ask)
    const before = await userOf(ada)
    const set = (attributes: unknown) =>
      here.ask(
        'mutation ($id: ID!, $a: JSON!) { setUserAttributes(id: $id, attributes: $a) { id roles status emailVerified } }',
        {
          token: admin.accessToken,
          variables: { id: ada.userId, a: attributes },
        },
      )
    const named = {
      roles: ['admin'],
      status: 'suspended',
      emailVerified: true,
      id: 'usr_1',
      userId: 'usr_1',
      securityVersion: 9,
    }
    const answer = await set(named)
    expect(answer.data.setUserAttributes).toEqual({
      id: ada.userId,
      roles: ['member'],
      status: 'ACTIVE',
      emailVerified: false,
    })
    expect(await userOf(ada)).toEqual({ ...before, attributes: named })
    for (const bad of [
      { $set: { roles: ['admin'] } },
      { 'a.b': 1 },
      { constructor: 'x' },
      withPrototype({ floor: 3 }),
    ]) {
      expect(['BAD_USER_INPUT', 'BAD_REQUEST']).toContain(codeOf(await set(bad)))
    }
    const viewer = await here.ask('{ viewer { permissions } users { totalCount } }', { token: ada.accessToken })
    expect(viewer.data.viewer.permissions).toContain('user:read@own')
    expect(viewer.data.users).toBeNull()
  })
})

describe('nobody grants what they lack', () => {
  let folder: string
  let registry: TestPortcullis
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-policy-'))
    const can = ['user:read', 'user:assign-roles', 'user:suspend', 'user:reinstate']
    const roles = {
      member: { can: ['user:read@own'] },
      clerk: { inherits: ['member'], can },
      admin: { inherits: ['clerk'], can: ['user:*', 'session:*', 'audit:read', 'policy:read'] },
    }
    const file = join(folder, 'policy.json')
    await writeFile(file, JSON.stringify({ roles }))
    registry = await startTestPortcullis({ POLICY_FILE: file })
  })
  afterAll(async () => {
    await registry.close()
    await rm(folder, { recursive: true })
  })

  test('neither to others nor to themselves, and nobody takes it either', async () => {
    const [clerk, member, chief] = await Promise.all(['clerk', 'member', 'admin'].map((role) => made(role, registry)))
    if (!clerk || !member || !chief) throw new Error('Three were made')
    const setRoles = (id: string, roles: string[]) =>
      registry.ask('mutation ($id: ID!, $roles: [String!]!) { setUserRoles(id: $id, roles: $roles) { roles } }', {
        token: clerk.accessToken,
        variables: { id, roles },
      })
    for (const [who, roles] of [
      [member, ['member', 'admin']],
      [clerk, ['clerk', 'admin']],
      [chief, ['member']],
      [chief, []],
    ] as const) {
      const answer = await setRoles(who.userId, [...roles])
      expect([answer.data, codeOf(answer)]).toEqual([null, 'BAD_USER_INPUT'])
    }
    const suspended = await registry.ask('mutation ($id: ID!) { suspendUser(id: $id) { id } }', {
      token: clerk.accessToken,
      variables: { id: chief.userId },
    })
    expect(codeOf(suspended)).toBe('BAD_USER_INPUT')
    expect((await setRoles(member.userId, ['clerk'])).data.setUserRoles.roles).toEqual(['clerk'])
    const { data } = await registry.ask('{ me { roles status } }', { token: chief.accessToken })
    expect(data.me).toEqual({ roles: ['admin'], status: 'ACTIVE' })
  })
})

test('The last administrator stays, however many step down at once', async () => {
  const stepDown = (who: SignedInPerson, ask: Ask) =>
    ask('mutation ($id: ID!) { setUserRoles(id: $id, roles: ["member"]) { roles } }', {
      token: who.accessToken,
      variables: { id: who.userId },
    })
  const others = await documents('users').find({ roles: 'admin' }).toArray()
  for (let round = 0; round < 10; round += 1) {
    await documents('users').updateMany({ roles: 'admin' }, { $set: { roles: ['member'] } })
    const admins = await Promise.all([made('admin'), made('admin'), made('admin', there)])
    const answers = await Promise.all(admins.map((who, index) => stepDown(who, index === 0 ? there.ask : here.ask)))
    const left = await documents('users').countDocuments({ status: 'active', roles: 'admin' })
    const steppedDown = answers.filter(({ errors }) => errors.length === 0)
    expect(left).toBe(3 - steppedDown.length)
    expect(left).toBeGreaterThan(0)
    for (const answer of answers.filter(({ errors }) => errors.length > 0)) {
      expect(['LAST_ADMINISTRATOR', 'CHANGED_MEANWHILE', 'UNAVAILABLE']).toContain(reasonOf(answer))
    }
  }
  await documents('users').updateMany({ _id: { $in: others.map(({ _id }) => _id) } }, { $set: { roles: ['admin'] } })
}, 60_000)

describe('a machine', () => {
  const everything: Record<string, string> = {
    me: '{ me { email } }',
    user: 'query ($user: ID!) { user(id: $user) { email } }',
    users: '{ users { totalCount } }',
    sessions: 'query ($user: ID!) { user(id: $user) { sessions { totalCount } } }',
    session: 'query ($session: ID!) { session(id: $session) { lastSeenAt } }',
    events: '{ auditEvents { totalCount } }',
    rules: '{ explainPolicy(operation: "{ me { id } }") { path } }',
    revoke: 'mutation ($session: ID!) { revokeSession(id: $session) { id } }',
    revokeAll: 'mutation ($user: ID!) { revokeUserSessions(id: $user) }',
  }

  test.each([
    ['a member', 'member'],
    ['an admin', 'admin'],
  ])('of %s without a scope sees nothing of its owner’s, and does nothing to it', async (_name, role) => {
    const owner = await made(role)
    const subject = await here.app.users.find(owner.userId)
    if (subject === null) throw new Error('The owner has just been made')
    const rules = rulesFor(defaultPolicy)
    const machineWith = (...scopes: string[]) =>
      inProcessAsker(here.app, asMachine(subject, defaultPolicy, scopes), rules)
    const variables = { user: owner.userId, session: owner.sessionId }
    const without = machineWith()
    for (const [name, operation] of Object.entries(everything)) {
      const used = Object.fromEntries(Object.entries(variables).filter(([each]) => operation.includes(`$${each}`)))
      const { data, errors } = await without(operation, used)
      expect([name, Object.values(Object(data)), errors[0]?.code]).toEqual([
        name,
        data === null ? [] : [null],
        'FORBIDDEN',
      ])
    }
    const reference = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { email } } }'
    const { data } = await without(reference, { r: [{ __typename: 'User', id: owner.userId }] })
    expect(data).toEqual({ _entities: [null] })
    expect((await without('{ viewer { permissions abilities user { id } session { id } } }')).data.viewer).toEqual({
      permissions: [],
      abilities: [],
      user: null,
      session: null,
    })
    expect((await here.ask('{ me { id } }', { token: owner.accessToken })).errors).toEqual([])
    // It is the scope, and nothing else, that was missing.
    const some = machineWith('user:read@own')
    expect((await some(everything['user'] ?? '', { user: owner.userId })).errors).toEqual([])
    expect((await some(everything['session'] ?? '', { session: owner.sessionId })).errors[0]?.code).toBe('FORBIDDEN')
  })
})

describe('on another instance, a second later', () => {
  const aSecond = 1_000
  const administer = (operation: string, id: string) =>
    here.ask(`mutation ($id: ID!) { done: ${operation} { id } }`, { token: admin.accessToken, variables: { id } })

  test('a role that was taken gives nothing any more, and the session lives', async () => {
    const sue = await made('support')
    const users = () => there.ask('{ users(first: 1) { totalCount } }', { token: sue.accessToken })
    expect((await users()).errors).toEqual([])
    expect((await administer('setUserRoles(id: $id, roles: ["member"])', sue.userId)).errors).toEqual([])
    await pause(aSecond)
    expect(codeOf(await users())).toBe('FORBIDDEN')
    expect((await there.ask('{ me { roles } }', { token: sue.accessToken })).data.me.roles).toEqual(['member'])
    expect((await refresh(there.ask, sue.refreshToken)).errors).toEqual([])
  })

  test('somebody suspended has no token, no refresh, and a sign-in like a wrong password', async () => {
    const eve = await made('member')
    const me = () => there.ask('{ me { id } }', { token: eve.accessToken })
    expect((await me()).errors).toEqual([])
    expect((await administer('suspendUser(id: $id)', eve.userId)).errors).toEqual([])
    await pause(aSecond)
    expect(reasonOf(await me())).toBe('SESSION_ENDED')
    for (const { ask } of [here, there]) expect(reasonOf(await refresh(ask, eve.refreshToken))).toBe('REFRESH_REJECTED')
    const guess = async (password: string) => {
      const answer = await there.ask(signInMutation, { variables: { input: { email: eve.email, password } } })
      const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name))
      return { status: answer.status, text: answer.text, headers }
    }
    expect(await guess(eve.password)).toEqual(await guess('not the password at all'))
    expect((await guess(eve.password)).text).toContain('CREDENTIALS_REJECTED')
  })
})
