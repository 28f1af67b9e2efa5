import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Schema, type Connection, type Model } from 'mongoose'
import type { Reach } from '../../src/kernel/caller.js'
import { reachFilter } from '../../src/mongo/reach-filter.js'
import { testDatabase } from '../support/database.js'
import { untyped } from '../authorization/scenario.js'

interface Thing {
  _id: string
  owner: string
  author: string
  kind: string
  tags: string[]
  size: number
  open: boolean
}

const schema = new Schema<Thing>(
  { _id: String, owner: String, author: String, kind: String, tags: [String], size: Number, open: Boolean },
  { collection: 'things', versionKey: false, strictQuery: 'throw' },
)
const paths: Readonly<Record<string, readonly string[]>> = {
  userId: ['owner', 'author'],
  kind: ['kind'],
  tags: ['tags'],
  size: ['size'],
  open: ['open'],
}
const pathsOf = (property: string): readonly string[] => (Object.hasOwn(paths, property) ? (paths[property] ?? []) : [])

let db: Awaited<ReturnType<typeof testDatabase>>
let things: Model<Thing>
beforeAll(async () => {
  db = await testDatabase()
  const connection: Connection = db.database.connection
  things = connection.model<Thing>('Thing', schema)
  await things.insertMany([
    { _id: 'a', owner: 'ann', author: 'ben', kind: 'note', tags: ['x'], size: 1, open: true },
    { _id: 'b', owner: 'ben', author: 'ben', kind: 'note', tags: ['x', 'y'], size: 2, open: false },
    { _id: 'c', owner: 'cat', author: 'cat', kind: 'book', tags: [], size: 3, open: true },
  ])
  // As an older version may have left it: without most of its properties.
  await things.collection.insertOne({ _id: 'd' } as never)
})
afterAll(() => db.drop())

async function reached(reach: Reach): Promise<string> {
  const found = await things.find(reachFilter(reach, pathsOf), { _id: 1 }).sort({ _id: 1 }).lean()
  return found.map(({ _id }) => _id).join('')
}

test.each<[string, Reach, string]>([
  ['all', 'all', 'abcd'],
  ['nothing', [], ''],
  ['what is owned, under any path', [{ userId: 'ann' }], 'a'],
  ['what is owned under the other path', [{ userId: 'ben' }], 'ab'],
  ['one value', [{ kind: 'note' }], 'ab'],
  ['one of several values', [{ kind: ['note', 'book'] }], 'abc'],
  ['a member of a list', [{ tags: 'y' }], 'b'],
  ['a number', [{ size: 3 }], 'c'],
  ['what is false', [{ open: false }], 'b'],
  ['all of one condition', [{ kind: 'note', open: true }], 'a'],
  ['any of several conditions', [{ userId: 'cat' }, { kind: 'note', size: 2 }], 'bc'],
])('a reach finds %s', async (_name, reach, expected) => {
  expect(await reached(reach)).toBe(expected)
})

describe('nothing is reached by', () => {
  test.each<[string, unknown]>([
    ['a property without a path', [{ colour: 'red' }]],
    ['a property without a path beside one that would do', [{ kind: 'note', colour: 'red' }]],
    ['a property that every object has', [{ constructor: 'x' }]],
    ['a path that is no property', [{ owner: 'ann' }]],
    ['a condition without properties', [{}]],
    ['no value', [{ kind: null }]],
    ['an empty value, which what has none would match', [{ userId: '' }]],
    ['an empty list of values', [{ kind: [] }]],
    ['an operator', [{ kind: { $ne: 'x' } }]],
    ['an operator in a list', [{ kind: [{ $ne: 'x' }] }]],
    ['an operator for a property', [{ $where: 'true' }]],
  ])('%s', async (_name, reach) => {
    expect(await reached(untyped(reach))).toBe('')
  })

  test('what is not understood, while the rest still reaches its own', async () => {
    expect(await reached(untyped([{ colour: 'red' }, {}, { kind: 'book' }]))).toBe('c')
  })
})
