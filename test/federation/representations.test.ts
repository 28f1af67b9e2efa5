import { describe, expect, test } from '@jest/globals'
import { execute, parse } from 'graphql'
import { makeSchema } from '../../src/graphql/schema.js'
import { InvalidInput } from '../../src/kernel/errors.js'

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) '

const resolved: unknown[] = []
const remember = (reference: unknown) => {
  resolved.push(reference)
  return null
}

const schema = makeSchema({ Book: { __resolveReference: remember }, Shelf: { __resolveReference: remember } }, [
  parse(`${link}
      type Query { book: Book }
      type Book @key(fields: "id") @key(fields: "isbn shelf { room place { row } } lent") {
        id: ID!
        isbn: String!
        lent: Boolean
        shelf: Shelf
      }
      type Shelf @key(fields: "room") @key(fields: "id", resolvable: false) { id: ID  room: Int!  place: Place }
      type Place { row: Int! }
      extend type Shelf @key(fields: "place { row }")`),
])
const document = parse('query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }')

async function refer(representation: unknown): Promise<{ resolved: boolean; cause: unknown }> {
  resolved.length = 0
  const variableValues = { r: [representation] }
  const { errors = [] } = await execute({ schema, document, variableValues, contextValue: {} })
  return { resolved: resolved.length > 0, cause: errors[0]?.originalError }
}

const shelf = { room: 4, place: { row: 2 } }
const isbn = { __typename: 'Book', isbn: '978-3', shelf, lent: false }

describe('A representation with a key of its entity is resolved', () => {
  test.each<[string, unknown]>([
    ['by its id', { __typename: 'Book', id: 'b1' }],
    ['by an id of 256 characters', { __typename: 'Book', id: 'b'.repeat(256) }],
    ['by an id that another subgraph writes as a number', { __typename: 'Book', id: 17 }],
    ['by several fields, some of them inside another', isbn],
    ['by both keys', { ...isbn, id: 'b1' }],
    ['by one key and a part of the other', { __typename: 'Book', id: 'b1', shelf: { room: 4 } }],
    ['with what another field of it may need', { __typename: 'Book', id: 'b1', weight: { grams: 3 } }],
    ['by a number', { __typename: 'Shelf', room: -4 }],
    ['by the key of an extension', { __typename: 'Shelf', place: { row: 1 } }],
  ])('%s', async (_name, representation) => {
    expect(await refer(representation)).toEqual({ resolved: true, cause: undefined })
  })
})

describe('A representation is refused before anything is resolved', () => {
  test.each<[string, unknown]>([
    ['without a key', { __typename: 'Book' }],
    ['with half of a key', { ...isbn, lent: undefined, shelf: { room: 4 } }],
    ['with a key that routers may not resolve by', { __typename: 'Shelf', id: 's1' }],
    ['with an operator for an id', { __typename: 'Book', id: { $ne: null } }],
    ['with a list for an id', { __typename: 'Book', id: ['b1'] }],
    ['with true for an id', { __typename: 'Book', id: true }],
    ['with null for an id', { __typename: 'Book', id: null }],
    ['with no text for an id', { __typename: 'Book', id: '' }],
    ['with an id of 257 characters', { __typename: 'Book', id: 'b'.repeat(257) }],
    ['with a fraction for an id', { __typename: 'Book', id: 1.5 }],
    ['with a number for an id that is not exact', { __typename: 'Book', id: 2 ** 53 }],
    ['with text for a number', { __typename: 'Shelf', room: '4' }],
    ['with a number beyond an Int', { __typename: 'Shelf', room: 2 ** 31 }],
    ['with a number for text', { ...isbn, isbn: 9783 }],
    ['with a number for true or false', { ...isbn, lent: 0 }],
    ['with an operator deep inside', { ...isbn, shelf: { room: 4, place: { row: { $gt: 0 } } } }],
    ['with a list for an object', { ...isbn, shelf: [shelf] }],
    ['with a good key beside a malformed one', { __typename: 'Book', id: 'b1', isbn: { $ne: null } }],
    ['with a prototype', JSON.parse('{ "__typename": "Book", "id": "b1", "__proto__": { "admin": true } }')],
    [
      'with a prototype deep inside',
      { ...isbn, shelf: JSON.parse('{ "room": 4, "place": { "row": 2 }, "__proto__": {} }') },
    ],
    ['with a constructor', JSON.parse('{ "__typename": "Book", "id": "b1", "constructor": {} }')],
    ['that inherits its key', Object.assign(Object.create({ id: 'b1' }), { __typename: 'Book' })],
    ['that inherits its type', Object.assign(Object.create({ __typename: 'Book' }), { id: 'b1' })],
    ['without a type', { id: 'b1' }],
    ['of a type that is no entity', { __typename: 'Place', row: 1 }],
    ['of the query type', { __typename: 'Query' }],
    ['of a type called like a prototype', { __typename: '__proto__', id: 'b1' }],
    ['of several types', { __typename: ['Book'], id: 'b1' }],
    ['that is text', 'Book'],
    ['that is a list', [{ __typename: 'Book', id: 'b1' }]],
  ])('%s', async (_name, representation) => {
    const { resolved, cause } = await refer(representation)
    expect([resolved, cause]).toEqual([false, expect.any(InvalidInput)])
    expect((cause as InvalidInput).message).not.toMatch(/b1|978|\$|Book|Place/)
  })
})

test.each([
  ['a scalar of its own', 'type Thing @key(fields: "at") { at: Moment } scalar Moment'],
  ['a fraction', 'type Thing @key(fields: "price") { price: Float }'],
])('a key with %s, which could not be checked exactly, is no key to start with', (_name, sdl) => {
  expect(() => makeSchema({}, [parse(`${link} type Query { thing: Thing } ${sdl}`)])).toThrow(/^A @key of Thing has/)
})
