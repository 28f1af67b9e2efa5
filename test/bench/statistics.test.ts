import { describe, expect, test } from '@jest/globals'
import { verdictOf } from '../../scripts/bench/verdict.mjs'
import { percentileOf, ratiosOf, spreadOf } from '../../scripts/bench/statistics.mjs'
import { tableOf } from '../../scripts/bench/table.mjs'
import { timesOf } from '../../scripts/bench/timed.mjs'

const round = (requests: number, cpuMs: number, wallMs: number) => ({ requests, cpuMs, wallMs })
const even = (median: number) => ({ median, min: median, max: median })

describe('The bench', () => {
  test.each([
    ['the middle of an odd number', [3, 1, 2], { median: 2, min: 1, max: 3 }],
    ['the mean of the two in the middle of an even number', [10, 1, 2, 4], { median: 3, min: 1, max: 10 }],
    ['the one that there is', [7], { median: 7, min: 7, max: 7 }],
    ['the middle by value and not by spelling', [100, 9, 20], { median: 20, min: 9, max: 100 }],
  ])('takes as median %s', (_what, values, expected) => {
    expect(spreadOf(values)).toEqual(expected)
  })

  test('has no median of nothing', () => {
    expect(() => spreadOf([])).toThrow(RangeError)
  })

  test.each([
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
  ])('takes as percentile what so many do not exceed: %d of 1 to 100', (share, expected) => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(percentileOf(values, share)).toBe(expected)
  })

  test('concludes from all rounds together, and shows how far each is from that', () => {
    const rounds = [{ storm: [1, 9] }, { storm: [3, 4, 5] }]
    const highest = ({ storm = [] }: Record<string, number[]>) => ({ got: Math.max(...storm), baseline: null })
    expect(timesOf(rounds, highest)).toEqual({
      got: 9,
      baseline: null,
      spread: { median: 7, min: 5, max: 9 },
      waiting: { storm: { p50: 4, p99: 9, max: 9, samples: 5 } },
    })
  })

  test('compares each round with the one beside it', () => {
    // The machine is half as fast in the second pair: that is nothing the two sides differ in.
    const baseline = [round(100, 80, 100), round(100, 160, 200), round(100, 80, 100)]
    const measured = [round(100, 100, 125), round(100, 200, 250), round(100, 80, 80)]
    expect(ratiosOf(baseline, measured)).toEqual({
      cpu: { median: 0.8, min: 0.8, max: 1 },
      throughput: { median: 0.8, min: 0.8, max: 1.25 },
    })
  })

  test('compares no rounds that have none beside them', () => {
    expect(() => ratiosOf([round(1, 1, 1)], [])).toThrow(RangeError)
  })

  const atLeast = { kind: 'ratio', atLeast: 0.95 } as const
  const byRate = { kind: 'ratio', atLeast: 6, by: 'throughput' } as const
  const oneRead = { kind: 'reads', exactly: 1 } as const
  const reads = (count: number) => ({ readsPerRequest: { reads: count, getMores: 0 }, cpuMsPerRequest: even(2) })
  test.each([
    ['met by a ratio at the goal', atLeast, 0.95, 5, 'met'],
    ['missed by a ratio below it, however near', atLeast, 0.9499, 1, 'missed'],
    ['met by the one read it asks for', oneRead, 0.1, 1, 'met'],
    ['missed by two', oneRead, 1, 2, 'missed'],
    ['missed by none, which is an answer from somewhere else', oneRead, 1, 0, 'missed'],
    ['met by a throughput at the goal, whatever the CPU', byRate, 0.1, 1, 'met'],
    ['missed by a throughput below it', { ...byRate, atLeast: 6.01 }, 9, 1, 'missed'],
    ['met by a ratio with the read that belongs to it', { ...atLeast, reads: 1 }, 0.95, 1, 'met'],
    ['missed by a ratio of something that was not read', { ...atLeast, reads: 1 }, 0.95, 0, 'missed'],
    ['met by a wait at the goal', { kind: 'time', atMostMs: 5 }, 0.1, 1, 'met'],
    ['missed by a longer wait', { kind: 'time', atMostMs: 4.9 }, 0.1, 1, 'missed'],
    ['met by a CPU time at the goal', { kind: 'cpu', atMostMs: 2 }, 0.1, 1, 'met'],
    ['missed by a longer one', { kind: 'cpu', atMostMs: 1.9 }, 0.1, 1, 'missed'],
    ['absent where there is none', null, 0.1, 1, null],
  ] as const)('has a goal that is %s', (_how, goal, ratio, count, verdict) => {
    const ratios = { cpu: even(ratio), throughput: even(6) }
    expect(verdictOf(goal, { ratios, measured: reads(count), times: { got: 5 } })).toBe(verdict)
  })

  test('prints lines of 100 columns at most', () => {
    const side = {
      cpuMsPerRequest: even(1234.567),
      requestsPerSecond: even(123456),
      readsPerRequest: { reads: 10, getMores: 10 },
      idleCpuMsPerSecond: 0,
      rounds: [],
    }
    const facts = {
      title: 'a title that is not in the table',
      baseline: side,
      measured: side,
      refusal: null,
      times: null,
    }
    const ratios = { cpu: { median: 0.5, min: 0.1, max: 10 }, throughput: even(0.5) }
    const times = { got: 1234.5, spread: even(1234.5), baseline: 1234.5, waiting: {} }
    const lines = tableOf([
      { name: 'viewer-permissions', ...facts, goal: atLeast, verdict: 'missed', ratios },
      { name: 'refresh', ...facts, goal: byRate, verdict: 'missed', ratios: { ...ratios, throughput: even(123.4567) } },
      {
        name: 'storm',
        ...facts,
        baseline: null,
        measured: null,
        goal: { kind: 'time', atMostMs: 50 },
        verdict: 'missed',
        ratios: null,
        times,
      },
      { name: 'entities', ...facts, goal: oneRead, verdict: 'missed', ratios, refusal: 'refused: '.repeat(30) },
    ]).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  })
})
