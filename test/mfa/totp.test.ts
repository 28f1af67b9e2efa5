import { describe, expect, test } from '@jest/globals'
import { totpLabel, totpStep } from '../../src/mfa/totp.js'

/** RFC 6238, Appendix B: the key of its vectors for SHA-1, and the last six of their eight digits. */
const key = Buffer.from('12345678901234567890')
const vectors: [number, string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
]
const at = (seconds: number): Date => new Date(seconds * 1000)

describe('A code of an authenticator app', () => {
  test.each(vectors)('at %d s is %s, as in RFC 6238', (seconds, code) => {
    expect(totpStep(key, code, at(seconds))).toBe(Math.floor(seconds / 30))
  })

  test.each<[string, number, number | null]>([
    ['a step late', 30, 1],
    ['a step early', -30, 1],
    ['two steps late', 61, null],
    ['two steps early', -60, null],
  ])('%s', (_name, shift, step) => {
    expect(totpStep(key, '287082', at(59 + shift))).toBe(step)
  })

  test.each([
    ['another one', '287083'],
    ['empty', ''],
    ['too short', '28708'],
    ['of eight digits', '94287082'],
    ['of other digits', '２８７０８２'],
    ['with a sign', '+87082'],
    ['of letters', 'abcdef'],
    ['a megabyte', '1'.repeat(1_000_000)],
  ])('that is %s is none', (_name, code) => {
    expect(totpStep(key, code, at(59))).toBeNull()
  })

  test('may be typed as it is shown, in two halves', () => {
    expect(totpStep(key, ' 287 082 ', at(59))).toBe(1)
  })
})

test('The label of a secret says what an app needs, whatever the names are', () => {
  const { secret, uri } = totpLabel(key, 'Ünï & Co: ', 'ada@example.com')
  expect(secret).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  const url = new URL(uri)
  expect(`${url.protocol}${url.host}`).toBe('otpauth:totp')
  const { issuer, ...rest } = Object.fromEntries(url.searchParams)
  expect(rest).toEqual({ secret, algorithm: 'SHA1', digits: '6', period: '30' })
  expect(issuer).toContain('Ünï & Co')
  expect(decodeURIComponent(url.pathname)).toContain('ada@example.com')
})
