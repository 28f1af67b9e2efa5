import { expect, test } from '@jest/globals'
import { printReport } from '../../src/attack/report.js'
import { exitCodeOf, type Report, type Result } from '../../src/attack/run.js'
import { judgeShift, median, shiftBetween } from '../../src/attack/statistics.js'

const spread = (centre: number, width: number, count = 16) =>
  Array.from({ length: count }, (_each, index) => centre + width * ((index * 7) % count) * (1 / count) - width / 2)

test.each([
  ['the same', spread(50, 4), spread(50, 4), 'alike'],
  ['a hundred ms more', spread(2, 2), spread(102, 8), 'apart'],
  ['a hundred ms less', spread(102, 8), spread(2, 2), 'apart'],
  ['the same with pauses of the machine', [...spread(50, 4), 900, 1_200], [...spread(50, 4), 2_000], 'alike'],
  ['noise as large as the difference', spread(50, 60), spread(58, 60), 'unclear'],
  ['two samples', [1, 2], [100, 101], 'apart'],
] as const)('%s is judged', (_name, left, right, verdict) => {
  expect(judgeShift(shiftBetween(left, right), 5)).toBe(verdict)
})

test('the shift is how much later the second list is', () => {
  expect(shiftBetween([1, 2, 3], [11, 12, 13]).estimate).toBe(10)
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
})

const result = (outcome: Result['outcome'], area: Result['area'] = 'Tokens'): Result => ({
  check: `check-${outcome}`,
  area,
  title: `A title that says what should hold, ${outcome}`,
  outcome,
  detail: 'What was seen was rather long, so long that it takes more than one line of a terminal with eighty columns.',
  reason: 'Because.',
  remedy: 'Mend it.',
  references: ['RFC 1', 'RFC 2'],
})

const report = (...outcomes: Result['outcome'][]): Report => {
  const summary = { pass: 0, fail: 0, warn: 0, undecided: 0, 'not-applicable': 0 }
  for (const outcome of outcomes) summary[outcome] += 1
  const results = outcomes.map((outcome) => result(outcome))
  return { version: 1, target: 'http://localhost:4000/graphql', requests: 7, seconds: 1.5, summary, results }
}

test.each([
  [['pass', 'warn', 'not-applicable'], false, 0],
  [['pass', 'fail'], false, 1],
  [['pass', 'undecided'], false, 0],
  [['pass', 'undecided'], true, 1],
] as const)('%p (strict: %p) is exit code %p', (outcomes, strict, code) => {
  expect(exitCodeOf(report(...outcomes), { strict })).toBe(code)
})

test('the report fits the terminal, and has colour only where it is wanted', () => {
  const all = report('pass', 'fail', 'warn', 'undecided', 'not-applicable')
  const plain = printReport(all, { columns: 80, inColour: false })
  expect(Math.max(...plain.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  expect(plain).not.toContain('\u001b')
  expect(plain.split('\n').slice(0, 8)).toEqual([
    'Tokens',
    '  pass   A title that says what should hold, pass',
    '  FAIL   A title that says what should hold, fail',
    '         What was seen was rather long, so long that it takes more than one line',
    '         of a terminal with eighty columns.',
    '         Why: Because.',
    '         Do: Mend it.',
    '         See: RFC 1; RFC 2',
  ])
  expect(plain).toContain('1 passed, 1 failed, 1 warning, 1 undecided, 1 not applicable. 7 requests in 1.5\ns to')
  const coloured = printReport(all, { columns: 80, inColour: true })
  // oxlint-disable-next-line no-control-regex
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain)
})
