import { expect } from '@jest/globals'
import { assert, asyncProperty, check, property, type Arbitrary } from 'fast-check'
import { draw } from '../support/draw.js'

/** A sentence about all inputs of a function, and a naive version of the function for which it must turn out false. */
export interface Claim<Input, Subject> {
  readonly inputs: Arbitrary<Input>
  readonly holds: (subject: Subject, input: Input) => void
  readonly real: Subject
  readonly naive: Subject
  readonly runs?: number
}

/** Holds for the real one; of the naive one an input is found, and made as small as it gets. */
export function claim<Input, Subject>({ inputs, holds, real, naive, runs = 1_000 }: Claim<Input, Subject>): void {
  assert(
    property(inputs, (input) => holds(real, input)),
    { ...draw, numRuns: runs },
  )
  const found = check(
    property(inputs, (input) => holds(naive, input)),
    { ...draw, numRuns: 20 * runs },
  )
  expect(found.counterexample).not.toBeNull()
}

/** The same for what takes its time. */
export interface SlowClaim<Input, Subject> extends Omit<Claim<Input, Subject>, 'holds'> {
  readonly holds: (subject: Subject, input: Input) => Promise<void>
}

export async function slowClaim<Input, Subject>(claimed: SlowClaim<Input, Subject>): Promise<void> {
  const { inputs, holds, real, naive, runs = 300 } = claimed
  await assert(
    asyncProperty(inputs, (input) => holds(real, input)),
    { ...draw, numRuns: runs },
  )
  // That there is one is enough: making it smaller would take longer than finding it.
  const found = await check(
    asyncProperty(inputs, (input) => holds(naive, input)),
    { ...draw, numRuns: 20 * runs, endOnFailure: true },
  )
  expect(found.counterexample).not.toBeNull()
}
