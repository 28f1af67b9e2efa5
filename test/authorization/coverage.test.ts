import { buildSubgraphSchema } from '@apollo/subgraph'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { describe, expect, test } from '@jest/globals'
import { buildASTSchema, concatAST, parse, Source, type GraphQLSchema } from 'graphql'
import {
  authorizeSchema,
  defineDoor,
  defineEntities,
  open,
  PolicyInvalid,
  proveCoverage,
  signedIn,
  type DoorLines,
} from '../../src/authorization/index.js'
import { rule } from '../../src/authorization/shield.js'
import { directives, faultsOf, faultsThrownBy, notesLines, notesSdl, policyFor } from './scenario.js'

const schemaOf = (sdl: string) => makeExecutableSchema({ typeDefs: [directives, sdl] })

test('a schema with a rule for everything starts', () => {
  expect(faultsOf(directives + notesSdl, notesLines)).toEqual([])
})

describe('a schema is refused', () => {
  test.each([
    ['a field without a rule', 'type Query { a: Int }', 'Query.a: has no rule'],
    ['a field of an object type without a rule', 'type Query { t: T @public } type T { a: Int }', 'T.a: has no rule'],
    [
      'a type nobody can reach yet',
      'type Query { t: Int @public } interface I { a: Int } type T implements I { a: Int }',
      'T.a: has no rule',
    ],
    [
      'an unknown permission',
      'type Query { a: Int @auth(permission: "note:raed") }',
      'Query.a: names the unknown permission "note:raed"',
    ],
    [
      "the own form where everybody's is meant",
      'type Query { t: T @public } type T @owner(or: "note:read@own") { a: Int }',
      'T: says or: "note:read@own"',
    ],
    [
      'the own form of an unknown permission',
      'type Query { a: Int @auth(permission: "note:raed@own") }',
      'Query.a: names the unknown permission "note:raed"',
    ],
    [
      'the own form twice',
      'type Query { a: Int @auth(permission: "note:read@own@own") }',
      'Query.a: names the unknown permission "note:read@own"',
    ],
    [
      'an unknown permission of an owner',
      'type Query { t: T @public } type T @owner(or: "x:y") { a: Int }',
      'T: names the unknown permission "x:y"',
    ],
    [
      'a misspelt argument',
      'type Query { a: Int @auth(permisson: "note:read") }',
      'Query.a: @auth(permisson: "note:read") is not understood',
    ],
    [
      'an argument called like what every object has',
      'type Query { a: Int @auth(constructor: "x") }',
      'Query.a: @auth(constructor: "x") is not understood',
    ],
    [
      'a kind of caller that is none',
      'type Query { a: Int @auth(as: NOBODY) }',
      'Query.a: @auth(as: NOBODY) is not understood',
    ],
    [
      'an enum value in quotes',
      'type Query { a: Int @auth(as: "PERSON") }',
      'Query.a: @auth(as: "PERSON") is not understood',
    ],
    [
      'a permission that is no string',
      'type Query { a: Int @auth(permission: null) }',
      'Query.a: @auth(permission: null) is not understood',
    ],
    [
      'an empty permission',
      'type Query { a: Int @auth(permission: "") }',
      'Query.a: @auth(permission: "") is not understood',
    ],
    [
      'an entity that nobody knows how to load',
      'type Query { a: Int @owner(entity: "Note") }',
      'Query.a: names the unknown entity "Note"',
    ],
    ['open and guarded at once', 'type Query { a: Int @public @auth }', 'Query.a: is @public and guarded at once'],
    [
      'a type that is open and guarded at once',
      'type Query { t: T @public } type T @public { a: Int } extend type T @auth { b: Int }',
      'T: is @public and guarded at once',
    ],
    [
      'the same directive twice',
      'type Query { a: Int @auth @auth(as: PERSON) }',
      'Query.a: carries the same directive twice',
    ],
    [
      'a rule on an argument',
      'type Query { a(x: Int @auth): Int @public }',
      'Query: @auth stands where it means nothing',
    ],
    [
      'a rule on an input field',
      'type Query { a: Int @public } input I { x: Int @auth }',
      'I: @auth stands where it means nothing',
    ],
    ['a rule on a scalar', 'type Query { a: Int @public } scalar S @auth', 'S: @auth stands where it means nothing'],
    [
      'a rule on an enum value',
      'type Query { a: Int @public } enum E { A @public }',
      'E: @public stands where it means nothing',
    ],
    [
      'an owner on a union',
      'type Query { u: U @public } union U @owner = T type T @public { a: Int }',
      'U: @owner stands where it means nothing',
    ],
    [
      'an owner on a root field',
      'type Query { a: Int @owner }',
      'Query.a: a root field has no object that could have an owner',
    ],
    [
      'an owner on a root type',
      'type Query @owner { a: Int }',
      'Query.a: a root field has no object that could have an owner',
    ],
    [
      'a rule that no caller can pass',
      'type Query { t: T @public } type T @auth(as: MACHINE) { a: Int @auth(as: PERSON) }',
      'T.a: no caller could ever pass',
    ],
    [
      'a machine that would have to step up',
      'type Query { a: Int @auth(as: MACHINE, assurance: AAL1) }',
      'Query.a: no caller could ever pass',
    ],
    [
      'a machine that would have to be the owner',
      'type Query { t: T @public } type T @owner { a: Int @auth(as: MACHINE) }',
      'T.a: no caller could ever pass',
    ],
    [
      'an opening on an interface',
      'type Query { a: Int @public } interface I { a: Int @public } type T implements I @auth { a: Int }',
      'I.a: @public on an interface opens nothing',
    ],
    [
      'a field weaker than its interface',
      'type Query { a: Int @public } interface I @auth { a: Int } type T implements I { a: Int @public }',
      'T.a: is @public, but I guards it',
    ],
    [
      "a field weaker than its interface's field",
      'type Query { a: Int @public } interface I { a: Int @auth } type T implements I @owner { a: Int @public }',
      'T.a: is @public, but I guards it',
    ],
    [
      'a type weaker than its interface',
      'type Query { a: Int @public } interface I @auth { a: Int } type T implements I @public { a: Int }',
      'T: is @public, but I guards it',
    ],
    [
      'a member weaker than its union',
      'type Query { a: Int @public } union U @auth = T type T { a: Int @public }',
      'T.a: is @public, but U guards it',
    ],
    [
      'a rule that guards nothing',
      'type Query { a: Int @public } interface I @auth { a: Int }',
      'I: its rule matches no object type',
    ],
    [
      'subscriptions',
      'type Query { a: Int @public } type Subscription { s: Int @auth }',
      'Subscription: subscriptions are not guarded',
    ],
    [
      'a guarded field that other subgraphs may resolve',
      'directive @shareable on OBJECT | FIELD_DEFINITION type Query { t: T @public } type T @auth { a: Int @shareable }',
      'T.a: is guarded and @shareable: a router may ask a subgraph without the rule',
    ],
  ])('for %s', (_name, sdl, fault) => {
    expect(faultsOf(`${directives}\n${sdl}`)).toContain(fault)
  })

  test.each([
    ['a renamed directive', directives.replace('@auth', '@guard'), ['@auth: is not declared']],
    [
      'a directive with another default',
      directives.replace('= "userId"', '= "id"'),
      ['@owner: is declared differently'],
    ],
    [
      'a directive that takes more',
      directives.replace('or: String', 'or: String, arg: String'),
      ['@owner: is declared differently'],
    ],
    [
      'a directive for other places',
      directives.replace('OBJECT | INTERFACE', 'SCALAR | INTERFACE'),
      ['@auth: is declared differently'],
    ],
    [
      'a repeatable directive',
      directives.replace('@public on', '@public repeatable on'),
      ['@public: is declared differently'],
    ],
    [
      'an enum with one more value',
      directives.replace('  MACHINE', '  MACHINE\n  ROBOT'),
      ['CallerKind: is not the enum ANY PERSON MACHINE'],
    ],
    ['an enum with other values', directives.replace('AAL1', 'AAL0'), ['Assurance: is not the enum AAL1 AAL2']],
    [
      'no directives at all',
      '',
      [
        '@public: is not declared',
        '@auth: is not declared',
        '@owner: is not declared',
        'CallerKind: is not the enum ANY PERSON MACHINE',
        'Assurance: is not the enum AAL1 AAL2',
      ],
    ],
  ])('for %s', (_name, declared, faults) => {
    expect(faultsOf(`${declared}\ntype Query { a: Int @public }`)).toEqual(faults)
  })

  const sdl = `type Query { a: Int @public, list: NoteConnection @public }
    type NoteConnection @public { n: Int }  type Mutation { m: Int @public }`
  const complete = {
    Query: { a: { ask: open }, list: { ask: open, scope: 'filter' } },
    Mutation: { m: { ask: open, scope: 'public' } },
  } satisfies DoorLines

  test.each<[string, DoorLines, string[]]>([
    ['nothing', complete, []],
    [
      'a query without a line',
      { ...complete, Query: { list: complete.Query.list } },
      ['Query.a: has no line in the door'],
    ],
    ['a mutation without a line', { Query: complete.Query }, ['Mutation.m: has no line in the door']],
    [
      'a line that matches no field',
      { ...complete, Query: { ...complete.Query, gone: { ask: open } } },
      ['door Query.gone: matches no field'],
    ],
    [
      'a connection that does not say how it is scoped',
      { ...complete, Query: { ...complete.Query, list: { ask: signedIn } } },
      ['Query.list: the door does not say how its object is scoped'],
    ],
    [
      'a mutation that does not say how its object is scoped',
      { ...complete, Mutation: { m: { ask: signedIn } } },
      ['Mutation.m: the door does not say how its object is scoped'],
    ],
    [
      'a switch of the caller beside other fields',
      { ...complete, Mutation: { m: { ask: open, scope: 'public', switchesCaller: true } } },
      ['door Mutation.m: ignores the presented token or switches the caller beside other fields'],
    ],
  ])('for its door: %s', (_name, lines, faults) => {
    expect(faultsOf(directives + sdl, lines)).toEqual(faults)
  })

  test('with every fault in one message, each with its place and remedy', () => {
    const start = () =>
      authorizeSchema(schemaOf('type Query { a: Int, b: Int @auth(permission: "x:y") }'), {
        policy: policyFor(''),
        door: defineDoor({ Query: { a: { ask: open }, c: { ask: open } } }),
      })
    expect(faultsThrownBy(start)).toEqual([
      'Query.b: names the unknown permission "x:y"',
      'Query.a: has no rule',
      'Query.b: has no line in the door',
      'door Query.c: matches no field',
    ])
    expect(start).toThrow(PolicyInvalid)
    expect(start).toThrow(/Query\.a: has no rule\. Write @public, @auth or @owner on it or on its type\./)
  })
})

describe('a fault says where it is written', () => {
  const text = 'type Query {\n  t: T @public\n}\n\nextend type T {\n  b: Int\n}\n\ntype T {\n  a: Int @public\n}\n'
  const documents = [parse(directives), parse(new Source(text, 'notes.graphql'))]
  const filesOf = (schema: GraphQLSchema, change: object = {}) => {
    const door = defineDoor({ Query: { t: { ask: open }, _service: { ask: open }, _entities: { ask: open } } })
    const sources = { policy: policyFor(''), door, entities: defineEntities({}), ...change }
    return proveCoverage(schema, sources).map(({ file, place }) => `${file} ${place}`)
  }

  test('as far as the schema remembers', () => {
    expect(filesOf(buildASTSchema(concatAST(documents)))).toContain('notes.graphql:6 T.b')
  })

  test('or the documents, where it does not', () => {
    const subgraph = buildSubgraphSchema(concatAST(documents))
    expect(filesOf(subgraph)).toContain('undefined T.b')
    expect(filesOf(subgraph, { documents })).toContain('notes.graphql:6 T.b')
  })
})

test.each<[string, string, string]>([
  [
    'a payload that leads to mutations',
    'type M { again: Mutation @public }',
    'M.again: leads to mutations from within a result',
  ],
  [
    'ownership that asks nobody',
    'type M @auth(permission: "note:read@own") { a: Int }',
    "M.a: asks for what is one's own, and for no owner",
  ],
])('%s is refused', (_name, sdl, fault) => {
  const text = `${directives} ${sdl} type Query { a: Int @public, m: M @public } type Mutation { m: M @public }`
  const lines = {
    Query: { a: { ask: open }, m: { ask: open } },
    Mutation: { m: { ask: open, scope: 'public' as const } },
  }
  expect(faultsOf(text, lines)).toContain(fault)
})

test('One type for queries and mutations is refused', () => {
  const text = `${directives} schema { query: Root mutation: Root } type Root { a: Int @public }`
  expect(faultsOf(text, { Query: { a: { ask: open } }, Mutation: { a: { ask: open, scope: 'public' } } })).toContain(
    'Root: is the type of queries and of mutations',
  )
})

test.each([
  [
    'its own name',
    '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])',
    '@shareable',
  ],
  [
    'another name',
    '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", { name: "@shareable", as: "@shared" }])',
    '@shared',
  ],
  [
    'the name of the specification',
    '@link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed", import: ["@key"])',
    '@fed__shareable',
  ],
])('a guarded field that is shareable under %s is refused', (_name, link, mark) => {
  const subgraph = buildSubgraphSchema(
    concatAST([parse(directives), parse(`extend schema ${link} type Query { a: Int @auth ${mark} }`)]),
  )
  const door = defineDoor({ Query: { a: { ask: open }, _service: { ask: open } } })
  const faults = proveCoverage(subgraph, { policy: policyFor(''), door, entities: defineEntities({}) })
  expect(faults.map(({ problem }) => problem).join()).toContain('is guarded and @shareable')
})

test.each<[string, object, object, string]>([
  [
    'an entity decided on, for what is public',
    { scope: 'entity' },
    {},
    'Query.a: the door scopes it by entity, and the schema says @public',
  ],
  [
    'that a query signs in',
    { alone: true, switchesCaller: true },
    {},
    'door Query.a: says what only a mutation can do',
  ],
  ['that a mutation is filtered', {}, { scope: 'filter' }, 'door Mutation.m: filters what a mutation does'],
])('a door that says %s is refused', (_name, query, mutation, fault) => {
  const text = `${directives} type Query { a: Int @public } type Mutation { m: Int @public }`
  const lines: DoorLines = {
    Query: { a: { ask: open, ...query } },
    Mutation: { m: { ask: open, scope: 'public', ...mutation } },
  }
  expect(faultsOf(text, lines)).toContain(fault)
})

test('A rule of graphql-shield that the engine did not make is refused: it may be cached, or open when it throws', () => {
  const foreign = rule('mine', { cache: 'contextual' })(() => true)
  expect(faultsOf(`${directives} type Query { a: Int @public }`, { Query: { a: { ask: foreign } } })).toEqual([
    'door Query.a: has no rule to ask',
  ])
})

test.each<[string, object, string]>([
  ['without a rule', { ask: undefined }, 'door Query.a: has no rule to ask'],
  ['with a function for a rule', { ask: () => true }, 'door Query.a: has no rule to ask'],
  ['with a scope that is none', { ask: open, scope: 'owner' }, 'door Query.a: has the unknown scope "owner"'],
  ['with a misspelt column', { ask: open, allone: true }, 'door Query.a: has the unknown allone'],
])('a line of the door %s is refused, types or not', (_name, line, fault) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as somebody without types would write it
  const lines = { Query: { a: line } } as DoorLines
  expect(faultsOf(`${directives} type Query { a: Int @public }`, lines)).toEqual([fault])
})
