import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { naive } from './model/naive.js'
import type { CallerFacts, MachineFacts, PersonFacts, World } from './model/world.js'

// The naive reader by itself, where the rules are easy to get wrong. Worked out by hand from authorization.md §1-2.

const now = new Date('2030-01-01T08:00:00Z')
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000)

const ada: PersonFacts = {
  kind: 'person',
  userId: 'usr_ada',
  roles: ['member'],
  attributes: {},
  assurance: 'AAL1',
  enrolled: 'AAL1',
  authenticatedAt: ago(60),
}
const strong: PersonFacts = { ...ada, assurance: 'AAL2', enrolled: 'AAL2' }
const bob: PersonFacts = { ...ada, userId: 'usr_bob' }
const lead: PersonFacts = { ...bob, roles: ['lead'], attributes: { team: 'red' } }
const support: PersonFacts = { ...bob, roles: ['support'] }
const machine: MachineFacts = {
  kind: 'machine',
  userId: 'usr_ada',
  roles: ['member'],
  attributes: {},
  scopes: ['note:*'],
}
const stranger: CallerFacts = { kind: 'anonymous' }

const policy: World['policy'] = {
  permissions: ['note:read', 'note:seal', 'note:drop'],
  attributes: { team: 'string' },
  properties: { note: { team: 'string', 'place.city': 'string' } },
  roles: {
    member: { can: ['note:read@own', 'note:seal@own', 'note:drop@own'] },
    lead: { can: [{ permission: 'note:*', where: { team: { attribute: 'team' } } }] },
    local: { can: [{ permission: 'note:read', where: { 'place.city': ['rome', 'oslo'] } }] },
    support: { inherits: ['member'], can: ['note:*'] },
  },
  stepUp: { 'note:seal': { assurance: 'AAL2' }, 'note:drop': { assurance: 'HIGHEST_ENROLLED', maxAge: '5m' } },
}

const note = { __typename: 'Note', id: 'n1', userId: 'usr_ada', team: 'red', place: { city: 'rome' }, text: 'diary' }

function answerTo(source: string, rule: string, caller: CallerFacts, object: object = note, root = '@public') {
  const sdl = `type Note { id: ID @public text: String ${rule} }
    type Query { note: Note @public named(id: ID): Note ${root} }`
  const data = { Query: { note: object }, Mutation: {}, entities: { Note: { n1: note } } }
  const request = { source, callers: [caller] } as const
  return naive({ sdl, policy, data, now, scopes: root.includes('filter') ? { 'Query.named': 'filter' } : {} }).ask(
    request,
  )
}

const teamless = { ...note, team: undefined }

test.each<[string, string, CallerFacts, object, string | null]>([
  // Conditions on the object.
  ['an object of the team is reached', '@owner(or: "note:read")', lead, note, null],
  ['an object of another team is not', '@owner(or: "note:read")', lead, { ...note, team: 'blue' }, 'FORBIDDEN'],
  ['an object without a team is not', '@owner(or: "note:read")', lead, teamless, 'FORBIDDEN'],
  ['nobody without a team has one', '@owner(or: "note:read")', { ...lead, attributes: {} }, teamless, 'FORBIDDEN'],
  [
    'nor with an empty one',
    '@owner(or: "note:read")',
    { ...lead, attributes: { team: '' } },
    { team: '' },
    'FORBIDDEN',
  ],
  ['a team is a string', '@owner(or: "note:read")', { ...lead, attributes: { team: ['red'] } }, note, 'FORBIDDEN'],
  ['a condition is no ownership', '@owner', lead, note, 'FORBIDDEN'],
  ['a condition is no permission on everything', '@auth(permission: "note:read")', lead, note, 'FORBIDDEN'],
  ['a condition is no permission on own things', '@auth(permission: "note:read@own")', lead, note, 'FORBIDDEN'],
  ['a nested property', '@owner(or: "note:read")', { ...bob, roles: ['local'] }, note, null],
  [
    'a nested property elsewhere',
    '@owner(or: "note:read")',
    { ...bob, roles: ['local'] },
    { ...note, place: 'rome' },
    'FORBIDDEN',
  ],
  ['a machine of the lead', '@owner(or: "note:read")', { ...lead, kind: 'machine', scopes: ['note:read'] }, note, null],
  [
    'of what is held on conditions a scope for own things leaves nothing',
    '@owner(or: "note:read")',
    { ...lead, kind: 'machine', scopes: ['note:read@own'] },
    note,
    'FORBIDDEN',
  ],
  // What the policy asks besides the permission.
  ['a proof strong enough', '@owner(or: "note:seal")', strong, note, null],
  ['a proof too weak', '@owner(or: "note:seal")', ada, note, 'STEP_UP_REQUIRED'],
  ['too weak, before the owner is looked at', '@owner(or: "note:seal")', bob, note, 'STEP_UP_REQUIRED'],
  ['not the owner, proven strongly', '@owner(or: "note:seal")', { ...strong, userId: 'usr_bob' }, note, 'FORBIDDEN'],
  ['too weak also for who holds it for everything', '@owner(or: "note:seal")', support, note, 'STEP_UP_REQUIRED'],
  ['without the permission no step-up', '@owner(or: "note:seal")', { ...ada, roles: [] }, note, 'FORBIDDEN'],
  ['a machine cannot step up', '@owner(or: "note:seal")', machine, note, 'FORBIDDEN'],
  ['a stranger signs in first', '@owner(or: "note:seal")', stranger, note, 'SIGN_IN_REQUIRED'],
  ['fresh enough', '@auth(permission: "note:drop@own")', { ...ada, authenticatedAt: ago(300) }, note, null],
  ['too old', '@auth(permission: "note:drop@own")', { ...ada, authenticatedAt: ago(301) }, note, 'STEP_UP_REQUIRED'],
  [
    'weaker than what is enrolled',
    '@auth(permission: "note:drop@own")',
    { ...ada, enrolled: 'AAL2' },
    note,
    'STEP_UP_REQUIRED',
  ],
  ['no need, no proof', '@auth(permission: "note:read@own")', { ...ada, authenticatedAt: ago(9_999) }, note, null],
])('%s', (_name, rule, caller, object, expected) => {
  const { refusals } = answerTo('{ note { text } }', rule, caller, object)
  expect(refusals).toEqual(expected === null ? [] : [['note.text', expected]])
})

const entity = '@owner(entity: "Note", or: "note:read")'
test.each<[string, string, CallerFacts, string, string | null]>([
  ['the owner of what the argument names', entity, ada, '(id: "n1")', null],
  ['who holds it for everything', entity, support, '(id: "n1")', null],
  ['who holds it on a condition that it meets', entity, lead, '(id: "n1")', null],
  ['another', entity, bob, '(id: "n1")', 'NOT_FOUND'],
  ['what is not there, for its would-be owner', entity, ada, '(id: "n2")', 'NOT_FOUND'],
  ['what is not there, for who holds it for everything: the service finds out', entity, support, '(id: "n2")', null],
  ['null', entity, ada, '(id: null)', 'NOT_FOUND'],
  ['no argument', entity, ada, '', 'NOT_FOUND'],
  ['a stranger', entity, stranger, '(id: "n1")', 'SIGN_IN_REQUIRED'],
  ['who holds it in no way', entity, { ...ada, roles: [] }, '(id: "n1")', 'FORBIDDEN'],
  ['a machine without the scope', entity, { ...machine, scopes: [] }, '(id: "n1")', 'FORBIDDEN'],
  ['a filter lets through who holds it on a condition', '@auth(permission: "note:read") #filter', lead, '', null],
  [
    'a filter lets through nobody else',
    '@auth(permission: "note:read") #filter',
    { ...lead, roles: [] },
    '',
    'FORBIDDEN',
  ],
  ['without a filter only what is held for everything counts', '@auth(permission: "note:read")', lead, '', 'FORBIDDEN'],
])('a root field and %s', (_name, root, caller, args, expected) => {
  const { refusals } = answerTo(`{ named${args} { id } }`, '@public', caller, note, `${root}\n`)
  expect(refusals).toEqual(expected === null ? [] : [['named', expected]])
})

test.each(['naive.ts', 'naive-guard.ts', 'naive-policy.ts', 'world.ts'])(
  '%s shares nothing but types with the engine',
  (name) => {
    const text = readFileSync(new URL(`model/${name}`, import.meta.url), 'utf8')
    const imports = [...text.matchAll(/^import (type )?[^']*'([^']+)'/gm)]
    const foreign = imports.filter(
      ([, typeOnly, module = '']) => !typeOnly && !/^(graphql|\.\/naive-\w+\.js)$/.test(module),
    )
    expect(foreign.map(([statement]) => statement)).toEqual([])
  },
)
