import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { assert, asyncProperty } from 'fast-check'
import { peopleAtOnce, rounds, run } from './model/run.js'
import { startService, type SessionModelService } from './model/service.js'

/** Of sessions that end while they are being refreshed. */
const fewest = 1_000

let service: SessionModelService
beforeAll(async () => {
  service = await startService()
})
afterAll(async () => {
  await service.close()
})

/**
 * Several people with several sessions each refresh, sign in and out, revoke, change passwords, are suspended and given
 * roles, all at once; the order is the database's to decide. A model says what must be true whatever it was.
 */
test(
  `refresh against sign-out, revocation, password change, suspension and sign-out everywhere, in ${fewest} interleavings: ` +
    'no token lives after the end of its session, every other session lives, and all see the roles of their person',
  async () => {
    let races = 0
    const property = asyncProperty(
      rounds({ minLength: 26, maxLength: 26 }, { minLength: peopleAtOnce, maxLength: peopleAtOnce }),
      async (played) => {
        races += await run(service, played)
      },
    )
    await assert(property, { numRuns: 5, endOnFailure: true })
    expect(races).toBeGreaterThanOrEqual(fewest)
  },
  900_000,
)
