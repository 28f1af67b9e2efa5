import { describe, expect, test } from '@jest/globals'
import { breachHash, entryOf, rangeHas } from '../../src/passwords/breach-range.js'

/** SHA-1 of "password", as https://haveibeenpwned.com/API/v3 shows it. */
const hash = '5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8'
const suffix = hash.slice(5)
const other = '0018A45C4D1DEF81644B54AB7F969B88D65'

test('the hash is SHA-1 in upper case', () => {
  expect(breachHash('password')).toBe(hash)
})

describe('a range', () => {
  test.each([
    ['has what one of its lines has', `${other}:1\r\n${suffix}:10434004\r\n`, true],
    ['may end without a line feed, and have bare ones', `${other}:1\n${suffix}:3`, true],
    ['may be in lower case', `${suffix.toLowerCase()}:3`, true],
    ['does not have what is in no line', `${other}:1\r\n`, false],
    ['does not have padding, whose count is 0', `${other}:1\r\n${suffix}:0\r\n`, false],
    ['is none when it is empty', '', null],
    ['is none when it is blank', '\r\n\r\n', null],
    ['is none when it is a page', '<html>5BAA6</html>', null],
    ['is none when one line is not like the others', `${suffix}:3\nsorry`, null],
    ['is none when its hashes are whole', `${hash}:3`, null],
    ['is none without counts', `${suffix}\n`, null],
    ['is none with negative counts', `${suffix}:-1\n`, null],
  ])('%s', (_name, text, expected) => {
    expect(rangeHas(text, hash)).toBe(expected)
  })
})

test('a line of a file has the whole hash', () => {
  expect(entryOf(`${hash}:42\r`, 40)).toEqual({ hash, count: 42 })
  expect(entryOf(`${suffix}:42`, 40)).toBeNull()
  expect(entryOf(`\ufeff${hash}:42`, 40)).toBeNull()
})
