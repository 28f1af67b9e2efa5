import { makeExecutableSchema } from '@graphql-tools/schema'
import { describe, expect, test } from '@jest/globals'
import { graphqlSync } from 'graphql'
import { compileGuards } from '../../src/authorization/compile.js'
import { defineEntities } from '../../src/authorization/index.js'
import { systemClock } from '../../src/kernel/clock.js'
import type { Caller, Holdings } from '../../src/kernel/caller.js'
import {
  ask,
  bareNotes,
  behindOpenDoor,
  callers,
  contextOf,
  note,
  notesSchema,
  person,
  refusals,
  resolverOf,
  untyped,
} from './scenario.js'
import { holding } from '../support/holdings.js'

const schema = notesSchema()
const diary = 'dear diary'

/** The callers that `become` and `renewCaller` will find, one after the other. */
function oneAfterAnother(...found: Caller[]): () => Caller {
  return () => found.shift() ?? callers.anonymous
}

describe('every route to a guarded field ends at its guard', () => {
  test.each([
    ['the field itself', '{ note { text } }', 'note.text'],
    ['an alias', '{ mine: note { words: text } }', 'mine.words'],
    ['two aliases', '{ a: note { text } b: note { id } }', 'a.text'],
    ['an inline fragment', '{ note { ... { text } } }', 'note.text'],
    ['an inline fragment with a type', '{ note { ... on Note { text } } }', 'note.text'],
    ['a named fragment', '{ note { ...N } } fragment N on Note { text }', 'note.text'],
    [
      'nested fragments',
      '{ ...Q } fragment Q on Query { note { ...N } } fragment N on Note { ... { text } }',
      'note.text',
    ],
    ['a fragment on the interface', '{ note { ... on Secret { text } } }', 'note.text'],
    ['a field of an interface type', '{ secret { text } }', 'secret.text'],
    ['a type behind an interface', '{ node { ... on Note { text } } }', 'node.text'],
    ['an interface behind an interface', '{ node { ... on Secret { text } } }', 'node.text'],
    ['a member of a union', '{ found { ... on Note { text } } }', 'found.0.text'],
    ['an interface of a member of a union', '{ found { ... on Node { ... on Note { text } } } }', 'found.0.text'],
    ['a list', '{ notes { text } }', 'notes.0.text'],
    ['a connection', '{ all { nodes { text } } }', 'all.nodes.0.text'],
    ['@include', '{ note { text @include(if: true) } }', 'note.text'],
    ['@skip on a fragment', '{ note { ... @skip(if: false) { text } } }', 'note.text'],
    ['a variable directive', 'query ($on: Boolean = true) { note { text @include(if: $on) } }', 'note.text'],
    ['the payload of a mutation', 'mutation { touch { note { text } } }', 'touch.note.text'],
  ])('%s', async (_name, query, path) => {
    for (const [caller, refusal] of [
      [callers.anonymous, 'SIGN_IN_REQUIRED'],
      [callers.other, 'FORBIDDEN'],
      [callers.unscoped, 'FORBIDDEN'],
    ] as const) {
      const refused = await ask(schema, query, contextOf(caller))
      expect(refusals(refused)).toHaveProperty([path], refusal)
      expect(JSON.stringify(refused.data)).not.toContain(diary)
    }
    for (const caller of [callers.owner, callers.support, callers.machine]) {
      const answered = await ask(schema, query, contextOf(caller))
      expect(refusals(answered)).not.toHaveProperty([path])
      expect(JSON.stringify(answered.data)).toContain(diary)
    }
  })

  test('in a list each object is judged for itself', async () => {
    const result = await ask(schema, '{ notes { id text } }', contextOf(callers.other))
    expect(result.data).toEqual({ notes: [null, { id: 'note_2', text: 'shopping list' }] })
    expect(refusals(result)).toEqual({ 'notes.0.id': 'FORBIDDEN' })
  })
})

describe('type and field rules', () => {
  test.each<[string, Caller, string, string | null]>([
    ['a field rule is added to the rule of its type', callers.support, '{ note { private } }', 'FORBIDDEN'],
    ['and passes with it', callers.owner, '{ note { private } }', null],
    ['the rule of the type is asked too', callers.other, '{ note { strong } }', 'STEP_UP_REQUIRED'],
    ['also by who is proven strongly', person('usr_bob', ['member'], 'aal2'), '{ note { strong } }', 'FORBIDDEN'],
    ['the owner, proven strongly', person('usr_ada', ['member'], 'aal2'), '{ note { strong } }', null],
    ['a public field of a guarded type is public', callers.anonymous, '{ found { ... on User { id } } }', null],
    ['its neighbour is not', callers.anonymous, '{ found { ... on User { email } } }', 'SIGN_IN_REQUIRED'],
    ['an object is owned by another property', callers.owner, '{ me { email } }', null],
    ['and not by everybody', callers.other, '{ me { email } }', 'FORBIDDEN'],
    ['a kind of caller', callers.machine, '{ me { email } }', 'FORBIDDEN'],
    ['a permission', callers.support, '{ audit }', 'FORBIDDEN'],
    ['a permission held', person('usr_root', ['admin']), '{ audit }', null],
    ['a permission on own things, for what one does to oneself', callers.owner, '{ mine }', null],
    ['not held at all', callers.unscoped, '{ mine }', 'FORBIDDEN'],
    ['a method of the object is called', callers.owner, '{ note { upper } }', null],
  ])('%s', async (_name, caller, query, expected) => {
    const result = await ask(schema, query, contextOf(caller))
    expect(Object.values(refusals(result))).toEqual(expected === null ? [] : [expected])
  })

  const thing = { __typename: 'T', userId: 'usr_ada', a: 'secret', b: 'secret' }
  test.each<[string, string, Caller, string | null]>([
    [
      'of its interface',
      'interface I @auth { a: String } type T implements I { a: String }',
      callers.anonymous,
      'SIGN_IN_REQUIRED',
    ],
    [
      'of its interface, let through',
      'interface I @auth { a: String } type T implements I { a: String }',
      callers.other,
      null,
    ],
    [
      'of its interface, beside its own',
      'interface I @auth(assurance: AAL2) { a: String } type T implements I @owner { a: String }',
      callers.owner,
      'STEP_UP_REQUIRED',
    ],
    [
      'of its own, beside its interface',
      'interface I @auth { a: String } type T implements I @owner { a: String }',
      callers.other,
      'FORBIDDEN',
    ],
    [
      "of its interface's field",
      'interface I { a: String @auth } type T implements I @public { a: String @auth }',
      callers.anonymous,
      'SIGN_IN_REQUIRED',
    ],
    [
      "of its interface's owner",
      'interface I { a: String @owner } type T implements I { a: String }',
      callers.other,
      'FORBIDDEN',
    ],
    ['of its union', 'union U @auth = T type T { a: String }', callers.anonymous, 'SIGN_IN_REQUIRED'],
    [
      'of an interface of its interface',
      'interface J @auth { a: String } interface I implements J { a: String } type T implements I & J { a: String }',
      callers.anonymous,
      'SIGN_IN_REQUIRED',
    ],
    [
      'written on an extension of its type',
      'type T { a: String } extend type T @auth',
      callers.anonymous,
      'SIGN_IN_REQUIRED',
    ],
  ])('a field obeys the rule %s', async (_name, sdl, caller, expected) => {
    const small = behindOpenDoor(`type Query { t: T @public } ${sdl}`, { Query: { t: () => thing } })
    const result = await ask(small, '{ t { a } }', contextOf(caller))
    expect(refusals(result)).toEqual(expected === null ? {} : { 't.a': expected })
    expect(result.data).toEqual({ t: { a: expected === null ? 'secret' : null } })
  })

  test('@public widens its own type only for its own field', async () => {
    const sdl = 'type Query { t: T @public } type T @owner { a: String @public, b: String }'
    const small = behindOpenDoor(sdl, { Query: { t: () => thing } })
    const result = await ask(small, '{ t { a b } }', contextOf(callers.other))
    expect(result.data).toEqual({ t: { a: 'secret', b: null } })
  })

  test('a method of the object keeps its object and its arguments', async () => {
    const sdl = 'type Query { t: T @public } type T @auth { greet(name: String): String }'
    const t = {
      hello: 'Hello',
      greet(args: { name: string }) {
        return `${this.hello} ${args.name}`
      },
    }
    const small = behindOpenDoor(sdl, { Query: { t: () => t } })
    const result = await ask(small, '{ t { greet(name: "Ada") } }', contextOf(callers.owner))
    expect(result.data).toEqual({ t: { greet: 'Hello Ada' } })
  })
})

describe('what is not guarded is not touched', () => {
  test.each([
    ['a public root field keeps its resolver', 'Query', 'greeting'],
    ['a public field of a guarded type keeps having none', 'User', 'id'],
    ['a field of a public type keeps having none', 'Written', 'at'],
  ])('%s', (_name, type, field) => {
    expect(resolverOf(schema, type, field)).toBe(resolverOf(bareNotes, type, field))
    expect(resolverOf(schema, 'Note', 'text')).not.toBe(resolverOf(bareNotes, 'Note', 'text'))
  })

  test('a guarded query has no promise in it', () => {
    const contextValue = contextOf(callers.owner)
    const result = graphqlSync({
      schema,
      source: '{ notes { id } me { email notes { text } } greeting }',
      contextValue,
    })
    expect(result.data).toMatchObject({ me: { email: 'ada@example.org' }, greeting: 'Hello stranger' })
  })

  test('enum values and defaults keep their inner form', async () => {
    const sdl = 'enum Color { RED } type Query { paint(color: Color = RED): String @public, ask: Color @auth }'
    const resolvers = {
      Color: { RED: '#f00' },
      Query: { paint: (_root: unknown, { color }: { color: string }) => color, ask: () => '#f00' },
    }
    const colored = behindOpenDoor(sdl, resolvers)
    const result = await ask(colored, '{ paint again: paint(color: RED) ask }', contextOf(callers.owner))
    expect(result.data).toEqual({ paint: '#f00', again: '#f00', ask: 'RED' })
  })
})

test.each([
  ['undefined', untyped(undefined)],
  ['null', untyped(null)],
  ['empty', ''],
])('a caller whose own id is %s owns no object that has none either', async (_name, userId) => {
  const sdl = 'type Query { things: [Thing] @public } type Thing @owner { name: String }'
  const things = [
    { name: 'a' },
    { name: 'b', userId: null },
    { name: 'c', userId: '' },
    { name: 'd', userId: undefined },
  ]
  const small = behindOpenDoor(sdl, { Query: { things: () => things } })
  const result = await ask(small, '{ things { name } }', contextOf(person(userId, ['member'])))
  expect(result.data).toEqual({ things: things.map(() => ({ name: null })) })
})

describe('a guard that cannot answer', () => {
  const broken: Holdings = {
    ...holding(),
    holds: () => {
      throw new Error('the policy is on fire')
    },
    holdsOwn: () => true,
  }

  test('denies and is counted', async () => {
    const counted: [string, unknown][] = []
    const watched = notesSchema((coordinate, cause) => counted.push([coordinate, cause]))
    const result = await ask(watched, '{ note { text } }', contextOf({ ...callers.owner, holdings: broken }))
    expect(result.data).toEqual({ note: { text: null } })
    expect(refusals(result)).toEqual({ 'note.text': 'FORBIDDEN' })
    expect(counted).toEqual([['Note.text', new Error('the policy is on fire')]])
  })

  test('denies when the object throws', async () => {
    const trap = Object.defineProperty({ ...note }, 'userId', {
      get() {
        throw new Error('gone')
      },
    })
    const sdl = 'type Query { note: Note @public } type Note @owner { text: String }'
    const trapped = behindOpenDoor(sdl, { Query: { note: () => trap } })
    expect(refusals(await ask(trapped, '{ note { text } }', contextOf(callers.owner)))).toEqual({
      'note.text': 'FORBIDDEN',
    })
  })

  test('denies without a context', () => {
    const result = graphqlSync({ schema, source: '{ note { text } }' })
    expect(refusals(result)).toEqual({ 'note.text': 'FORBIDDEN' })
  })

  test('a field without a rule is closed, should the proof ever miss it', () => {
    const bare = makeExecutableSchema({ typeDefs: 'type Query { a: Int }', resolvers: { Query: { a: () => 1 } } })
    const closed = compileGuards(bare, new Map(), {
      entities: defineEntities({}),
      clock: systemClock,
      onGuardError: () => undefined,
      shadow: null,
    })
    expect(refusals(graphqlSync({ schema: closed, source: '{ a }', contextValue: contextOf(callers.owner) }))).toEqual({
      a: 'FORBIDDEN',
    })
  })
})

describe('a decision is not carried over', () => {
  test('to another request', async () => {
    expect(refusals(await ask(schema, '{ audit }', contextOf(person('usr_root', ['admin']))))).toEqual({})
    expect(refusals(await ask(schema, '{ audit }', contextOf(callers.owner)))).toEqual({ audit: 'FORBIDDEN' })
    expect(refusals(await ask(schema, '{ audit }', contextOf(person('usr_root', ['admin']))))).toEqual({})
  })

  test('to another object under another alias', async () => {
    const result = await ask(schema, '{ a: notes { text } b: notes { text } }', contextOf(callers.other))
    expect(refusals(result)).toEqual({ 'a.0.text': 'FORBIDDEN', 'b.0.text': 'FORBIDDEN' })
  })

  test('to the next root field of a mutation, when the caller is gone', async () => {
    const context = contextOf(callers.owner, oneAfterAnother(callers.owner, callers.anonymous))
    const result = await ask(schema, 'mutation { a: touch { note { text } } b: touch { note { text } } }', context)
    expect(result.data).toEqual({ a: { note: { text: diary } }, b: { note: { text: null } } })
    expect(refusals(result)).toEqual({ 'b.note.text': 'SIGN_IN_REQUIRED' })
    expect(context.renewals).toBe(2)
  })

  test('to the next root field of a mutation, when a role is gone', async () => {
    const context = contextOf(callers.owner, oneAfterAnother(callers.owner, person('usr_ada', [])))
    const result = await ask(schema, 'mutation { a: write { at } b: write { at } }', context)
    expect(result.data).toEqual({ a: null, b: null })
    const writer = person('usr_ada', ['admin'])
    const demoted = contextOf(writer, oneAfterAnother(writer, callers.owner))
    const second = await ask(schema, 'mutation { a: write { at } b: write { at } }', demoted)
    expect(second.data).toEqual({ a: { at: 'now' }, b: null })
    expect(refusals(second)).toEqual({ b: 'FORBIDDEN' })
  })

  test('past a switch of the caller: who has just signed in may read the payload', async () => {
    const context = contextOf(callers.anonymous)
    const result = await ask(schema, 'mutation { touch { note { text } } enter { note { text } } }', context)
    expect(result.data).toEqual({ touch: { note: { text: null } }, enter: { note: { text: diary } } })
    expect(refusals(result)).toEqual({ 'touch.note.text': 'SIGN_IN_REQUIRED' })
  })

  test('a static rule is evaluated once per request, however many objects and fields share it', async () => {
    let asked = 0
    const holdings: Holdings = { ...holding(), holds: () => asked++ < Infinity }
    const sdl = `type Query { a: Int @auth(permission: "audit:read"), ts: [T] @public }
      type T { b: Int @auth(as: ANY, permission: "audit:read") }`
    const small = behindOpenDoor(sdl, { Query: { a: () => 1, ts: () => [{ b: 2 }, { b: 3 }] } })
    const caller = { ...callers.owner, holdings }
    const result = await ask(small, '{ a again: a ts { b } }', contextOf(caller))
    expect(result.data).toEqual({ a: 1, again: 1, ts: [{ b: 2 }, { b: 3 }] })
    expect(asked).toBe(1)
    const [first, second] = [contextOf(caller), contextOf(caller)]
    for (const context of [first, second, first]) await ask(small, '{ a }', context)
    expect(asked).toBe(3)
  })
})

test('a caller that cannot be taken anew runs no mutation', async () => {
  const context = contextOf(callers.owner)
  context.renewCaller = () => Promise.reject(new Error('database away'))
  const result = await ask(schema, 'mutation { touch { at } }', context)
  expect(result.data).toEqual({ touch: null })
  expect(refusals(result)).toEqual({ touch: 'database away' })
})
