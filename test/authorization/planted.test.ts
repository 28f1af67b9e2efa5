import { expect, test } from '@jest/globals'
import { asyncProperty, check, gen } from 'fast-check'
import { compare, Disagreement, runs, seed } from './model/differential.js'
import { features } from './model/features.js'
import { controls, plants } from './model/plants.js'
import { traceless } from './model/traceless.js'

const possible = plants.filter(({ needs }) => needs === undefined || features[needs])

test.each(possible)(
  'the comparison with the naive reader finds out when $name',
  async ({ steps }) => {
    const property = asyncProperty(gen(), (generate) => traceless(() => compare(generate, steps)))
    const { errorInstance } = await check(property, { numRuns: runs, seed, endOnFailure: true })
    expect(errorInstance).toBeInstanceOf(Disagreement)
  },
  180_000,
)

test.each(controls)(
  'it finds nothing wrong when a decision is $name',
  async ({ steps }) => {
    const property = asyncProperty(gen(), (generate) => traceless(() => compare(generate, steps)))
    const { errorInstance } = await check(property, { numRuns: runs / 6, seed, endOnFailure: true })
    expect(errorInstance).toBeNull()
  },
  180_000,
)
