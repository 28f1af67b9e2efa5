import { describe, expect, test } from '@jest/globals'
import { checkFor, passes, refusalOf, type Guard, type Ownership } from '../../src/authorization/caller-rules.js'
import type { Caller } from '../../src/kernel/caller.js'
import { callers, person, untyped } from './scenario.js'

const nothing: Guard = {
  kind: 'ANY',
  permissions: [],
  reach: [],
  within: [],
  assurance: null,
  ownerships: [],
  entities: [],
}
const now = new Date('2030-01-01T08:00:00Z')
const noteOwner = [{ field: 'userId', or: 'note:read', conditional: true }]
const strong = person('usr_ada', ['admin'], 'aal2')

describe('what a caller must be', () => {
  test.each<[string, Caller, Partial<Guard>, string | null]>([
    ['anybody who is somebody', callers.owner, {}, null],
    ['a machine is somebody', callers.machine, {}, null],
    ['a stranger is nobody', callers.anonymous, {}, 'SIGN_IN_REQUIRED'],
    ['a person where a person is asked for', callers.owner, { kind: 'PERSON' }, null],
    ['no machine where a person is asked for', callers.machine, { kind: 'PERSON' }, 'FORBIDDEN'],
    ['a machine where a machine is asked for', callers.machine, { kind: 'MACHINE' }, null],
    ['no person where a machine is asked for', callers.owner, { kind: 'MACHINE' }, 'FORBIDDEN'],
    ['a permission held', callers.support, { permissions: ['note:read'] }, null],
    ['a permission held on own things only is not held', callers.owner, { permissions: ['note:read'] }, 'FORBIDDEN'],
    [
      'one of two permissions is not enough',
      callers.support,
      { permissions: ['note:read', 'audit:read'] },
      'FORBIDDEN',
    ],
    ['own things are within reach', callers.owner, { ownerships: noteOwner }, null],
    ['nothing is within reach without a scope', callers.unscoped, { ownerships: noteOwner }, 'FORBIDDEN'],
    ['proven well enough', strong, { assurance: 'aal2' }, null],
    ['proven better than needed', strong, { assurance: 'aal1' }, null],
    ['not proven well enough', callers.owner, { assurance: 'aal2' }, 'STEP_UP_REQUIRED'],
    ['a machine is not asked to step up', callers.machine, { assurance: 'aal1' }, 'FORBIDDEN'],
    ['own things, where own things are enough', callers.owner, { reach: ['note:read'] }, null],
    ['everything, where own things are enough', callers.support, { reach: ['note:read'] }, null],
    ['not even own things', callers.unscoped, { reach: ['note:read'] }, 'FORBIDDEN'],
    // The order: 401, kind, permission, step-up.
    [
      'sign in first',
      callers.anonymous,
      { kind: 'MACHINE', permissions: ['audit:read'], assurance: 'aal2' },
      'SIGN_IN_REQUIRED',
    ],
    [
      'no step-up for what would be refused after it',
      callers.owner,
      { permissions: ['audit:read'], assurance: 'aal2' },
      'FORBIDDEN',
    ],
    [
      'no step-up for what is out of reach',
      person('usr_ada', []),
      { ownerships: noteOwner, assurance: 'aal2' },
      'FORBIDDEN',
    ],
  ])('%s', (_name, caller, needs, expected) => {
    expect(refusalOf(caller, { ...nothing, ...needs }, now)?.code ?? null).toBe(expected)
  })

  test('a step-up says how strong the proof must be', () => {
    expect(refusalOf(callers.owner, { ...nothing, assurance: 'aal2' }, now)?.details).toMatchObject({
      assurance: 'AAL2',
    })
  })
})

describe('what an object must be to the caller', () => {
  const reaches = (caller: Caller, object: unknown, ownership: Ownership): boolean => {
    const ownerships = [ownership]
    if (refusalOf(caller, { ...nothing, ownerships }, now) !== null) return false
    const check = checkFor(caller, ownership)
    return check === null || passes(caller, object, check)
  }
  const ofAda = { userId: 'usr_ada', ref: 'usr_bob' }
  test.each<[string, Caller, unknown, Ownership, boolean]>([
    ['the owner', callers.owner, ofAda, { field: 'userId', or: null, conditional: true }, true],
    ['somebody else', callers.other, ofAda, { field: 'userId', or: null, conditional: true }, false],
    ['the owner by another property', callers.other, ofAda, { field: 'ref', or: null, conditional: true }, true],
    ['a stranger', callers.anonymous, ofAda, { field: 'userId', or: null, conditional: true }, false],
    [
      'a machine of the owner, where only the person counts',
      callers.machine,
      ofAda,
      { field: 'userId', or: null, conditional: true },
      false,
    ],
    [
      'a machine of the owner, with the scope',
      callers.machine,
      ofAda,
      { field: 'userId', or: 'note:read', conditional: true },
      true,
    ],
    [
      'a machine of the owner, without the scope',
      callers.unscoped,
      ofAda,
      { field: 'userId', or: 'note:read', conditional: true },
      false,
    ],
    [
      'the owner, holding the own form',
      callers.owner,
      ofAda,
      { field: 'userId', or: 'note:read', conditional: true },
      true,
    ],
    [
      'the owner, not holding it',
      callers.owner,
      ofAda,
      { field: 'userId', or: 'audit:read', conditional: true },
      false,
    ],
    [
      'a holder, of a foreign object',
      callers.support,
      ofAda,
      { field: 'userId', or: 'note:read', conditional: true },
      true,
    ],
    [
      'an object that lacks the property',
      callers.owner,
      {},
      { field: 'userId', or: 'note:read', conditional: true },
      false,
    ],
    [
      'an owner that is no string',
      callers.owner,
      { userId: ['usr_ada'] },
      { field: 'userId', or: null, conditional: true },
      false,
    ],
    ['no object', callers.owner, undefined, { field: 'userId', or: null, conditional: true }, false],
    [
      'two missing ids',
      person('', ['member']),
      { userId: '' },
      { field: 'userId', or: 'note:read', conditional: true },
      false,
    ],
    [
      'two undefined ids',
      person(untyped(undefined), ['member']),
      {},
      { field: 'userId', or: null, conditional: true },
      false,
    ],
  ])('%s', (_name, caller, object, ownership, expected) => {
    expect(reaches(caller, object, ownership)).toBe(expected)
  })
})
