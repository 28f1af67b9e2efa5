import { describe, expect, test } from '@jest/globals'
import { declinesOf, referenceOf } from '../../scripts/bench/reference.mjs'

type Result = Parameters<typeof referenceOf>[0][number]

const even = (median: number) => ({ median, min: median, max: median })
const where = { at: '2030-01-01T08:00:00.000Z', node: '20.19.0', machine: 'linux x64, 2 cores, one of a kind' }
const byCpu = { kind: 'ratio', atLeast: 0.95 } as const
const byRate = { kind: 'ratio', atLeast: 0.95, by: 'throughput' } as const
const twoReads = { kind: 'reads', exactly: 2 } as const
const soon = { kind: 'time', atMostMs: 50 } as const

function result(change: Partial<Result>): Result {
  return { name: 'me', goal: null, verdict: null, refusal: null, ratios: null, ...change }
}

const ratio = (cpu: number, change: Partial<Result> = {}) =>
  result({ goal: byCpu, verdict: 'missed', ratios: { cpu: even(cpu), throughput: even(1) }, ...change })

describe('A run that is compared with the reference', () => {
  test.each<[string, Result, Result, readonly string[]]>([
    ['a ratio that fell by 9 %', ratio(1), ratio(0.91), []],
    ['a ratio that fell by 11 %', ratio(1), ratio(0.89), ['me: 0.890 where it was 1.000, 11 % less']],
    ['a ratio that rose', ratio(0.5), ratio(2), []],
    ['a goal that was missed before, too', ratio(0.9), ratio(0.89), []],
    [
      'a goal that was met, by a ratio that fell by less than a tenth',
      ratio(0.96, { verdict: 'met' }),
      ratio(0.94, { verdict: 'missed' }),
      [],
    ],
    [
      'a ratio of throughput that fell while that of CPU did not',
      ratio(1, { goal: byRate, ratios: { cpu: even(1), throughput: even(4) } }),
      ratio(1, { goal: byRate, ratios: { cpu: even(1), throughput: even(3) } }),
      ['me: 3.000 where it was 4.000, 25 % less'],
    ],
    [
      'a ratio without a goal that fell',
      ratio(2, { goal: null }),
      ratio(1, { goal: null }),
      ['me: 1.000 where it was 2.000, 50 % less'],
    ],
    ['a ratio that is not there any more', ratio(1), ratio(1, { ratios: null }), ['me: no ratio any more']],
    [
      'a number of reads that is right no more',
      result({ goal: twoReads, verdict: 'met' }),
      result({ goal: twoReads, verdict: 'missed' }),
      ['me: its goal is missed now'],
    ],
    [
      'a ratio beside a number of reads',
      ratio(1, { goal: twoReads, verdict: 'met' }),
      ratio(0.5, { goal: twoReads, verdict: 'met' }),
      [],
    ],
    [
      'a wait that has become too long',
      result({ goal: soon, verdict: 'met' }),
      result({ goal: soon, verdict: 'missed' }),
      ['me: its goal is missed now'],
    ],
    [
      'a wait that always was',
      result({ goal: soon, verdict: 'missed' }),
      result({ goal: soon, verdict: 'missed' }),
      [],
    ],
    ['a refusal', ratio(1), ratio(1, { refusal: 'refused: no' }), ['me: refused: no']],
    ['a refusal where the goal was missed before', ratio(1), result({ refusal: 'gone' }), ['me: gone']],
  ])('says of %s', (_what, before, now, declines) => {
    expect(declinesOf(referenceOf([before], where), [now], ['me'])).toEqual(declines)
  })

  test('says which rows are absent on either side', () => {
    const reference = referenceOf([ratio(1), ratio(1, { name: 'list' })], where)
    const declines = declinesOf(reference, [ratio(1), ratio(1, { name: 'storm' })], ['me', 'list', 'storm'])
    expect(declines).toEqual(['list: absent', 'storm: not in the reference (--update-reference)'])
  })

  test('says nothing of rows that were not asked for', () => {
    const reference = referenceOf([ratio(1), ratio(1, { name: 'list' })], where)
    expect(declinesOf(reference, [ratio(1)], ['me'])).toEqual([])
  })
})

test('A reference says when and where it was measured', () => {
  expect(referenceOf([ratio(0.91234)], where)).toEqual({ ...where, rows: { me: { ratio: 0.912, verdict: 'missed' } } })
})
