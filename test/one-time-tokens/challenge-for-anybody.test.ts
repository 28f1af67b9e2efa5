import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { challengeForAnybody, expiryOf } from '../../src/one-time-tokens/challenge-for-anybody.js'

const key = Buffer.alloc(32, 1)
const until = new Date('2030-01-01T08:05:00Z')
const challenge = challengeForAnybody(key, randomBytes, until)
const before = new Date('2030-01-01T08:04:59.999Z')

test('A challenge for anybody says until when it is good', () => {
  expect(expiryOf(key, challenge, before)).toEqual(until)
  expect(expiryOf(key, challenge, until)).toBeNull()
  expect(challengeForAnybody(key, randomBytes, until)).not.toBe(challenge)
})

test('One of another key, or of which one character is another, is none', () => {
  expect(expiryOf(Buffer.alloc(32, 2), challenge, before)).toBeNull()
  for (let index = 0; index < challenge.length; index += 1) {
    const other = challenge.charAt(index) === 'A' ? 'B' : 'A'
    expect(expiryOf(key, challenge.slice(0, index) + other + challenge.slice(index + 1), before)).toBeNull()
  }
})

test.each([
  '',
  '.',
  '..',
  challenge.split('.')[0] ?? '',
  `${challenge}=`,
  `${challenge}.`,
  ` ${challenge}`,
  'A'.repeat(1_000_000),
])('What is of another shape is none (%#)', (text) => {
  expect(expiryOf(key, text, before)).toBeNull()
})
