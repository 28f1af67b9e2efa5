import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startReplicaSet } from '../../scripts/mongod.mjs'
import { eventually } from '../support/eventually.js'
import { goodPassword, newEmail, refresh, signIn, signUp } from '../support/people.js'
import { reasonOf, startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'

type ReplicaSet = Awaited<ReturnType<typeof startReplicaSet>>

const quiet = { log: () => undefined }
const meQuery = '{ me { id } }'

function databaseOf({ uri }: ReplicaSet): Record<string, string> {
  return { MONGODB_URI: uri.replace('/?', '/portcullis?'), DATABASE_TIMEOUT: '2s' }
}

describe('While the database does not answer', () => {
  let replicaSet: ReplicaSet
  let server: TestPortcullis
  beforeAll(async () => {
    replicaSet = await startReplicaSet(quiet)
    server = await startTestPortcullis(databaseOf(replicaSet))
  }, 180_000)
  afterAll(async () => {
    await server.close()
    await replicaSet.stop()
  })

  test('whatever has a caller is UNAVAILABLE, the rest answers; afterwards all goes on', async () => {
    const ada = await signUp(server.ask)
    const [member] = replicaSet.members
    member?.pause()
    try {
      await eventually(async () => {
        const answer = await server.ask(meQuery, { token: ada.accessToken })
        expect([answer.status, answer.errors[0]?.extensions.code, answer.data]).toEqual([503, 'UNAVAILABLE', undefined])
      })
      const refused = await refresh(server.ask, ada.refreshToken)
      expect(refused.errors[0]?.extensions.code).toBe('UNAVAILABLE')
      const signedIn = await signIn(server.ask, ada).catch((cause: Error) => cause.message)
      expect(signedIn).toContain('UNAVAILABLE')
      expect(signedIn).not.toContain(ada.email)
      expect((await fetch(`${server.url}/.well-known/jwks.json`)).status).toBe(200)
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(503)
      expect((await server.ask('{ signInOptions { signUp } }')).data.signInOptions.signUp).toBe('OPEN')
      expect(reasonOf(await server.ask(meQuery))).toBe('SIGN_IN_REQUIRED')
    } finally {
      member?.resume()
    }
    await eventually(async () => {
      expect((await server.ask(meQuery, { token: ada.accessToken })).data?.me?.id).toBe(ada.userId)
    })
    await eventually(async () => expect((await refresh(server.ask, ada.refreshToken)).errors).toEqual([]))
    await eventually(() => expect(server.app.callers.isFresh()).toBe(true))
  }, 120_000)
})

describe('Of three members', () => {
  let replicaSet: ReplicaSet
  let server: TestPortcullis
  beforeAll(async () => {
    replicaSet = await startReplicaSet({ nodes: 3, ...quiet })
    server = await startTestPortcullis(databaseOf(replicaSet))
  }, 180_000)
  afterAll(async () => {
    await server.close()
    await replicaSet.stop()
  })

  test('with two that do not answer, what the third alone has is not taken for done when it is asked for again', async () => {
    const ada = await signUp(server.ask)
    const account = { email: newEmail(), password: goodPassword }
    await server.app.accounts.provision([{ ...account, roles: ['admin'] }])
    const admin = await signIn(server.ask, account)
    const suspend = () =>
      server.ask('mutation ($id: ID!) { suspendUser(id: $id) { status } }', {
        token: admin.accessToken,
        variables: { id: ada.userId },
      })
    const signOut = () =>
      server.ask('mutation ($token: String) { signOut(input: { refreshToken: $token }) }', {
        variables: { token: ada.refreshToken },
      })
    const primary = await replicaSet.primary()
    const others = replicaSet.members.filter((member) => member !== primary)
    for (const member of others) member.pause()
    try {
      const first = [suspend(), signOut()]
      await pause(400)
      const answers = await Promise.all([...first, suspend(), signOut()])
      expect(answers.map(({ errors }) => errors[0]?.extensions.code)).toEqual(Array(4).fill('UNAVAILABLE'))
    } finally {
      for (const member of others) member.resume()
    }
    // Whatever became of the first ones: now it is done, and it stays.
    await eventually(async () => expect((await suspend()).data?.suspendUser?.status).toBe('SUSPENDED'))
    await eventually(async () => expect((await signOut()).data?.signOut).toBe(true))
  }, 120_000)

  test("the primary killed between a winner's rotation and a loser's reading, nobody is taken for a thief", async () => {
    const ada = await signUp(server.ask)
    const winner = await refresh(server.ask, ada.refreshToken)
    const { refreshToken } = winner.data.refreshSession.tokens
    const primary = await replicaSet.primary()
    await primary.kill()
    // Every answer until the next primary is found must be "not now"; none may be a verdict.
    const loser = await eventually(async () => {
      const answer = await refresh(server.ask, ada.refreshToken)
      if (answer.errors.length > 0) expect(answer.errors[0]?.extensions.code).toBe('UNAVAILABLE')
      expect(answer.errors).toEqual([])
      return answer
    })
    expect(loser.data.refreshSession.tokens.refreshToken).toBe(refreshToken)
    const session = await server.app.database.connection.collection('sessions').findOne({ _id: ada.sessionId as never })
    expect([session?.endedAt, session?.family.generation]).toEqual([null, 1])
  }, 120_000)
})
