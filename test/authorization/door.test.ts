import { makeExecutableSchema } from '@graphql-tools/schema'
import { describe, expect, test } from '@jest/globals'
import { applyDoor } from '../../src/authorization/door.js'
import {
  askRule,
  defineDoor,
  isPerson,
  open,
  personOnly,
  signedIn,
  type DoorLines,
} from '../../src/authorization/index.js'
import type { Caller } from '../../src/kernel/caller.js'
import { Forbidden, RateLimited, Unavailable } from '../../src/kernel/errors.js'
import { ask, callers, contextOf, notesLines, notesSchema, refusals, resolverOf, type Context } from './scenario.js'

const sdl = `type Thing { name(of: String): String }
  type Query { open: Thing, signedIn: String, person: String, byArgument(of: String): String, forgotten: String }
  type Mutation { act: String, forgotten: String }`

function house(lines: Partial<DoorLines> = {}) {
  const ran: string[] = []
  const reported: [string, unknown][] = []
  const answer = (name: string) => () => {
    ran.push(name)
    return name
  }
  const name = (): string => 'thing'
  const open_ = (): object => ({})
  const resolvers = {
    Thing: { name },
    Query: {
      open: open_,
      signedIn: answer('signedIn'),
      person: answer('person'),
      byArgument: answer('byArgument'),
      forgotten: answer('forgotten'),
    },
    Mutation: { act: answer('act'), forgotten: answer('forgotten') },
  }
  const door = defineDoor({
    Query: { open: { ask: open }, signedIn: { ask: signedIn }, person: { ask: personOnly }, ...lines.Query },
    Mutation: { act: { ask: open, scope: 'public' }, ...lines.Mutation },
  })
  const built = makeExecutableSchema({ typeDefs: sdl, resolvers })
  const schema = applyDoor(built, door, (coordinate, cause) => reported.push([coordinate, cause]))
  return { built, schema, ran, reported }
}

describe('the door', () => {
  test.each<[string, Caller, string, string | null]>([
    ['lets anybody ask what is open', callers.anonymous, '{ open { name } }', null],
    ['asks a stranger to sign in', callers.anonymous, '{ signedIn }', 'SIGN_IN_REQUIRED'],
    ['lets a person in', callers.owner, '{ signedIn }', null],
    ['lets a machine in', callers.machine, '{ signedIn }', null],
    ['lets a person ask what is for persons', callers.owner, '{ person }', null],
    ['refuses a machine what is for persons', callers.machine, '{ person }', 'FORBIDDEN'],
    ['asks a stranger to sign in first', callers.anonymous, '{ person }', 'SIGN_IN_REQUIRED'],
    ['denies a query that has no line', callers.support, '{ forgotten }', 'FORBIDDEN'],
    ['denies a mutation that has no line', callers.support, 'mutation { forgotten }', 'FORBIDDEN'],
    [
      'is not walked around by an alias or a fragment',
      callers.anonymous,
      '{ ...Q } fragment Q on Query { x: signedIn }',
      'SIGN_IN_REQUIRED',
    ],
  ])('%s', async (_name, caller, query, expected) => {
    const { schema, ran } = house()
    const result = await ask(schema, query, contextOf(caller))
    expect(Object.values(refusals(result))).toEqual(expected === null ? [] : [expected])
    if (expected !== null) expect(ran).toEqual([])
  })

  test.each([
    ['an open query', 'Query', 'open', true],
    ['an open mutation', 'Mutation', 'act', true],
    ['a field of any other type', 'Thing', 'name', true],
    ['no field with a condition', 'Query', 'signedIn', false],
  ])('leaves as it was: %s', (_name, type, field, same) => {
    const { built, schema } = house()
    expect(resolverOf(schema, type, field) === resolverOf(built, type, field)).toBe(same)
  })

  test('hands on the very error a rule returned', async () => {
    const refusal = new RateLimited(5000)
    const { schema } = house({ Query: { signedIn: { ask: askRule('slow', () => refusal) } } })
    const { errors } = await ask(schema, '{ signedIn }', contextOf(callers.owner))
    expect(errors?.[0]?.originalError).toBe(refusal)
  })

  test('hands on the very error a resolver threw', async () => {
    const built = makeExecutableSchema({
      typeDefs: 'type Query { a: String }',
      resolvers: { Query: { a: () => Promise.reject(cause) } },
    })
    const cause = new Forbidden()
    const schema = applyDoor(built, defineDoor({ Query: { a: { ask: signedIn } } }), () => undefined)
    const { errors } = await ask(schema, '{ a }', contextOf(callers.owner))
    expect(errors?.[0]?.originalError).toBe(cause)
  })

  test('never makes data of what a resolver threw', async () => {
    const resolvers = { Query: { a: () => Promise.reject('a secret') } }
    const built = makeExecutableSchema({ typeDefs: 'type Query { a: String }', resolvers })
    const schema = applyDoor(built, defineDoor({ Query: { a: { ask: signedIn } } }), () => undefined)
    const { data, errors } = await ask(schema, '{ a }', contextOf(callers.owner))
    expect(data).toEqual({ a: null })
    expect(errors?.[0]?.originalError?.cause).toBe('a secret')
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('on fire')
      },
    ],
    ['rejects', () => Promise.reject(new Error('on fire'))],
  ])('denies when a rule %s, and reports why', async (_name, refusal) => {
    const { schema, ran, reported } = house({ Query: { signedIn: { ask: askRule('broken', refusal) } } })
    const result = await ask(schema, '{ signedIn }', contextOf(callers.owner))
    expect(refusals(result)).toEqual({ signedIn: 'FORBIDDEN' })
    expect(ran).toEqual([])
    expect(reported).toEqual([['Query.signedIn', new Error('on fire')]])
  })

  test('denies when a rule does not answer within a second, and reports it', async () => {
    const { schema, ran, reported } = house({
      Query: { signedIn: { ask: askRule('hangs', () => new Promise(() => {})) } },
    })
    const result = await ask(schema, '{ signedIn }', contextOf(callers.owner))
    expect(refusals(result)).toEqual({ signedIn: 'UNAVAILABLE' })
    expect(ran).toEqual([])
    expect(reported).toEqual([['Query.signedIn', expect.any(Unavailable)]])
  })

  test('asks the conditions of a rule in turn, and none after the one that refuses', async () => {
    const asked: string[] = []
    const spends = () => {
      asked.push('spent')
      return null
    }
    const { schema } = house({ Query: { signedIn: { ask: askRule('both', isPerson, spends) } } })
    expect(refusals(await ask(schema, '{ signedIn }', contextOf(callers.anonymous)))).toEqual({
      signedIn: 'SIGN_IN_REQUIRED',
    })
    expect(asked).toEqual([])
    expect(refusals(await ask(schema, '{ signedIn }', contextOf(callers.owner)))).toEqual({})
    expect(asked).toEqual(['spent'])
  })

  test('decides anew for other arguments and other fields', async () => {
    const never = askRule<Context>('never', () => new Forbidden())
    const byArgument = askRule<Context>('mine only', (_context, args) => (args.of === 'mine' ? null : new Forbidden()))
    const { schema } = house({ Query: { byArgument: { ask: byArgument }, signedIn: { ask: never } } })
    const query = '{ a: byArgument(of: "mine") b: byArgument(of: "yours") c: byArgument(of: "mine") signedIn }'
    const result = await ask(schema, query, contextOf(callers.owner))
    expect(result.data).toEqual({ a: 'byArgument', b: null, c: 'byArgument', signedIn: null })
  })

  test('judges the caller of now, not of the start of the operation', async () => {
    const found = [callers.owner, callers.anonymous]
    const context = contextOf(callers.owner, () => found.shift() ?? callers.anonymous)
    const result = await ask(notesSchema(), 'mutation { touch { at } nudge }', context)
    expect(result.data).toEqual({ touch: { at: 'now' }, nudge: null })
    expect(refusals(result)).toEqual({ nudge: 'SIGN_IN_REQUIRED' })
  })

  test('stands before what is public by its directives', async () => {
    const result = await ask(notesSchema(), '{ conditional }', contextOf(callers.anonymous))
    expect(refusals(result)).toEqual({ conditional: 'SIGN_IN_REQUIRED' })
  })
})

describe('the columns of the door', () => {
  const door = defineDoor(notesLines)
  test.each([
    ['a credential operation is alone', door.isAlone('Mutation', 'enter'), true],
    ['brings its own proof', door.bringsOwnProof('enter'), true],
    ['and switches the caller', door.switchesCaller('enter'), true],
    ['another mutation is not alone', door.isAlone('Mutation', 'write'), false],
    ['brings no proof', door.bringsOwnProof('write'), false],
    ['and switches nobody', door.switchesCaller('write'), false],
    ['a query by the same name is not meant', door.isAlone('Query', 'enter'), false],
    [
      'nor is what every object has',
      door.isAlone('Mutation', 'constructor') || door.bringsOwnProof('__proto__'),
      false,
    ],
  ])('%s', (_name, actual, expected) => {
    expect(actual).toBe(expected)
  })
})
