import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createMongoAbility, subject, type MongoAbility, type RawRuleOf } from '@casl/ability'
import { unpackRules } from '@casl/ability/extra'
import { goodPassword, signIn, signUp, type SignedInPerson } from '../support/people.js'
import { startTestPortcullis, reasonOf, type TestPortcullis } from '../support/portcullis.js'

let server: TestPortcullis
let ada: SignedInPerson
let bob: SignedInPerson
beforeAll(async () => {
  server = await startTestPortcullis()
  ada = await signUp(server.ask)
  bob = await signUp(server.ask)
})
afterAll(() => server.close())

const absent = `ses_${'0'.repeat(26)}`
const can = async (permission: string, id?: string) => {
  const query = 'query ($p: String!, $id: ID) { viewer { can(permission: $p, id: $id) { allowed reason } } }'
  const answer = await server.ask(query, { token: ada.accessToken, variables: { p: permission, id } })
  return answer.data?.viewer?.can ?? reasonOf(answer)
}

test('A stranger is no viewer, and that is no error', async () => {
  const answer = await server.ask('{ viewer { kind permissions } }')
  expect([answer.data, answer.errors]).toEqual([{ viewer: null }, []])
})

test('A viewer sees who it is, by which session, and what it holds', async () => {
  const query = '{ viewer { kind user { id email } session { id current } permissions } }'
  const { data } = await server.ask(query, { token: ada.accessToken })
  expect(data.viewer).toEqual({
    kind: 'PERSON',
    user: { id: ada.userId, email: ada.email },
    session: { id: ada.sessionId, current: true },
    permissions: [
      'account:delete@own',
      'account:export@own',
      'audit:read@own',
      'authenticator:manage@own',
      'authenticator:read@own',
      'device:forget@own',
      'device:read@own',
      'email:change@own',
      'password:change@own',
      'profile:update@own',
      'session:read@own',
      'session:revoke@own',
      'user:read@own',
    ],
  })
})

test('A front end can unpack the abilities and ask them', async () => {
  const { data } = await server.ask('{ viewer { abilities } }', { token: ada.accessToken })
  const ability = createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(data.viewer.abilities))
  expect(ability.can('revoke', subject('session', { userId: ada.userId }))).toBe(true)
  expect(ability.can('revoke', subject('session', { userId: bob.userId }))).toBe(false)
  expect(ability.can('read', subject('user', { id: ada.userId }))).toBe(true)
  expect(ability.can('read', subject('user', { id: bob.userId }))).toBe(false)
  expect(ability.can('read', subject('policy', {}))).toBe(false)
})

describe('can', () => {
  test.each<[string, () => [string, string?], unknown]>([
    ['what one does to oneself', () => ['profile:update'], { allowed: true, reason: null }],
    ['what is one’s own', () => ['session:revoke', ada.sessionId], { allowed: true, reason: null }],
    ['oneself', () => ['user:read', ada.userId], { allowed: true, reason: null }],
    ['what is somebody else’s', () => ['session:revoke', bob.sessionId], { allowed: false, reason: 'NOT_OWNER' }],
    ['somebody else', () => ['user:read', bob.userId], { allowed: false, reason: 'NOT_OWNER' }],
    ['what does not exist', () => ['session:revoke', absent], { allowed: false, reason: 'NOT_OWNER' }],
    ['what is no id', () => ['session:revoke', '{"$ne":null}'], { allowed: false, reason: 'NOT_OWNER' }],
    ['everything', () => ['session:read'], { allowed: false, reason: 'NOT_OWNER' }],
    ['what is not held at all', () => ['policy:read'], { allowed: false, reason: 'MISSING_PERMISSION' }],
    ['a permission that there is not', () => ['session:raed'], 'BAD_USER_INPUT'],
  ])('%s', async (_name, asked, expected) => {
    expect(await can(...asked())).toEqual(expected)
  })
})

test('The rules are explained to nobody without policy:read', async () => {
  const query = '{ explainPolicy(role: "member", operation: "{ me { email } }") { path verdict } }'
  expect(reasonOf(await server.ask(query, { token: ada.accessToken }))).toBe('FORBIDDEN')
  expect(reasonOf(await server.ask(query))).toBe('SIGN_IN_REQUIRED')
})

test('An explanation is of one operation that could be asked, once, and not of a larger one', async () => {
  const [root] = await server.app.accounts.provision([
    { email: 'root@example.com', password: goodPassword, displayName: 'Root', roles: ['admin'] },
  ])
  const { accessToken: token } = await signIn(server.ask, { email: root?.email ?? '', password: goodPassword })
  const query = 'query ($o: String!) { explainPolicy(operation: $o) { path } }'
  const explained = async (o: string) => server.ask(query, { token, variables: { o } })
  expect((await explained('{ me { id } }')).data.explainPolicy).toHaveLength(2)
  for (const o of [`{ ${'me { id } '.repeat(400)} }`, 'subscription { me { id } }', '{ me', '{ nothing }']) {
    expect([o.slice(0, 20), reasonOf(await explained(o))]).toEqual([o.slice(0, 20), 'BAD_USER_INPUT'])
  }
  const twice = '{ a: explainPolicy(operation: "{ me { id } }") { path } b: explainPolicy(operation: "x") { path } }'
  expect(reasonOf(await server.ask(twice, { token }))).toBe('ALONE_REQUIRED')
})
