import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.js'
import { reasonOf, startTestPortcullis, type Ask, type TestPortcullis } from '../support/portcullis.js'
import { goodPassword, refresh, signIn, signUp, type SignedInPerson } from '../support/people.js'

const meQuery = '{ me { id displayName roles } }'

let here: TestPortcullis
let there: TestPortcullis

beforeAll(async () => {
  here = await startTestPortcullis()
  there = await startTestPortcullis(here.env)
})
afterAll(async () => {
  await Promise.all([here.close(), there.close()])
})

/** Asks until the token is refused; how long that takes is the benchmark's business. */
async function refusedAt(ask: Ask, token: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await ask(meQuery, { token })
    if (answer.status === 401) return String(reasonOf(answer))
    await pause(50)
  }
  return 'never'
}

const changePassword = `mutation ($current: String!, $new: String!) {
  changePassword(input: { currentPassword: $current, newPassword: $new })
}`

const endings: [string, (ada: SignedInPerson, other: SignedInPerson) => Promise<unknown>][] = [
  ['a sign-out', (ada) => here.ask('mutation { signOut }', { token: ada.accessToken })],
  [
    'a sign-out by refresh token',
    (ada) =>
      here.ask('mutation ($t: String) { signOut(input: { refreshToken: $t }) }', {
        variables: { t: ada.refreshToken },
      }),
  ],
  [
    'a revocation from another session',
    (ada, other) =>
      here.ask('mutation ($id: ID!) { revokeSession(id: $id) { id } }', {
        token: other.accessToken,
        variables: { id: ada.sessionId },
      }),
  ],
  ['a sign-out everywhere', (_ada, other) => here.ask('mutation { signOutEverywhere }', { token: other.accessToken })],
  [
    'a password change',
    (ada, other) =>
      here.ask(changePassword, {
        token: other.accessToken,
        variables: { current: ada.password, new: 'another correct battery' },
      }),
  ],
]

describe('An access token', () => {
  test.each(endings)(
    'is refused at once where %s was answered, and soon on every other instance',
    async (_name, end) => {
      const ada = await signUp(here.ask)
      const other = await signIn(here.ask, ada)
      for (const instance of [here, there]) {
        expect((await instance.ask(meQuery, { token: ada.accessToken })).errors).toEqual([])
      }
      await end(ada, other)
      const atOnce = await here.ask(meQuery, { token: ada.accessToken })
      expect([atOnce.status, reasonOf(atOnce), atOnce.data]).toEqual([401, 'SESSION_ENDED', undefined])
      expect(await refusedAt(there.ask, ada.accessToken)).toBe('SESSION_ENDED')
      expect(reasonOf(await refresh(there.ask, ada.refreshToken))).toBe('REFRESH_REJECTED')
    },
  )

  test.each(endings.slice(2))('of the session that made %s goes on', async (_name, end) => {
    const ada = await signUp(here.ask)
    const other = await signIn(here.ask, ada)
    await end(ada, other)
    for (const instance of [here, there]) {
      expect((await instance.ask(meQuery, { token: other.accessToken })).data.me.id).toBe(ada.userId)
    }
    expect((await refresh(there.ask, other.refreshToken)).errors).toEqual([])
  })

  test('is refused by an instance that starts after the end', async () => {
    const ada = await signUp(here.ask)
    await here.ask('mutation { signOut }', { token: ada.accessToken })
    const late = await startTestPortcullis(here.env)
    const answer = await late.ask(meQuery, { token: ada.accessToken })
    await late.close()
    expect(reasonOf(answer)).toBe('SESSION_ENDED')
  })

  test('that is first seen while its session ends is never remembered as good', async () => {
    for (let round = 0; round < 20; round += 1) {
      const ada = await signUp(here.ask)
      await Promise.all([
        here.ask('mutation ($t: String) { signOut(input: { refreshToken: $t }) }', {
          variables: { t: ada.refreshToken },
        }),
        ...Array.from({ length: 5 }, () => there.ask(meQuery, { token: ada.accessToken })),
        ...Array.from({ length: 5 }, () => here.ask(meQuery, { token: ada.accessToken })),
      ])
      expect((await here.ask(meQuery, { token: ada.accessToken })).status).toBe(401)
      expect(await refusedAt(there.ask, ada.accessToken)).toBe('SESSION_ENDED')
    }
  })

  test('sees a change of the profile and of the roles at once here, and soon there; the session lives', async () => {
    const ada = await signUp(here.ask)
    for (const instance of [here, there]) await instance.ask(meQuery, { token: ada.accessToken })
    await here.ask('mutation { updateProfile(input: { displayName: "Countess" }) { id } }', { token: ada.accessToken })
    expect((await here.ask(meQuery, { token: ada.accessToken })).data.me.displayName).toBe('Countess')
    await here.app.database.connection
      .collection('users')
      .updateOne({ _id: ada.userId as never }, { $set: { roles: ['support'] } })
    for (const instance of [here, there]) {
      await eventually(async () => {
        const { data } = await instance.ask(meQuery, { token: ada.accessToken })
        expect(data.me).toMatchObject({ displayName: 'Countess', roles: ['support'] })
      })
    }
  })

  test('of a user who is gone is refused', async () => {
    const ada = await signUp(here.ask)
    await here.ask(meQuery, { token: ada.accessToken })
    await there.app.database.connection.collection('users').deleteOne({ _id: ada.userId as never })
    expect(await refusedAt(here.ask, ada.accessToken)).toBe('SESSION_ENDED')
  })
})

describe('The caller cache', () => {
  test('serves an idle caller without a read for as long as beats arrive', async () => {
    const ada = await signUp(here.ask)
    // Beats may come late on a busy machine, and then a read is right: it is enough that it can be without.
    await eventually(async () => {
      await here.ask(meQuery, { token: ada.accessToken })
      const reads = await countFinds(here, 'sessions')
      for (let second = 0; second < 4; second += 1) {
        await pause(700)
        expect((await here.ask(meQuery, { token: ada.accessToken })).errors).toEqual([])
      }
      expect(await reads.stop()).toBe(0)
    })
  })

  test('without the stream asks the database: never open, still usable, and by caller rather than by request', async () => {
    const deaf = await startTestPortcullis(here.env)
    try {
      const ada = await signUp(here.ask)
      const bob = await signUp(here.ask)
      // From now on nothing tells it of changes, and no beat proves that there were none.
      await deaf.app.callers.stop()
      await eventually(() => expect(deaf.app.callers.isFresh()).toBe(false))
      for (const { accessToken } of [ada, bob]) await deaf.ask(meQuery, { token: accessToken })
      await here.ask('mutation { signOut }', { token: ada.accessToken })
      expect(await refusedAt(deaf.ask, ada.accessToken)).toBe('SESSION_ENDED')
      expect((await refresh(deaf.ask, bob.refreshToken)).errors).toEqual([])
      const reads = await countFinds(deaf, 'sessions')
      for (let request = 0; request < 60; request += 1) await deaf.ask(meQuery, { token: bob.accessToken })
      expect(await reads.stop()).toBeLessThan(30)
      // Its own changes it knows at once, stream or no stream.
      await deaf.ask('mutation { signOut }', { token: bob.accessToken })
      expect((await deaf.ask(meQuery, { token: bob.accessToken })).status).toBe(401)
    } finally {
      await deaf.close()
    }
  })

  test('without beats trusts nothing, and with them again everything', async () => {
    const db = here.app.database.connection.getClient().db(here.app.database.connection.name)
    // No beat can be written any more, on any instance.
    await db.command({ collMod: 'beats', validator: { never: true } })
    try {
      await eventually(() => expect(there.app.callers.isFresh()).toBe(false))
    } finally {
      await db.command({ collMod: 'beats', validator: {} })
    }
    await eventually(() => expect(there.app.callers.isFresh()).toBe(true))
  })

  test('goes on after the change stream was killed', async () => {
    const ada = await signUp(here.ask)
    await there.ask(meQuery, { token: ada.accessToken })
    const admin = here.app.database.connection.getClient().db('admin')
    const { inprog } = await admin.command({ currentOp: 1, $all: true, 'cursor.tailable': true })
    for (const { ns, cursor } of inprog as { ns: string; cursor: { cursorId: unknown } }[]) {
      const [database = '', ...collection] = ns.split('.')
      const client = here.app.database.connection.getClient()
      await client.db(database).command({ killCursors: collection.join('.'), cursors: [cursor.cursorId] })
    }
    await here.ask('mutation { signOut }', { token: ada.accessToken })
    expect(await refusedAt(there.ask, ada.accessToken)).toBe('SESSION_ENDED')
    await eventually(() => expect(there.app.callers.isFresh()).toBe(true))
  })
})

test('the wrong current password changes nothing', async () => {
  const ada = await signUp(here.ask)
  const answer = await here.ask(changePassword, {
    token: ada.accessToken,
    variables: { current: 'not the password at all', new: 'another correct battery' },
  })
  expect(reasonOf(answer)).toBe('CREDENTIALS_REJECTED')
  await signIn(here.ask, { email: ada.email, password: goodPassword })
  expect((await here.ask(meQuery, { token: ada.accessToken })).errors).toEqual([])
})

/** Counts the reads of a collection, by the database's own profiler; one instance must be idle meanwhile. */
async function countFinds({ app }: TestPortcullis, collection: string): Promise<{ stop(): Promise<number> }> {
  const { connection } = app.database
  const db = connection.getClient().db(connection.name)
  await db.command({ profile: 2 })
  const before = await profiled()
  return {
    async stop() {
      await db.command({ profile: 0 })
      return (await profiled()) - before
    },
  }

  function profiled(): Promise<number> {
    // By id: the sweep for waiting events, which comes by itself, is no reading of a caller.
    const ns = `${connection.name}.${collection}`
    return db.collection('system.profile').countDocuments({ op: 'query', ns, 'command.filter._id': { $exists: true } })
  }
}
