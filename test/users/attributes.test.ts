import { describe, expect, test } from '@jest/globals'
import { attributesFrom, changedNames } from '../../src/users/attributes.js'

const declared = { department: 'string', clearance: 'number', contractor: 'boolean', teams: 'strings' }
const object = 'Attributes are an object.'
const name = 'A name is a lower-case letter, then letters and digits, at most 64 characters.'
const value = 'A value is a text of at most 256 characters, a number, true or false, or a list of at most 50 texts.'
const type = (of: string) => `The policy has another type for ${of}.`
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, 1]))

describe('attributes are refused', () => {
  test.each<[string, unknown, string]>([
    ['that are null', null, object],
    ['that are a list', [], object],
    ['that are a text', 'department', object],
    ['with more than 50 names', many(51), 'There are more than 50 attributes.'],
    ['with an operator for a name', { $set: 1 }, name],
    ['with a path for a name', { 'a.b': 1 }, name],
    ['with a name in upper case', { Department: 'x' }, name],
    ['with an empty name', { '': 1 }, name],
    ['with a name of 65 characters', { ['a'.repeat(65)]: 1 }, name],
    ['with the prototype for a name', JSON.parse('{"__proto__":1}'), name],
    ['with a name that the database layer drops', JSON.parse('{"constructor":1}'), name],
    ['with a value that is null', { floor: null }, value],
    ['with a value that is an object', { floor: { $gt: 1 } }, value],
    ['with a number that is none', { floor: Number.NaN }, value],
    ['with a number that has no end', { floor: Number.POSITIVE_INFINITY }, value],
    ['with a text of 257 characters', { floor: 'x'.repeat(257) }, value],
    ['with half a character', { floor: '\ud83d' }, value],
    ['with a list of 51', { floors: Array.from({ length: 51 }, () => 'x') }, value],
    ['with a list of numbers', { floors: [1] }, value],
    ['with a list in a list', { floors: [['x']] }, value],
    ['with a number for a text', { department: 1 }, type('department')],
    ['with a text for a number', { clearance: '1' }, type('clearance')],
    ['with a text for true or false', { contractor: 'true' }, type('contractor')],
    ['with a text for a list', { teams: 'a' }, type('teams')],
    ['with a list for a text', { department: ['a'] }, type('department')],
    [
      'that take more than 8 KB',
      Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`a${index}`, 'é'.repeat(128)])),
      'The attributes take more than 8 KB.',
    ],
  ])('%s', (_name, input, fault) => {
    expect(attributesFrom(input, declared)).toEqual({ fault })
  })
})

test.each<[string, Record<string, unknown>]>([
  ['none', {}],
  ['50 names', many(50)],
  ['what the policy declares', { clearance: -1.5, contractor: false, department: '', teams: [] }],
  ['what it does not know', { a: 'x'.repeat(256), b: ['x', 'y'], ['c'.repeat(64)]: true, toString: 'x' }],
])('attributes are taken: %s', (_name, input) => {
  expect(attributesFrom(input, declared)).toEqual({ attributes: input })
})

test('attributes are kept in the order of their names, in an object of our own', () => {
  const given = Object.assign(Object.create(null) as object, { b: ['x'], a: 1 })
  const read = attributesFrom(given, {})
  expect(JSON.stringify(read)).toBe('{"attributes":{"a":1,"b":["x"]}}')
  expect('attributes' in read && Object.getPrototypeOf(read.attributes)).toBe(Object.prototype)
})

test('the changed names are those that came, went or have another value', () => {
  expect(changedNames({ a: 1, b: ['x'], c: 'x', d: 1 }, { a: 1, b: ['x', 'y'], c: 'x', e: 1 })).toEqual(['b', 'd', 'e'])
})
