import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Provision } from '../../src/accounts/service.js'
import { anonymous, personOf, type Holdings, type Person } from '../../src/kernel/caller.js'
import { Unavailable } from '../../src/kernel/errors.js'
import type { Subject } from '../../src/kernel/subject.js'
import type { SignedInSession } from '../../src/sessions/service.js'
import { goodPassword, newEmail, signedInBy } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { holding } from '../support/holdings.js'

/** Of each of five kinds: a thousand. */
const rounds = 200
const atOnce = 10

let server: TestPortcullis
let admins: SignedInSession[] = []
beforeAll(async () => {
  server = await startTestPortcullis({ REFRESH_MIN_AGE: '0ms' })
  // One for each that are under way: what one person does to others happens one after the other.
  const accounts = Array.from({ length: atOnce }, () => ({ email: newEmail(), password: goodPassword }))
  await server.app.accounts.provision(accounts.map((account) => ({ ...account, roles: ['admin'] })))
  admins = await Promise.all(
    accounts.map(async (account) => signedInBy(await server.app.signIn.signIn(account, arrival))),
  )
})
afterAll(async () => {
  await server.close()
})

const arrival = {
  ip: '127.0.0.1',
  device: { name: 'test', ipPrefix: null },
  deviceTokens: [],
  delivery: 'body',
  languages: [],
} as const

type End = (victim: SignedInSession, keeper: SignedInSession, round: number) => Promise<unknown>

const ends: [string, End, 'kept' | 'ended'][] = [
  [
    'sign-out',
    (victim) =>
      server.app.sessions.signOut({ refreshToken: victim.refreshToken, refreshCookie: null, caller: anonymous }),
    'kept',
  ],
  ['revocation', (victim, keeper) => server.app.sessions.revoke(personIn(keeper), victim.session), 'kept'],
  [
    'password change',
    (_victim, keeper) =>
      server.app.passwords.change(personIn(keeper), {
        currentPassword: goodPassword,
        newPassword: 'another correct battery',
      }),
    'kept',
  ],
  [
    'suspension',
    (victim, _keeper, round) => {
      const admin = admins[round % atOnce]
      if (admin === undefined) throw new Error('There is an admin for each that are under way')
      return server.app.administration.suspend(personIn(admin, { holds: () => true }), victim.user.id)
    },
    'ended',
  ],
  ['sign-out everywhere', (_victim, keeper) => server.app.sessions.signOutEverywhere(personIn(keeper), true), 'ended'],
]

/**
 * Refreshes of a session race each other and the end of it, in an order that the database decides; the start of each is
 * shifted by a few ticks, differently in each round.
 */
test.each(ends)(
  `refresh against %s in ${rounds} interleavings: no token lives afterwards, and the other session does as it should`,
  async (_name, end, other) => {
    const outcomes: string[] = []
    for (let round = 0; round < rounds; round += atOnce) {
      // Made together, because that is one commit.
      const people = await server.app.accounts.provision(Array.from({ length: atOnce }, newAccount))
      const batch = people.map((person, index) => decided(end, person, round + index))
      outcomes.push(...(await Promise.all(batch)))
    }
    expect([...new Set(outcomes)]).toEqual([`victim ended, keeper ${other}`])
  },
  300_000,
)

function newAccount(): Provision {
  return { email: newEmail(), password: goodPassword, displayName: null, roles: ['member'] }
}

/** On a machine that is too busy there may be no verdict. That is none; the round is played again, by somebody else. */
async function decided(end: End, person: Subject, round: number, further = 9): Promise<string> {
  try {
    return await interleave(end, person, round)
  } catch (cause) {
    if (!(cause instanceof Unavailable) || further === 0) throw cause
    const [other = person] = await server.app.accounts.provision([newAccount()])
    return decided(end, other, round, further - 1)
  }
}

async function interleave(end: End, user: Subject, round: number): Promise<string> {
  const start = { user, assurance: 'aal1', ...arrival } as const
  const [keeper, victim] = [await server.app.sessions.start(start), await server.app.sessions.start(start)]
  const answers = await Promise.all([
    ...[0, 1, 2].map(async (index) => {
      await ticks((round * (index + 1)) % 7)
      return tryRefresh(victim.refreshToken)
    }),
    ticks(round % 5).then(() => end(victim, keeper, round)),
  ])
  const given = answers.slice(0, 3).filter((answer): answer is SignedInSession => isSignedIn(answer))
  const refreshTokens = [victim.refreshToken, ...given.map(({ refreshToken }) => refreshToken)]
  const accessTokens = [victim.access.accessToken, ...given.map(({ access }) => access.accessToken)]
  const alive = [
    ...(await Promise.all(refreshTokens.map(tryRefresh))).filter(isSignedIn),
    ...(await Promise.all(accessTokens.map(lives))).filter(Boolean),
  ]
  const keeps = isSignedIn(await tryRefresh(keeper.refreshToken)) && (await lives(keeper.access.accessToken))
  return `victim ${alive.length === 0 ? 'ended' : 'ALIVE'}, keeper ${keeps ? 'kept' : 'ended'}`
}

async function tryRefresh(refreshToken: string): Promise<SignedInSession | string> {
  return server.app.sessions.refresh(refreshToken, 'body', anonymous).catch((cause: Error) => cause.name)
}

function isSignedIn(answer: unknown): answer is SignedInSession {
  return typeof answer === 'object' && answer !== null && 'access' in answer
}

async function lives(accessToken: string): Promise<boolean> {
  try {
    return (await server.app.callers.resolve(accessToken)).kind === 'person'
  } catch (cause) {
    if (cause instanceof Unavailable) throw cause
    return false
  }
}

function personIn(signedIn: SignedInSession, change: Partial<Holdings> = {}): Person {
  const { user, session, assurance, authenticatedAt } = signedIn
  const holdings = { ...holding(), holdsOwn: () => true, ...change }
  return personOf({ user, sessionId: session.id, assurance, authenticatedAt, holdings })
}

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) await new Promise((resolve) => setImmediate(resolve))
}
