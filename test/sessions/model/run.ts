import { setTimeout as pause } from 'node:timers/promises'
import { array, boolean, constantFrom, nat, oneof, record, tuple, type Arbitrary } from 'fast-check'
import { anonymous } from '../../../src/kernel/caller.js'
import { Unavailable } from '../../../src/kernel/errors.js'
import { goodPassword, newEmail, signedInBy } from '../../support/people.js'
import {
  callerIn,
  newest,
  newPerson,
  refresh,
  sessionOf,
  startSession,
  type KnownPerson,
  type KnownSession,
} from './people.js'
import { judge, play, type Admin, type Expected, type Judged, type Timed } from './round.js'
import type { SessionModelService } from './service.js'

/** What is done at once: for each person some refreshes, and one or two other things. */
export type Round = readonly (readonly Timed[])[]

export const peopleAtOnce = 6
const sessionsOfEach = 4

const after = nat(24)
const index = nat(sessionsOfEach - 1)
const kind = <const Kind extends string>(name: Kind) => constantFrom(name)
const end: Arbitrary<Timed> = oneof(
  record({ kind: kind('sign-out'), session: index, after }),
  record({ kind: kind('revoke'), session: index, by: index, after }),
  record({ kind: kind('change-password'), by: index, after }),
  record({ kind: kind('sign-out-everywhere'), by: index, includeCurrent: boolean(), after }),
  record({ kind: kind('suspend'), after }),
)
const other: Arbitrary<Timed> = oneof(
  record({ kind: kind('sign-in'), after }),
  record({ kind: kind('set-roles'), roles: constantFrom(['member'], ['member', 'support'], []), after }),
  record({ kind: kind('reinstate'), after }),
  end,
)
const refreshing = record({ kind: kind('refresh'), session: index, back: constantFrom(0, 0, 1), after })
const ofOne = tuple(array(refreshing, { minLength: 4, maxLength: 7 }), end, array(other, { maxLength: 1 }))

/** @param count how many rounds @param people how many of them take part in a round */
export function rounds(count: Size, people: Size): Arbitrary<Round[]> {
  const round = array(
    ofOne.map(([some, end, more]): Timed[] => [...some, end, ...more]),
    people,
  )
  return array(round, count)
}

interface Size {
  readonly minLength: number
  readonly maxLength: number
}

/** The service did what no order of the actions allows. */
export class Contradiction extends Error {
  override readonly name = 'Contradiction'
}

/** Plays rounds one after the other, with the same people. @returns how many sessions ended while they were refreshed */
export async function run(service: SessionModelService, played: readonly Round[]): Promise<number> {
  let races = 0
  const people = await Promise.all(Array.from({ length: peopleAtOnce }, () => patiently(() => newPerson(service))))
  const admins = await Promise.all(people.map(() => patiently(() => newAdmin(service))))
  for (const round of played) {
    const results = await Promise.all(
      round.map(async (actions, index) => {
        const [person, admin] = [people[index], admins[index]]
        if (person === undefined || admin === undefined) throw new Error('There is somebody for each')
        await prepare(service, person, admin)
        const answers = await play(service, person, { actions, admin })
        if (answers.some(({ answer }) => answer === 'no verdict')) {
          // It may have been done, or will be yet: nothing can be said of this person any more.
          people[index] = await patiently(() => newPerson(service))
          return 0
        }
        const judged = judge(person, answers)
        await verify(service, person, judged)
        return judged.races
      }),
    )
    races += results.reduce((sum, count) => sum + count, 0)
  }
  return races
}

/** An account that may do everything, and a session of it. */
async function newAdmin(service: SessionModelService): Promise<Admin> {
  const account = { email: newEmail(), password: goodPassword }
  await service.accounts.provision([{ ...account, roles: ['admin'] }])
  const arrival = {
    ip: '127.0.0.1',
    device: { name: 'test', ipPrefix: null },
    deviceTokens: [],
    delivery: 'body',
  } as const
  return sessionOf(signedInBy(await service.signIn.signIn(account, arrival)))
}

/** So many sessions live when a round begins. */
async function prepare(service: SessionModelService, person: KnownPerson, admin: Admin): Promise<void> {
  if (person.isSuspended) {
    await patiently(async () => service.administration.reinstate(await callerIn(service, admin), person.userId))
    person.isSuspended = false
  }
  const missing = Array.from({ length: sessionsOfEach - person.living.length })
  person.living.push(...(await Promise.all(missing.map(() => patiently(() => startSession(service, person))))))
}

/** Compares what is with what must be, and takes over what could have been either. */
async function verify(service: SessionModelService, person: KnownPerson, judged: Judged): Promise<void> {
  const found = await Promise.all(
    [...judged.sessions].map(async ([session, expected]) => {
      const lives = await livesFor(service, session, expected)
      if (lives && expected === 'ended') throw new Contradiction(`a token of session ${session.id} lives after its end`)
      if (!lives && expected === 'lives')
        throw new Contradiction(`session ${session.id} has ended, and nothing ended it`)
      return { session, lives }
    }),
  )
  // One of those from the round before: an end is for ever.
  const [before] = person.ended
  if (before !== undefined && (await livesFor(service, before, 'ended')))
    throw new Contradiction(`session ${before.id} is back`)
  person.living = found.filter(({ lives }) => lives).map(({ session }) => session)
  person.ended = found.filter(({ lives }) => !lives).map(({ session }) => session)
  person.password = judged.password
  await verifyRoles(service, person, judged)
  const isLivingAndSuspended = person.living.length > 0 && judged.isSuspended === true
  if (isLivingAndSuspended) throw new Contradiction('a suspended person has a session')
  // Where suspending and reinstating came together, only the database knows which came last: reinstating again is no harm.
  person.isSuspended = judged.isSuspended ?? true
}

async function verifyRoles(service: SessionModelService, person: KnownPerson, { roles }: Judged): Promise<void> {
  const callers = await Promise.all(person.living.map((session) => patiently(() => callerIn(service, session))))
  const seen = callers.map(({ user }) => JSON.stringify(user.roles))
  const possible = roles.map((each) => JSON.stringify(each))
  if (seen.some((each) => !possible.includes(each)))
    throw new Contradiction(`roles ${seen.join()}, not ${possible.join()}`)
  if (new Set(seen).size > 1) throw new Contradiction(`two sessions of one person have different roles: ${seen.join()}`)
  person.roles = callers[0]?.user.roles ?? roles.at(-1) ?? []
  if (callers.length === 0 && roles.length > 1) throw new Error('Roles are given one after the other')
}

/** Whether any token of it is still good; of one that must live, whether the newest of both kinds are. */
async function livesFor(service: SessionModelService, session: KnownSession, expected: Expected): Promise<boolean> {
  if (expected === 'lives') {
    const isRefreshed = await isGood(() => refresh(service, session))
    return isRefreshed && (await isGood(() => callerIn(service, session)))
  }
  // The first and the newest of both kinds.
  const refreshTokens = [...new Set([session.refreshTokens[0] ?? '', newest(session.refreshTokens)])]
  const accessTokens = [...new Set([session.accessTokens[0] ?? '', newest(session.accessTokens)])]
  const refreshed = await Promise.all(
    refreshTokens.map((token) => isGood(() => service.sessions.refresh(token, 'body', anonymous))),
  )
  // Said already, and of a session that was announced to have ended the cache gives no verdict on a living one.
  if (expected === 'ended' && refreshed.includes(true)) return true
  const resolved = await Promise.all(accessTokens.map((token) => isGood(async () => service.callers.resolve(token))))
  const lives = [...refreshed, ...resolved]
  if (expected === 'either' && new Set(lives).size > 1)
    throw new Contradiction(`half of session ${session.id} lives: ${lives.join()}`)
  return lives.includes(true)
}

const isGood = (work: () => Promise<unknown>): Promise<boolean> => patiently(() => work().then(() => true, refusal))

/** A refusal is a verdict, an unreachable database is none. */
function refusal(cause: unknown): false {
  if (cause instanceof Unavailable) throw cause
  return false
}

/** On a machine that is too busy there may be no verdict: that is asked again. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; attempt < 10; attempt += 1) {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof Unavailable)) throw cause
      await pause(50 * attempt)
    }
  }
  return work()
}
