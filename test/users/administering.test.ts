import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { anonymous } from '../../src/kernel/caller.js'
import { eventually } from '../support/eventually.js'
import {
  goodPassword,
  newEmail,
  refresh,
  signIn,
  signInMutation,
  signUp,
  type SignedInPerson,
  signedInBy,
} from '../support/people.js'
import { reasonOf, startTestPortcullis, type Answer, type Ask, type TestPortcullis } from '../support/portcullis.js'

const absentId = `usr_${'0'.repeat(26)}`

let here: TestPortcullis
let there: TestPortcullis
let admin: SignedInPerson
let support: SignedInPerson
beforeAll(async () => {
  here = await startTestPortcullis()
  there = await startTestPortcullis(here.env)
  admin = await made('admin')
  support = await made('support')
})
afterAll(async () => {
  await Promise.all([here.close(), there.close()])
})

async function made(role: string): Promise<SignedInPerson> {
  const account = { email: newEmail(), password: goodPassword }
  await here.app.accounts.provision([{ ...account, roles: [role] }])
  return signIn(here.ask, account)
}

const operations: Record<string, string> = {
  setUserRoles: 'mutation ($id: ID!) { done: setUserRoles(id: $id, roles: ["member", "support"]) { id roles } }',
  setUserAttributes:
    'mutation ($id: ID!) { done: setUserAttributes(id: $id, attributes: { floor: 3 }) { id attributes } }',
  suspendUser:
    'mutation ($id: ID!) { done: suspendUser(id: $id, reason: "Sold the silver.") { id status suspension { at reason } } }',
  reinstateUser: 'mutation ($id: ID!) { done: reinstateUser(id: $id) { id status suspension { at } } }',
  revokeUserSessions: 'mutation ($id: ID!) { done: revokeUserSessions(id: $id) }',
}

function run(operation: string, id: string, by?: SignedInPerson, ask: Ask = here.ask): Promise<Answer> {
  const query = operations[operation] ?? operation
  return ask(query, { variables: { id }, ...(by === undefined ? {} : { token: by.accessToken }) })
}
const me = (who: SignedInPerson, ask: Ask = here.ask) => ask('{ me { id status roles } }', { token: who.accessToken })
const documents = (collection: string) => here.app.database.connection.collection<{ _id: string }>(collection)
const userOf = ({ userId }: SignedInPerson) => documents('users').findOne({ _id: userId })

describe('who may administer', () => {
  test.each(Object.keys(operations))('%s is for nobody in particular not', async (operation) => {
    const ada = await signUp(here.ask)
    const before = await userOf(ada)
    const answer = await run(operation, ada.userId)
    expect([answer.data, reasonOf(answer)]).toEqual([null, 'SIGN_IN_REQUIRED'])
    expect(await userOf(ada)).toEqual(before)
  })

  test.each(['setUserRoles', 'setUserAttributes', 'suspendUser', 'reinstateUser'])(
    '%s is for admins, not for support, nor for the user',
    async (operation) => {
      const ada = await signUp(here.ask)
      const before = await userOf(ada)
      for (const by of [ada, support]) expect(reasonOf(await run(operation, ada.userId, by))).toBe('FORBIDDEN')
      expect(await userOf(ada)).toEqual(before)
      expect((await run(operation, ada.userId, admin)).errors).toEqual([])
    },
  )

  test.each(Object.keys(operations))('%s finds nobody where there is nobody', async (operation) => {
    for (const id of [absentId, 'nonsense', '']) expect(reasonOf(await run(operation, id, admin))).toBe('NOT_FOUND')
  })

  test('ending the sessions of somebody else looks exactly like ending those of nobody', async () => {
    const [ada, eve] = [await signUp(here.ask), await signUp(here.ask)]
    const [foreign, absent] = [
      await run('revokeUserSessions', ada.userId, eve),
      await run('revokeUserSessions', absentId, eve),
    ]
    expect(foreign.text).toBe(absent.text)
    expect(reasonOf(foreign)).toBe('NOT_FOUND')
    expect((await me(ada)).data.me.id).toBe(ada.userId)
  })

  test('the reason of a suspension is not for members, not even for themselves', async () => {
    const ada = await signUp(here.ask)
    const answer = await here.ask('{ me { id suspension { reason } } }', { token: ada.accessToken })
    expect(answer.data).toEqual({ me: { id: ada.userId, suspension: null } })
    expect(answer.errors).toMatchObject([{ path: ['me', 'suspension'], extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('a change of roles', () => {
  test('is felt by the running session, here at once and there soon', async () => {
    const ada = await signUp(here.ask)
    const users = (ask: Ask) => ask('{ users(first: 1) { totalCount } }', { token: ada.accessToken })
    for (const { ask } of [here, there]) expect(reasonOf(await users(ask))).toBe('FORBIDDEN')
    expect((await run('setUserRoles', ada.userId, admin)).data.done.roles).toEqual(['member', 'support'])
    expect((await users(here.ask)).errors).toEqual([])
    await eventually(async () => expect((await users(there.ask)).errors).toEqual([]))
    await here.ask('mutation ($id: ID!) { setUserRoles(id: $id, roles: ["member"]) { id } }', {
      token: admin.accessToken,
      variables: { id: ada.userId },
    })
    expect(reasonOf(await users(here.ask))).toBe('FORBIDDEN')
    await eventually(async () => expect(reasonOf(await users(there.ask))).toBe('FORBIDDEN'))
    expect((await refresh(here.ask, ada.refreshToken)).errors).toEqual([])
  })

  test('that is refused says why, in words that a client can show at the field', async () => {
    const answer = await here.ask('mutation ($id: ID!) { setUserRoles(id: $id, roles: ["emperor"]) { id } }', {
      token: admin.accessToken,
      variables: { id: support.userId },
    })
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: { roles: 'There is no such role.' },
    })
    expect(answer.text).not.toContain('emperor')
  })

  test('that would leave nobody who can assign roles is a conflict', async () => {
    const answer = await here.ask('mutation ($id: ID!) { setUserRoles(id: $id, roles: []) { id } }', {
      token: admin.accessToken,
      variables: { id: admin.userId },
    })
    expect(answer.errors[0]?.extensions).toEqual({ code: 'CONFLICT', reason: 'LAST_ADMINISTRATOR' })
  })
})

test('attributes come as a literal or as a variable, and are told apart from what is none', async () => {
  const ada = await signUp(here.ask)
  const set = (attributes: unknown) =>
    here.ask('mutation ($id: ID!, $a: JSON!) { setUserAttributes(id: $id, attributes: $a) { attributes } }', {
      token: admin.accessToken,
      variables: { id: ada.userId, a: attributes },
    })
  expect((await run('setUserAttributes', ada.userId, admin)).data.done.attributes).toEqual({ floor: 3 })
  expect((await set({ floor: 4, teams: ['a'] })).data.setUserAttributes.attributes).toEqual({ floor: 4, teams: ['a'] })
  for (const bad of [[], 'text', 7, { $set: 1 }, { a: { b: 1 } }]) {
    const answer = await set(bad)
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: { attributes: expect.any(String) },
    })
  }
  expect(await userOf(ada)).toMatchObject({ attributes: { floor: 4, teams: ['a'] } })
})

describe('a suspension', () => {
  test('ends every session everywhere, and keeps its user from coming back', async () => {
    const ada = await signUp(here.ask)
    const other = await signIn(there.ask, ada)
    for (const { ask } of [here, there]) expect((await me(ada, ask)).errors).toEqual([])
    const { done } = (await run('suspendUser', ada.userId, admin)).data
    expect(done).toMatchObject({ status: 'SUSPENDED', suspension: { reason: 'Sold the silver.' } })
    for (const session of [ada, other]) {
      expect(reasonOf(await me(session))).toBe('SESSION_ENDED')
      await eventually(async () => expect(reasonOf(await me(session, there.ask))).toBe('SESSION_ENDED'))
      for (const { ask } of [here, there]) {
        expect(reasonOf(await refresh(ask, session.refreshToken))).toBe('REFRESH_REJECTED')
      }
    }
    const guess = (password: string) =>
      here.ask(signInMutation, { variables: { input: { email: ada.email, password } } })
    const [right, wrong] = [await guess(ada.password), await guess('not the password at all')]
    expect(reasonOf(right)).toBe('CREDENTIALS_REJECTED')
    expect(right.text).toBe(wrong.text)
  })

  test('is the reason at each session that it ended, and the event says by whom', async () => {
    const ada = await signUp(here.ask)
    await run('suspendUser', ada.userId, admin)
    await eventually(async () => {
      const answer = await here.ask('query ($id: ID!) { session(id: $id) { endedAt endReason } }', {
        token: support.accessToken,
        variables: { id: ada.sessionId },
      })
      expect(answer.data.session).toEqual({ endedAt: expect.any(String), endReason: 'SUSPENDED' })
    })
    await eventually(async () => {
      const event = await documents('auditEvents').findOne({ name: 'session.ended', subjectId: ada.userId })
      expect(event).toMatchObject({ actorId: admin.userId, facts: { sessionId: ada.sessionId, reason: 'suspended' } })
    })
    expect(await documents('sessionSweeps').countDocuments({ userId: ada.userId })).toBe(0)
  })

  test('over, lets its user sign in again; what ended stays ended', async () => {
    const ada = await signUp(here.ask)
    await run('suspendUser', ada.userId, admin)
    const { done } = (await run('reinstateUser', ada.userId, admin)).data
    expect(done).toEqual({ id: ada.userId, status: 'ACTIVE', suspension: null })
    expect(reasonOf(await me(ada))).toBe('SESSION_ENDED')
    expect(reasonOf(await refresh(here.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
    expect((await me(await signIn(here.ask, ada))).data.me.status).toBe('ACTIVE')
  })

  test('leaves no living token of a sign-in or a refresh that it raced, 40 times', async () => {
    const device = { name: 'test', ipPrefix: null }
    const arrival = { ip: '127.0.0.1', device, deviceTokens: [], delivery: 'body', languages: [] } as const
    const { accounts, signIn: flow, sessions, callers, administration } = here.app
    const actor = await callers.resolve(admin.accessToken)
    if (actor.kind !== 'person') throw new Error('The admin is a person')
    for (let round = 0; round < 40; round += 1) {
      const email = newEmail()
      const first = signedInBy(await accounts.signUp({ email, password: goodPassword }, arrival))
      const given = await Promise.allSettled([
        flow.signIn({ email, password: goodPassword }, arrival),
        sessions.refresh(first.refreshToken, 'body', anonymous),
        new Promise((resolve) => setTimeout(resolve, round % 8)).then(() =>
          administration.suspend(actor, first.user.id),
        ),
      ])
      expect(given[2]?.status).toBe('fulfilled')
      for (const outcome of given.slice(0, 2)) {
        if (outcome.status === 'rejected' || typeof outcome.value !== 'object' || !('access' in outcome.value)) continue
        await expect(callers.resolve(outcome.value.access.accessToken)).rejects.toThrow(
          'The session of this access token',
        )
        await expect(sessions.refresh(outcome.value.refreshToken, 'body', anonymous)).rejects.toThrow('not valid')
      }
    }
  })
})

describe('ending all sessions of somebody', () => {
  test('tells how many lived, and lets the person sign in again', async () => {
    const ada = await signUp(here.ask)
    const other = await signIn(here.ask, ada)
    expect((await run('revokeUserSessions', ada.userId, admin)).data.done).toBe(2)
    for (const session of [ada, other]) {
      expect(reasonOf(await me(session))).toBe('SESSION_ENDED')
      await eventually(async () => expect(reasonOf(await me(session, there.ask))).toBe('SESSION_ENDED'))
      expect(reasonOf(await refresh(here.ask, session.refreshToken))).toBe('REFRESH_REJECTED')
    }
    expect((await run('revokeUserSessions', ada.userId, admin)).data.done).toBe(0)
    expect((await me(await signIn(here.ask, ada))).errors).toEqual([])
    const event = await documents('auditEvents').findOne({ name: 'user.sessions-revoked', subjectId: ada.userId })
    expect(event).toMatchObject({ actorId: admin.userId, outcome: 'success' })
  })

  test('is for oneself, too, and then takes the session that asks', async () => {
    const ada = await signUp(here.ask)
    await signIn(here.ask, ada)
    expect((await run('revokeUserSessions', ada.userId, ada)).data.done).toBe(2)
    expect(reasonOf(await me(ada))).toBe('SESSION_ENDED')
  })

  test('of somebody suspended ends none', async () => {
    const ada = await signUp(here.ask)
    await run('suspendUser', ada.userId, admin)
    expect((await run('revokeUserSessions', ada.userId, admin)).data.done).toBe(0)
  })
})

describe('the lists', () => {
  const usersQuery = `query ($first: Int, $after: String, $filter: UserFilter) {
    users(first: $first, after: $after, filter: $filter) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { id email status } }
    }
  }`
  const eventsQuery = `query ($first: Int, $after: String, $filter: AuditFilter) {
    auditEvents(first: $first, after: $after, filter: $filter) {
      totalCount pageInfo { hasNextPage endCursor } edges { node { id at name actorId subjectId outcome facts } }
    }
  }`
  const list = (query: string, by: SignedInPerson, variables: object = {}) =>
    here.ask(query, { token: by.accessToken, variables: { ...variables } })

  test('of users is walked by its cursors from the newest to the oldest', async () => {
    const newest = await signUp(here.ask)
    const ids: string[] = []
    let after: string | null = null
    do {
      const { data }: Answer = await list(usersQuery, support, { first: 7, after })
      ids.push(...data.users.edges.map(({ node }: { node: { id: string } }) => node.id))
      expect(data.users.pageInfo.hasPreviousPage).toBe(after !== null)
      after = data.users.pageInfo.hasNextPage ? data.users.pageInfo.endCursor : null
    } while (after !== null)
    expect(ids[0]).toBe(newest.userId)
    expect(ids).toHaveLength(await documents('users').countDocuments())
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('of users is filtered as asked', async () => {
    const ada = await signUp(here.ask)
    await run('suspendUser', ada.userId, admin)
    const filter = { email: ada.email.toUpperCase(), status: 'SUSPENDED', role: 'member' }
    const { data } = await list(usersQuery, support, { filter })
    expect(data.users.edges).toMatchObject([{ node: { id: ada.userId, email: ada.email, status: 'SUSPENDED' } }])
    expect((await list(usersQuery, support, { filter: { ...filter, status: 'ACTIVE' } })).data.users.totalCount).toBe(0)
  })

  test.each([[0], [101], [-1]])('give no page of %p', async (first) => {
    for (const query of [usersQuery, eventsQuery]) {
      const answer = await list(query, admin, { first })
      expect(answer.errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: { first: expect.any(String) },
      })
    }
  })

  test('are for nobody in particular not; that of users not for members either', async () => {
    for (const query of [usersQuery, eventsQuery]) expect(reasonOf(await here.ask(query))).toBe('SIGN_IN_REQUIRED')
    expect(reasonOf(await list(usersQuery, await signUp(here.ask)))).toBe('FORBIDDEN')
  })

  test('of events has everybody’s for an admin, and for others what they did and what was done to them', async () => {
    const [ada, eve] = [await signUp(here.ask), await signUp(here.ask)]
    await run('setUserAttributes', ada.userId, admin)
    const seenBy = async (who: SignedInPerson, filter?: object) => {
      const { data } = await list(eventsQuery, who, { first: 100, filter })
      return data.auditEvents.edges.map(({ node }: { node: { name: string } }) => node.name)
    }
    expect(await seenBy(ada)).toEqual(['user.attributes-changed', expect.any(String), expect.any(String)])
    expect((await seenBy(ada)).toSorted()).toEqual(['session.started', 'user.attributes-changed', 'user.signed-up'])
    expect(await seenBy(eve, { subjectId: ada.userId })).toEqual([])
    expect(await seenBy(admin, { subjectId: ada.userId, names: ['user.attributes-changed'] })).toHaveLength(1)
    const { data } = await list(eventsQuery, admin, { first: 1 })
    expect(data.auditEvents.edges).toEqual([
      {
        node: {
          id: expect.stringMatching(/^evt_/),
          at: expect.any(String),
          name: 'user.attributes-changed',
          actorId: admin.userId,
          subjectId: ada.userId,
          outcome: 'SUCCESS',
          facts: { names: 'floor' },
        },
      },
    ])
    const next = await list(eventsQuery, admin, { first: 1, after: data.auditEvents.pageInfo.endCursor })
    expect(next.data.auditEvents.edges[0].node.id < data.auditEvents.edges[0].node.id).toBe(true)
    expect(next.data.auditEvents.totalCount).toBe(data.auditEvents.totalCount)
  })
})
