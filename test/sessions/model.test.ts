import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { assert, asyncProperty, check } from 'fast-check'
import { Unavailable } from '../../src/kernel/errors.js'
import { Contradiction, peopleAtOnce, rounds, run, type Round } from './model/run.js'
import { startService, type Plant, type SessionModelService } from './model/service.js'
import { draw } from '../support/draw.js'

let service: SessionModelService
beforeAll(async () => {
  service = await startService()
})
afterAll(async () => {
  await service.close()
})

/**
 * Several people with several sessions each refresh, sign in and out, revoke, change passwords, are suspended and given
 * roles, all at once; the order is the database's to decide. A model says what must be true whatever it was. The
 * thousand interleavings of one session with its end are in interleavings.test.ts.
 */
test(
  'whatever several people do at once: no token lives after the end of its session, every other session lives, ' +
    'and all see the roles of their person',
  async () => {
    let races = 0
    const property = asyncProperty(
      rounds({ minLength: 8, maxLength: 8 }, { minLength: peopleAtOnce, maxLength: peopleAtOnce }),
      async (played) => {
        races += await run(service, played)
      },
    )
    await assert(property, { ...draw, numRuns: 1, endOnFailure: true })
    expect(races).toBeGreaterThan(0)
  },
  300_000,
)

const plants: [string, Plant][] = [
  [
    'the session that makes the change is not taken over into the new version',
    ({ sessions }) => ({ sessions: { ...sessions, adopt: async () => true } }),
  ],
  [
    'a version is said to be raised, and is not',
    ({ users }) => ({ users: { ...users, bumpSecurityVersion: async (_tx, _id, version) => version + 1 } }),
  ],
  ['an end is reported and not written', ({ sessions }) => ({ sessions: { ...sessions, end: sessions.find } })],
]

describe('The model of sessions finds out when', () => {
  test.each(plants)(
    '%s',
    async (_name, plant) => {
      const service = await startService(plant)
      try {
        const property = asyncProperty(
          rounds({ minLength: 1, maxLength: 2 }, { minLength: 3, maxLength: peopleAtOnce }),
          (played) => judged(service, played),
        )
        // Not made smaller: what two writes do to each other does not repeat at will, and it is one round at most of two.
        const { errorInstance, counterexample } = await check(property, { ...draw, numRuns: 100, endOnFailure: true })
        expect(errorInstance).toBeInstanceOf(Contradiction)
        expect(counterexample).not.toBeNull()
      } finally {
        await service.close()
      }
    },
    300_000,
  )
})

/** A machine that is too busy gives no verdict, which finds nothing. */
async function judged(service: SessionModelService, played: readonly Round[]): Promise<void> {
  try {
    await run(service, played)
  } catch (cause) {
    if (!(cause instanceof Unavailable)) throw cause
  }
}
