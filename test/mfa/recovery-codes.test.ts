import { expect, test } from '@jest/globals'
import { systemRandom } from '../../src/kernel/random.js'
import { newRecoveryCodes, recoveryCodeDigest } from '../../src/mfa/recovery-codes.js'

test('There are ten of 80 bits, all different', () => {
  const codes = newRecoveryCodes(systemRandom)
  expect(new Set(codes).size).toBe(10)
  for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/)
})

test.each([
  ['in capitals', 'AB01-CD23-EF45-GH67'],
  ['without its dashes', 'ab01cd23ef45gh67'],
  ['with blanks', ' ab01 cd23 ef45 gh67 '],
  ['with letters for the digits that look like them', 'abO1-cd23-ef45-gh67'],
  ['with an l for the one', 'ab0l-cd23-ef45-gh67'],
])('One typed %s is the same', (_name, typed) => {
  expect(recoveryCodeDigest(typed)).toBe(recoveryCodeDigest('ab01-cd23-ef45-gh67'))
})

test.each([
  ['nothing', ''],
  ['too short', 'ab01-cd23-ef45-gh6'],
  ['too long', 'ab01-cd23-ef45-gh678'],
  ['with a u, which is in none', 'ab01-cd23-ef45-gu67'],
  ['an object of the database', '{"$ne":null}'],
  ['a megabyte', 'a'.repeat(1_000_000)],
])('What is %s is none', (_name, typed) => {
  expect(recoveryCodeDigest(typed)).toBeNull()
})
