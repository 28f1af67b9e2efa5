import { expect, test } from '@jest/globals'
import { asyncProperty, check, gen } from 'fast-check'
import { compare, newTally, runs, seed } from './model/differential.js'
import { traceless } from './model/traceless.js'

test(`${runs} random services decide every request as the naive reader of their rules does (seed ${seed})`, async () => {
  const tally = newTally()
  const property = asyncProperty(gen(), (generate) => traceless(() => compare(generate, {}, tally)))
  // A smaller example is not worth the minutes: the one found describes itself.
  const { failed, errorInstance } = await check(property, { numRuns: runs, seed, endOnFailure: true })
  if (failed) throw errorInstance
  // Enough of everything, or the agreement says little.
  expect(tally.refusedSchemas).toBeLessThan(runs / 5)
  expect(tally.refusedSchemas).toBeGreaterThan(runs / 50)
  expect(tally.texts).toBeGreaterThan(tally.answers / 2)
  for (const code of ['SIGN_IN_REQUIRED', 'FORBIDDEN', 'STEP_UP_REQUIRED', 'NOT_FOUND', 'NULL']) {
    expect([code, (tally.codes.get(code) ?? 0) > runs / 10]).toEqual([code, true])
  }
}, 180_000)
