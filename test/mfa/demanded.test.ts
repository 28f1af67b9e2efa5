/** Second factors that the policy demands: the time for one, what is left after it, and that the last one stays. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { defaultPolicy } from '../../src/policy.js'
import { provenLongAgo, somebody } from '../accounts/people.js'
import { eventually } from '../support/eventually.js'
import { goodPassword, signUp, type SignedInPerson } from '../support/people.js'
import { reasonOf, startTestPortcullis, type Answer, type TestPortcullis } from '../support/portcullis.js'
import { setClock } from '../support/set-clock.js'
import { codeOf, factorFlows } from './factors.js'

const week = 7 * 86_400_000
const { roles } = defaultPolicy.definition

const demands = [{ roles: ['admin'], grace: '7d' }, { attributes: { contractor: true } }]

function policyFile(required: readonly object[] = demands): string {
  const path = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'policy.json')
  writeFileSync(path, JSON.stringify({ attributes: { contractor: 'boolean' }, roles, secondFactor: { required } }))
  return path
}

const time = setClock()
let server: TestPortcullis
let flows: ReturnType<typeof factorFlows>
beforeAll(async () => {
  server = await startTestPortcullis({ POLICY_FILE: policyFile(), REFRESH_MIN_AGE: '0ms' }, time)
  flows = factorFlows(server)
})
afterAll(() => server.close())

const users = () => server.app.database.connection.collection<{ _id: string }>('users')
const stored = async ({ userId }: SignedInPerson) =>
  (await users().findOne({ _id: userId })) as unknown as { secondFactorDueAt?: Date; enrolledFactors?: string[] }
const enrolFields = 'enrol { methods dueAt }'
const signInFields = `mutation ($input: SignInInput!) {
  signIn(input: $input) { ... on SignedIn { ${enrolFields} tokens { accessToken } } }
}`
const enrolAtSignIn = async ({ email }: SignedInPerson) => {
  const answer = await server.ask(signInFields, { variables: { input: { email, password: goodPassword } } })
  return answer.data.signIn.enrol as { methods: string[]; dueAt: string } | null
}
const enrolOf = async (token: string) =>
  (await server.ask(`{ viewer { ${enrolFields} } }`, { token })).data.viewer.enrol
const asks = (query: string, { accessToken: token }: SignedInPerson, variables = {}) =>
  server.ask(query, { token, variables })
const firstOf = ({ errors }: Answer) => errors[0]?.extensions
const rename = 'mutation { updateProfile(input: { displayName: "Ada" }) { id } }'

/** An administrator whose time is over. */
async function overdue(person?: SignedInPerson): Promise<SignedInPerson> {
  const ada = person ?? (await somebody(server, ['admin']))
  await users().updateOne({ _id: ada.userId }, { $set: { secondFactorDueAt: new Date(Date.now() - 1) } })
  await eventually(async () => expect(firstOf(await asks(rename, ada))?.code).toBe('STEP_UP_REQUIRED'))
  return ada
}

describe('Whoever must have a second factor', () => {
  test('is told at every sign-in what would do and until when, and time begins once', async () => {
    const ada = await somebody(server, ['admin'])
    const { secondFactorDueAt } = await stored(ada)
    expect(Math.abs(Number(secondFactorDueAt) - Date.now() - week)).toBeLessThan(60_000)
    const due = { methods: ['TOTP', 'PASSKEY'], dueAt: secondFactorDueAt?.toISOString() }
    expect(await enrolAtSignIn(ada)).toEqual(due)
    const refreshed = await server.ask(
      `mutation ($token: String) { refreshSession(input: { refreshToken: $token }) { ${enrolFields} } }`,
      { variables: { token: ada.refreshToken } },
    )
    expect(refreshed.data.refreshSession.enrol).toEqual(due)
    expect(await enrolOf(ada.accessToken)).toEqual(due)
    expect((await stored(ada)).secondFactorDueAt).toEqual(secondFactorDueAt)
    expect((await asks(rename, ada)).errors).toEqual([])
  })

  test('gets the time of the first of many sign-ins at once', async () => {
    const ada = await somebody(server, ['admin'])
    await users().updateOne({ _id: ada.userId }, { $unset: { secondFactorDueAt: 1 } })
    const told = await Promise.all(Array.from({ length: 10 }, () => enrolAtSignIn(ada)))
    const first = told.map((enrol) => enrol?.dueAt ?? '').toSorted()[0]
    expect((await stored(ada)).secondFactorDueAt?.toISOString()).toBe(first)
  })

  test('gets no more of it by another sign-in, and less by a stricter demand', async () => {
    const ada = await somebody(server, ['admin'])
    const later = new Date(Date.now() + 4 * week)
    await users().updateOne({ _id: ada.userId }, { $set: { secondFactorDueAt: later } })
    expect(Date.parse((await enrolAtSignIn(ada))?.dueAt ?? '')).toBeLessThan(later.getTime())
    const soon = new Date(Date.now() + 60_000)
    await users().updateOne({ _id: ada.userId }, { $set: { secondFactorDueAt: soon } })
    expect((await enrolAtSignIn(ada))?.dueAt).toBe(soon.toISOString())
  })

  test('is nobody whom the policy does not mean', async () => {
    const bob = await somebody(server)
    expect(await enrolAtSignIn(bob)).toBeNull()
    expect(await enrolOf(bob.accessToken)).toBeNull()
    expect(await stored(bob)).not.toHaveProperty('secondFactorDueAt')
  })

  test('is meant from the next refresh on, when a role comes later', async () => {
    const bob = await somebody(server)
    await users().updateOne({ _id: bob.userId }, { $set: { roles: ['admin'] } })
    await flows.refresh(bob)
    expect(await stored(bob)).toHaveProperty('secondFactorDueAt')
  })
})

describe('When the time is over', () => {
  let eve: SignedInPerson
  beforeAll(async () => {
    eve = await overdue()
  })

  test.each([
    ['one’s profile', rename],
    ['the trail', '{ auditEvents { totalCount } }'],
    ['a list of people', '{ users { totalCount } }'],
    ['one’s data', 'mutation { exportMyData }'],
    ['giving roles', `mutation { setUserRoles(id: "usr_${'0'.repeat(26)}", roles: []) { id } }`],
  ])('%s takes what there is none of yet', async (_name, query) => {
    expect(firstOf(await asks(query, eve))).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      assurance: 'AAL2',
      methods: [],
      enrol: true,
    })
  })

  test('one sees oneself, and one’s sessions and factors, and nobody else', async () => {
    const own = '{ me { email sessions { totalCount } authenticators { kind } } }'
    expect((await asks(own, eve)).errors).toEqual([])
    const bob = await somebody(server)
    const other = await asks('query ($id: ID!) { user(id: $id) { email } }', eve, { id: bob.userId })
    const absent = await asks('query ($id: ID!) { user(id: $id) { email } }', eve, { id: `usr_${'0'.repeat(26)}` })
    expect(reasonOf(other)).toBe('NOT_FOUND')
    expect(other.text).toBe(absent.text)
  })

  test('one leaves', async () => {
    const ada = await overdue()
    const everywhere = await asks('mutation { signOutEverywhere(input: { includeCurrent: true }) }', ada)
    expect(everywhere.data).toEqual({ signOutEverywhere: 1 })
    const bob = await overdue()
    expect((await asks('mutation { signOut }', bob)).data).toEqual({ signOut: true })
  })

  test('an old proof adds no factor: the password is asked for again', async () => {
    const ada = await overdue()
    const stale = await provenLongAgo(server, ada)
    const refusal = { code: 'STEP_UP_REQUIRED', assurance: 'AAL1', maxAgeSeconds: 300, methods: ['PASSWORD'] }
    expect(firstOf(await flows.begin(stale))).toEqual(refusal)
    const { challenge, methods } = (await flows.beginStepUp(stale)).data.beginStepUp
    expect(methods).toEqual(['PASSWORD'])
    const raised = await flows.completeStepUp(stale, { challenge, password: goodPassword })
    expect((await flows.begin(raised.data.completeStepUp.tokens.accessToken)).errors).toEqual([])
  })

  test('a factor opens everything at once, and nothing is due any more', async () => {
    const ada = await overdue()
    await flows.enrolled(ada)
    expect((await asks(rename, ada)).errors).toEqual([])
    expect(await enrolOf(ada.accessToken)).toBeNull()
  })

  test('it is over by the clock, also for somebody who is remembered', async () => {
    const ada = await somebody(server, ['admin'])
    const dueAt = new Date(Date.now() + 8_000)
    await users().updateOne({ _id: ada.userId }, { $set: { secondFactorDueAt: dueAt } })
    await eventually(async () => expect((await enrolOf(ada.accessToken)).dueAt).toBe(dueAt.toISOString()))
    expect((await asks(rename, ada)).errors).toEqual([])
    // What changes nothing leaves the caller remembered.
    await enrolOf(ada.accessToken)
    time.pass(8_000)
    expect(firstOf(await asks(rename, ada))?.code).toBe('STEP_UP_REQUIRED')
  })

  test('where there is no time it is over before it begins', async () => {
    const bob = await somebody(server)
    await users().updateOne({ _id: bob.userId }, { $set: { attributes: { contractor: true } } })
    await eventually(async () => expect(firstOf(await asks(rename, bob))?.code).toBe('STEP_UP_REQUIRED'))
  })
})

describe('The demand', () => {
  const setRoles = 'mutation ($id: ID!, $roles: [String!]!) { setUserRoles(id: $id, roles: $roles) { roles } }'
  const setAttributes = 'mutation ($id: ID!, $of: JSON!) { setUserAttributes(id: $id, attributes: $of) { id } }'

  test('is nothing that one takes off oneself, nor has more time for; others do that', async () => {
    const [ada, boss] = [await somebody(server, ['admin']), await somebody(server, ['admin'])]
    const { userId: id } = ada
    const refusal = (field: string) => ({ code: 'BAD_USER_INPUT', fields: { [field]: expect.any(String) } })
    const own = await asks(setRoles, ada, { id, roles: ['member'] })
    expect(firstOf(own)).toMatchObject(refusal('roles'))
    expect((await asks(setRoles, ada, { id, roles: ['admin', 'support'] })).errors).toEqual([])
    expect((await asks(setAttributes, ada, { id, of: { contractor: true } })).errors).toEqual([])
    const token = await flows.raised(await flows.enrolled(ada))
    const laxer = await server.ask(setAttributes, { token, variables: { id, of: {} } })
    expect(firstOf(laxer)).toMatchObject(refusal('attributes'))
    expect((await asks(setAttributes, boss, { id, of: {} })).errors).toEqual([])
    expect((await asks(setRoles, boss, { id, roles: ['member'] })).errors).toEqual([])
  })
})

describe('The last factor that is demanded', () => {
  const appsOf = async (token: string) => (await flows.authenticators(token)).filter(({ kind }) => kind === 'TOTP')

  test('stays, whatever its owner says, and all that is with it', async () => {
    const ada = await flows.enrolled(await somebody(server, ['admin']))
    const raised = await flows.raised(ada)
    const [app] = await appsOf(raised)
    expect(reasonOf(await flows.remove(raised, app?.id ?? ''))).toBe('LAST_AUTHENTICATOR')
    expect(await flows.authenticators(raised)).toHaveLength(3)
    expect((await stored(ada)).enrolledFactors).toEqual(['totp', 'recovery-code'])
    const { secret } = (await flows.begin(raised)).data.beginTotpEnrolment
    expect((await flows.confirm(raised, codeOf(secret))).errors).toEqual([])
    expect((await flows.remove(raised, app?.id ?? '')).errors).toEqual([])
  })

  test('of two, removed at the same time, one stays', async () => {
    const ada = await flows.enrolled(await somebody(server, ['admin']))
    const raised = await flows.raised(ada)
    const { secret } = (await flows.begin(raised)).data.beginTotpEnrolment
    await flows.confirm(raised, codeOf(secret))
    const apps = await appsOf(raised)
    await Promise.all(apps.map(({ id }) => flows.remove(raised, id)))
    expect(await appsOf(raised)).toHaveLength(1)
  })

  test('goes with a role that does not demand it', async () => {
    const bob = await flows.enrolled(await somebody(server))
    const raised = await flows.raised(bob)
    const [app] = await appsOf(raised)
    expect((await flows.remove(raised, app?.id ?? '')).errors).toEqual([])
    expect((await stored(bob)).enrolledFactors).toEqual([])
  })

  test('is taken by an administrator from whoever has lost it, and time begins anew', async () => {
    const ada = await flows.enrolled(await somebody(server, ['admin']))
    const boss = await flows.enrolled(await somebody(server, ['admin']))
    const reset = 'mutation ($id: ID!) { resetUserAuthenticators(id: $id) }'
    const token = await flows.raised(boss)
    expect((await server.ask(reset, { token, variables: { id: ada.userId } })).errors).toEqual([])
    expect(await stored(ada)).not.toHaveProperty('secondFactorDueAt')
    const dueAt = Date.parse((await enrolAtSignIn(ada))?.dueAt ?? '')
    expect(Math.abs(dueAt - Date.now() - week)).toBeLessThan(60_000)
  })
})

describe('Where everybody must have one', () => {
  let strict: TestPortcullis
  beforeAll(async () => {
    strict = await startTestPortcullis({ POLICY_FILE: policyFile([{}]) })
  })
  afterAll(() => strict.close())

  test('whoever signs up is told by the first answer, and adds one', async () => {
    const ada = await signUp(strict.ask)
    const { viewer } = (await strict.ask(`{ viewer { ${enrolFields} } }`, { token: ada.accessToken })).data
    expect(viewer.enrol.methods).toEqual(['TOTP', 'PASSKEY'])
    expect(Date.parse(viewer.enrol.dueAt)).toBeLessThanOrEqual(Date.now())
    expect(firstOf(await strict.ask(rename, { token: ada.accessToken }))?.code).toBe('STEP_UP_REQUIRED')
    await factorFlows(strict).enrolled(ada)
    expect((await strict.ask(rename, { token: ada.accessToken })).errors).toEqual([])
  })
})
