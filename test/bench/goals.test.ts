import { describe, expect, test } from '@jest/globals'
import { conclude, tableOf } from '../../scripts/bench/growth/report.mjs'
import { compare } from '../../scripts/bench/growth/rounds.mjs'
import { processTableOf, verdictOf } from '../../scripts/bench/process-rows.mjs'
import { percentileOf, slopeOf } from '../../scripts/bench/statistics.mjs'

const even = (median: number) => ({ median, min: median, max: median })
const hundred = Array.from({ length: 100 }, (_, index) => index + 1)

describe('The measures of growth, memory and time', () => {
  test.each([
    ['the value that 95 of 100 do not exceed', 0.95, 95],
    ['the middle', 0.5, 50],
    ['the greatest', 1, 100],
  ])('take as percentile %s', (_what, share, expected) => {
    expect(percentileOf(hundred.toReversed(), share)).toBe(expected)
  })

  test.each([
    ['grows', [1, 3, 5, 7], 2],
    ['shrinks', [7, 5, 3, 1], -2],
    ['stays, however it shakes', [1, 2, 2, 1], 0],
  ])('find the slope of what %s', (_how, values, expected) => {
    expect(slopeOf(values.map((y, x) => ({ x, y })))).toBeCloseTo(expected)
  })

  test('have no slope of one moment', () => {
    expect(() => slopeOf([{ x: 1, y: 1 }])).toThrow(RangeError)
  })

  test.each([
    ['met at the goal', 64, 64, 'met'],
    ['missed above it, however little', 64, 64.001, 'missed'],
    ['met at none of none', 0, 0, 'met'],
    ['missed by one of none', 0, 1, 'missed'],
    ['absent where there is no goal', null, 1_000, null],
  ] as const)('are %s', (_what, atMost, got, expected) => {
    expect(verdictOf({ atMost, got: even(got) })).toBe(expected)
  })

  test.each([
    ['met by a p95 that is a tenth greater', 110, 'met'],
    ['missed by one that is more than that', 112, 'missed'],
  ])('compare the large side with the small one of the same round, and are %s', (_how, slower, verdict) => {
    const samples = (factor: number) => {
      const times = {
        small: hundred.map((ms) => ms * factor),
        large: hundred.map((ms) => (ms * factor * slower) / 100),
      }
      return { signIn: times, refresh: times }
    }
    // The machine was three times as slow in one round: that is nothing the two sides differ in.
    const [signIn] = conclude(compare([samples(1), samples(3), samples(1)]))
    expect(signIn?.ratioOfP95.median).toBeCloseTo(slower / 100)
    expect(signIn?.verdict).toBe(verdict)
  })

  test('print lines of 100 columns at most', () => {
    const side = { p50: 1234.5, p95: 2345.6 }
    const ratios = { ratioOfP50: even(1.234), ratioOfP95: even(1.234) }
    const concluded = (['signIn', 'refresh'] as const).map((operation) => {
      return { operation, small: side, large: side, ...ratios, verdict: 'missed' as const }
    })
    const population = { seed: '', users: 1_000_000, sessionsPerUser: 5, spentTokens: 8 }
    const reading = { what: 'more after 1,000,000 tokens', unit: 'MB', note: '123 MB of heap in use' } as const
    const readings = [{ ...reading, atMost: 64, got: { median: 50, min: 1, max: 100 }, verdict: 'missed' as const }]
    const lines = [
      ...tableOf(concluded, { small: population, large: population }).split('\n'),
      ...processTableOf([{ name: 'memory', title: '', readings }]).split('\n'),
    ]
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  })
})
