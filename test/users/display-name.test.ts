import { describe, expect, test } from '@jest/globals'
import { displayNameFault, normaliseDisplayName } from '../../src/users/display-name.js'

describe('a display name may be', () => {
  test.each([
    ['one letter', 'A'],
    ['a name with spaces and marks', "Zoë O'Neil-Šťastná"],
    ['not Latin', '山田 太郎'],
    ['100 emoji, each of two JavaScript characters', '😀'.repeat(100)],
    ['an emoji joined of several', '👩‍👩‍👧'],
    ['Persian with its non-joiner', 'می\u200cخواهم'],
    ['padded: the padding does not count', `${' '.repeat(50)}${'a'.repeat(100)}${' '.repeat(50)}`],
    ['100 letters that NFC composes of 200', 'e\u0301'.repeat(100)],
  ])('%s', (_name, raw) => {
    expect(displayNameFault(raw)).toBeNull()
  })
})

describe('a display name may not be', () => {
  test.each([
    ['empty', '', 'The display name is empty.'],
    ['spaces', '  \t ', 'The display name is empty.'],
    ['invisible', '\u200b\u200d', 'The display name is empty.'],
    ['101 characters', 'a'.repeat(101), 'The display name is longer than 100 characters.'],
    [
      '1025 characters of which most would be trimmed',
      'a'.padEnd(1025),
      'The display name is longer than 100 characters.',
    ],
    ['two lines', 'Ann\nadmin', 'The display name has characters that cannot be shown.'],
    ['with a zero-width space', 'adm\u200bin', 'The display name has characters that cannot be shown.'],
    ['with tag characters', 'admin\u{e0061}', 'The display name has characters that cannot be shown.'],
    ['a Hangul filler', '\u3164', 'The display name is empty.'],
    ['a blank Braille pattern', '\u2800', 'The display name is empty.'],
    ['of private use', 'Ann \ue000', 'The display name has characters that cannot be shown.'],
    ['a NUL', 'Ann\u0000', 'The display name has characters that cannot be shown.'],
    ['a terminal escape', 'Ann\u001b[2J', 'The display name has characters that cannot be shown.'],
    ['a line separator', 'Ann\u2028admin', 'The display name has characters that cannot be shown.'],
    ['a bidirectional override', 'Ann \u202enimda', 'The display name has characters that cannot be shown.'],
    ['a bidirectional isolate', 'Ann \u2067nimda', 'The display name has characters that cannot be shown.'],
    ['half of a character', 'Ann\ud83d', 'The display name has characters that cannot be shown.'],
  ])('%s', (_name, raw, expected) => {
    expect(displayNameFault(raw)).toBe(expected)
  })
})

test('is trimmed and composed', () => {
  expect(normaliseDisplayName('  Zoe\u0308 ')).toBe('Zo\u00eb')
})
