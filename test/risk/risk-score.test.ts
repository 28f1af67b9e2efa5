import { describe, expect, test } from '@jest/globals'
import { riskFaults } from '../../src/authorization/risk-definition.js'
import { riskVerdict, scoreAfterReset, type RiskFacts } from '../../src/risk/risk-score.js'

const now = new Date('2030-01-02T00:00:00Z')
const device = (name: string, ipPrefix: string, createdAt = '2029-06-01T00:00:00Z') => ({
  name,
  ipPrefix,
  createdAt: new Date(createdAt),
})
const home = device('Firefox on Linux', '192.0.2.0/24')
const today = (time: string) => device('Firefox on Linux', '192.0.2.0/24', time)
const usual: RiskFacts = {
  isKnown: true,
  devices: [home],
  arriving: home,
  failures: 0,
  isBreached: false,
}
const elsewhere = { name: 'Chrome on Windows', ipPrefix: '198.51.100.0/24' }
const all = { notify: 40, secondFactor: 70, refuse: 100 }

describe('A sign-in', () => {
  test.each([
    ['on a known device is no risk', {}, 0, '', 'allow'],
    ['on a new device of a known kind at home is little', { isKnown: false }, 30, 'unknown-device', 'allow'],
    [
      'with a new kind of browser at home is told',
      { isKnown: false, arriving: { ...home, name: 'Chrome on Windows' } },
      50,
      'unknown-device new-user-agent',
      'notify',
    ],
    [
      'from another network is told',
      { isKnown: false, arriving: { ...home, ipPrefix: '198.51.100.0/24' } },
      50,
      'unknown-device new-network',
      'notify',
    ],
    [
      'from somewhere else altogether calls for a second factor',
      { isKnown: false, arriving: elsewhere },
      70,
      'unknown-device new-user-agent new-network',
      'second-factor',
    ],
    [
      'on a known device that has moved is no news',
      { arriving: elsewhere },
      40,
      'new-user-agent new-network',
      'notify',
    ],
    [
      'from an address that tells nothing is told, however often it is one',
      {
        isKnown: false,
        arriving: { ...home, ipPrefix: null },
        devices: [{ ...home, ipPrefix: null }],
      },
      50,
      'unknown-device new-network',
      'notify',
    ],
    ['after four failures is as before', { isKnown: false, failures: 4 }, 30, 'unknown-device', 'allow'],
    ['after five failures is told', { isKnown: false, failures: 5 }, 50, 'unknown-device failures', 'notify'],
    ['on a known device does not pay for strangers', { failures: 99, isBreached: true }, 0, '', 'allow'],
    [
      'with a stolen password is told',
      { isKnown: false, isBreached: true },
      60,
      'unknown-device breached-password',
      'notify',
    ],
    [
      'on the fourth device within a day is told',
      { isKnown: false, devices: ['01', '02', '03'].map((hour) => today(`2030-01-01T${hour}:00:00Z`)) },
      50,
      'unknown-device velocity',
      'notify',
    ],
    [
      'on the fourth device within a day and a moment is not',
      { isKnown: false, devices: ['00', '02', '03'].map((hour) => today(`2030-01-01T${hour}:00:00Z`)) },
      30,
      'unknown-device',
      'allow',
    ],
    [
      'with everything against it is refused',
      { isKnown: false, arriving: elsewhere, failures: 5, isBreached: true },
      120,
      'unknown-device new-user-agent new-network failures breached-password',
      'refuse',
    ],
    [
      'of an account that has no device is told',
      { isKnown: false, devices: [], arriving: elsewhere },
      40,
      'no-device-known',
      'notify',
    ],
    [
      'of such an account with a stolen password calls for a second factor',
      { isKnown: false, devices: [], isBreached: true },
      70,
      'no-device-known breached-password',
      'second-factor',
    ],
  ] as const)('%s', (_name, change, score, reasons, outcome) => {
    const verdict = riskVerdict({ ...usual, ...change }, now, all)
    expect({ ...verdict, reasons: verdict.reasons.join(' ') }).toEqual({ score, reasons, outcome })
  })

  test('after a new password by mail comes to what a policy must not refuse', () => {
    const owner = { ...usual, isKnown: false, devices: [], arriving: elsewhere, failures: 99 }
    expect(riskVerdict(owner, now, { refuse: scoreAfterReset + 1 })).toMatchObject({
      score: scoreAfterReset,
      outcome: 'allow',
    })
  })

  test('is never refused on a known device, nor where the policy does not say so', () => {
    const worst = { ...usual, arriving: elsewhere, failures: 5, isBreached: true }
    expect(riskVerdict(worst, now, { refuse: 1 }).outcome).toBe('allow')
    expect(riskVerdict(worst, now, { notify: 1, secondFactor: 1, refuse: 1 }).outcome).toBe('second-factor')
    expect(riskVerdict({ ...worst, isKnown: false }, now, { notify: 40, secondFactor: 70 }).outcome).toBe(
      'second-factor',
    )
    expect(riskVerdict({ ...worst, isKnown: false }, now, {}).outcome).toBe('allow')
  })
})

test.each([
  ['nothing', undefined, []],
  ['rising scores', { notify: 40, secondFactor: 40, refuse: 90 }, []],
  ['one of them', { refuse: 90 }, []],
  ['zero', { notify: 0 }, ['has a threshold that is no score']],
  ['a fraction', { notify: 1.5 }, ['has a threshold that is no score']],
  ['text', { notify: '40' as unknown as number }, ['has a threshold that is no score']],
  ['a second factor before a mail', { notify: 40, secondFactor: 30 }, ['has thresholds that do not rise']],
  ['a refusal before a mail', { notify: 40, refuse: 30 }, ['has thresholds that do not rise']],
])('a policy with %s for its thresholds', (_name, risk, problems) => {
  expect(riskFaults(risk).map(({ problem }) => problem)).toEqual(problems)
})
