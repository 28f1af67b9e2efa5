import { expect, test } from '@jest/globals'
import { suspensionReasonFrom } from '../../src/users/suspension-reason.js'

const tooLong = { fault: 'The reason is longer than 500 characters.' }
const unseen = { fault: 'The reason has characters that cannot be shown.' }

test.each<[string, string | null | undefined, object]>([
  ['none', null, { reason: null }],
  ['left out', undefined, { reason: null }],
  ['nothing but spaces', '  ', { reason: null }],
  ['a sentence', ' Sold the silver. ', { reason: 'Sold the silver.' }],
  ['a composed spelling', 'Zoe\u0308', { reason: 'Zo\u00eb' }],
  ['500 characters of two units each', '\u{1f600}'.repeat(500), { reason: '\u{1f600}'.repeat(500) }],
  ['501 characters', 'x'.repeat(501), tooLong],
  ['a megabyte', 'x'.repeat(1_000_000), tooLong],
  ['a line break', 'a\nb', unseen],
  ['a control character', 'a\u0007b', unseen],
  ['half a character', 'a\ud83d', unseen],
  ['a mark that reorders', 'a\u202eb', unseen],
])('a reason: %s', (_name, raw, expected) => {
  expect(suspensionReasonFrom(raw)).toEqual(expected)
})
