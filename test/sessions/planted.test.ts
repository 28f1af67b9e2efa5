import { describe, expect, test } from '@jest/globals'
import { asyncProperty, check } from 'fast-check'
import { Unavailable } from '../../src/kernel/errors.js'
import { Contradiction, rounds, run, type Round } from './model/run.js'
import { startService, type Plant, type SessionModelService } from './model/service.js'

const plants: [string, Plant][] = [
  [
    'an end gives way to a refresh that came between its reading and its writing',
    ({ sessions }) => ({
      sessions: {
        ...sessions,
        async end(id, userId, ending) {
          const seen = await sessions.find(id)
          const now = await sessions.find(id)
          if (seen?.family.generation !== now?.family.generation) return now
          return sessions.end(id, userId, ending)
        },
      },
    }),
  ],
  [
    'the session that makes the change is not taken over into the new version',
    ({ sessions }) => ({ sessions: { ...sessions, adopt: async () => true } }),
  ],
  ['nobody tells the remembered callers of a change at once', () => ({ announce: () => undefined })],
  [
    'a version is said to be raised, and is not',
    ({ users }) => ({ users: { ...users, bumpSecurityVersion: async (_tx, _id, version) => version + 1 } }),
  ],
]

describe('The model of sessions finds out when', () => {
  test.each(plants)(
    '%s',
    async (_name, plant) => {
      const service = await startService(plant)
      try {
        const property = asyncProperty(
          rounds({ minLength: 1, maxLength: 2 }, { minLength: 1, maxLength: 3 }),
          (played) => judged(service, played),
        )
        // Not made smaller: what two writes do to each other does not repeat at will, and it is one round at most of two.
        const { errorInstance, counterexample } = await check(property, { numRuns: 100, endOnFailure: true })
        expect(errorInstance).toBeInstanceOf(Contradiction)
        expect(counterexample).not.toBeNull()
      } finally {
        await service.close()
      }
    },
    180_000,
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
