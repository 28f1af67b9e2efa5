import { describe, expect, test } from '@jest/globals'
import {
  defaultPasswordLimits,
  hashableForm,
  isTooShortAlone,
  passwordFault,
} from '../../src/passwords/password-rules.js'

const tooLong = 'The password is longer than 128 characters or 512 bytes.'
const tooShort = 'The password is shorter than 15 characters.'

describe('a new password', () => {
  test.each([
    ['of 15 characters', 'a'.repeat(15), null],
    ['of 14 characters', 'a'.repeat(14), tooShort],
    ['of nothing', '', tooShort],
    ['of 128 characters', 'a'.repeat(128), null],
    ['of 129 characters', 'a'.repeat(129), tooLong],
    ['of 15 spaces: any character counts', ' '.repeat(15), null],
    ['of digits only: there are no composition rules', '012345678901234', null],
    ['of 15 emoji, each of two JavaScript characters', '😀'.repeat(15), null],
    ['of 14 emoji, though they are 28 JavaScript characters', '😀'.repeat(14), tooShort],
    ['of 128 emoji, which are 512 bytes', '😀'.repeat(128), null],
    ['of 128 letters that NFC composes of 256', 'e\u0301'.repeat(128), null],
    ['of 14 letters that are 28 before NFC composes them', 'e\u0301'.repeat(14), tooShort],
    ['of a letter that is longer in NFC than it was typed', '\u0958'.repeat(128), tooLong],
    ['of 1025 JavaScript characters that NFC would shorten', 'e\u0301'.repeat(128) + '\u0301'.repeat(769), tooLong],
    ['of a megabyte', 'a'.repeat(1_000_000), tooLong],
    ['with what a decoder could not read', `${'a'.repeat(15)}\ufffd`, 'The password has a broken character.'],
    ['with half of a character', `${'a'.repeat(15)}\ud83d`, 'The password has a broken character.'],
  ])('%s', (_name, raw, expected) => {
    expect(passwordFault(raw, defaultPasswordLimits)).toBe(expected)
  })

  test.each([
    ['of 8 characters', 'a'.repeat(8), null],
    ['of 7 characters', 'a'.repeat(7), 'The password is shorter than 8 characters.'],
    ['of 129 characters', 'a'.repeat(129), tooLong],
  ])('beside a second factor: %s', (_name, raw, expected) => {
    expect(passwordFault(raw, defaultPasswordLimits, 'aal2')).toBe(expected)
  })

  test.each([
    ['of 14 characters', 'a'.repeat(14), true],
    ['of 15 characters', 'a'.repeat(15), false],
    ['of 15 letters that NFC makes 14', `${'a'.repeat(13)}e\u0301`, true],
  ])('%s is too short alone, or not', (_name, raw, expected) => {
    expect(isTooShortAlone(raw, defaultPasswordLimits)).toBe(expected)
  })

  test('is refused without being repeated', () => {
    expect(passwordFault('hunter2', defaultPasswordLimits)).not.toContain('hunter2')
  })

  test('is measured in bytes where the setting says so', () => {
    const limits = { ...defaultPasswordLimits, maxBytes: 30 }
    expect(passwordFault('é'.repeat(15), limits)).toBeNull()
    expect(passwordFault('é'.repeat(16), limits)).not.toBeNull()
  })

  test('of megabytes costs no time', () => {
    const huge = 'e\u0301'.repeat(1_000_000)
    const started = performance.now()
    for (let i = 0; i < 100; i++) passwordFault(huge, defaultPasswordLimits)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('the form that is hashed', () => {
  test('is the same for the same letters, however they were typed', () => {
    expect(hashableForm('Zoe\u0308', defaultPasswordLimits)).toBe(hashableForm('Zo\u00eb', defaultPasswordLimits))
  })

  test('keeps case, spaces at both ends, and letters that only look alike', () => {
    expect(hashableForm(' Pass ', defaultPasswordLimits)).toBe(' Pass ')
    expect(hashableForm('\uff21', defaultPasswordLimits)).not.toBe(hashableForm('A', defaultPasswordLimits))
  })
})
