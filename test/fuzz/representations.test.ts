import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  anything,
  array,
  constant,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  nat,
  oneof,
  record,
  string,
  tuple,
  type Arbitrary,
} from 'fast-check'
import { graphql, type GraphQLSchema } from 'graphql'
import { bareSchema } from '../../src/access-control.js'
import type { Context } from '../../src/graphql/context.js'
import { domainErrorOf } from '../../src/graphql/errors.js'
import { anonymous, type Caller } from '../../src/kernel/caller.js'
import { newId } from '../../src/kernel/ids.js'
import { systemRandom } from '../../src/kernel/random.js'
import type { Subject } from '../../src/kernel/subject.js'
import { defaultPolicy } from '../../src/policy.js'
import { asPerson, contextFor } from '../matrix/askers.js'
import { rulesFor } from '../matrix/world.js'
import { goodPassword, newEmail } from '../support/people.js'
import { startTestPortcullis, type TestPortcullis } from '../support/portcullis.js'
import { slowClaim } from './finding.js'

let server: TestPortcullis
let ada: Subject
let bob: Subject
/** The ids that the database was asked for. */
const asked: unknown[] = []
const absent = newId('usr', systemRandom)

beforeAll(async () => {
  server = await startTestPortcullis()
  const people = await server.app.accounts.provision(
    ['member', 'member'].map((role) => ({ email: newEmail(), password: goodPassword, roles: [role] })),
  )
  const [one, other] = people
  if (one === undefined || other === undefined) throw new Error('Nobody was made')
  ;[ada, bob] = [one, other]
})
afterAll(() => server.close())

type Who = 'anonymous' | 'member' | 'admin'

function callerOf(who: Who): Caller {
  if (who === 'anonymous') return anonymous
  return asPerson(who === 'admin' ? { ...ada, roles: ['member', 'admin'] } : ada, 'ses_1', defaultPolicy)
}

interface Question {
  readonly who: Who
  readonly representations: readonly unknown[]
}

interface Told {
  readonly entities: readonly ({ id: string } | null)[] | null
  readonly codes: readonly string[]
}

const source = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id email displayName } } }'

async function tell(schema: GraphQLSchema, { who, representations }: Question): Promise<Told> {
  asked.length = 0
  const { users } = server.app
  const findMany: typeof users.findMany = async (ids) => {
    asked.push(...ids)
    const isExact = ids.every((id) => typeof id === 'string')
    return isExact ? users.findMany(ids) : ids.map(() => null)
  }
  const services = { ...server.app, authorization: Object.create(null), users: { ...users, findMany } }
  const contextValue = contextFor(services, callerOf(who))
  const { data, errors = [] } = await graphql({ schema, source, contextValue, variableValues: { r: representations } })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the query asks for
  const entities = (data?.['_entities'] ?? null) as Told['entities']
  return { entities, codes: errors.map((error) => domainErrorOf(error)?.code ?? String(error)) }
}

/** Guarded as it is served. */
const real = () => rulesFor(defaultPolicy).schema

/** With another way to find who is referred to, and nothing in front of it. */
function unguarded(resolve: (reference: { id: unknown }, context: Context) => unknown): GraphQLSchema {
  const schema = bareSchema()
  const resolveReference = async (reference: { id: unknown }, context: Context) => {
    const found = await resolve(reference, context)
    return typeof found === 'object' && found !== null ? { __typename: 'User', ...found } : null
  }
  const user = schema.getType('User')
  if (user === undefined) throw new Error('There is no user')
  Object.assign(user.extensions, { apollo: { subgraph: { resolveReference } } })
  const field = schema.getQueryType()?.getFields()['_entities']
  if (field === undefined) throw new Error('There are no entities')
  field.resolve = (_root, { representations }: { representations: { id: unknown }[] }, context: Context) =>
    representations.map((each) => resolveReference(Object(each), context))
  return schema
}

/** Each is made when it is asked for: who there is is not known before the server has started. */
const goodId = constantFrom<(() => string)[]>(
  () => ada.id,
  () => bob.id,
  () => absent,
)
const brokenId = tuple(goodId, nat(30), string({ maxLength: 2, unit: 'binary-ascii' })).map(
  ([id, at, text]) =>
    () =>
      id().slice(0, at) + text + id().slice(at),
)
const operator = tuple(constantFrom('$ne', '$gt', '$in', '$regex', '$where', '$exists'), jsonValue())
const oddId = oneof(
  operator.map(([name, value]) => ({ [name]: value })),
  array(jsonValue(), { maxLength: 2 }),
  integer(),
  jsonValue(),
  anything({ withNullPrototype: true }),
).map((value) => () => value)

const id: Arbitrary<() => unknown> = oneof(
  { weight: 6, arbitrary: goodId },
  { weight: 2, arbitrary: brokenId },
  { weight: 2, arbitrary: oddId },
  { weight: 1, arbitrary: goodId.map((one) => () => [one()]) },
)
const typename = oneof(
  { weight: 9, arbitrary: constant('User') },
  { weight: 1, arbitrary: oneof(constantFrom('Session', 'Query', '__proto__', 'toString'), jsonValue()) },
)
const extra = oneof(
  { weight: 6, arbitrary: constant({}) },
  { weight: 2, arbitrary: dictionary(string({ unit: 'binary-ascii' }), jsonValue(), { maxKeys: 2 }) },
  { weight: 2, arbitrary: constantFrom('__proto__', 'constructor').map((name) => JSON.parse(`{"${name}":{"id":1}}`)) },
)
const reference = oneof(
  {
    weight: 12,
    arbitrary: record({ typename, id, extra }).map(({ typename, id, extra }) => () => {
      const made = { __typename: typename, id: id() }
      for (const [name, value] of Object.entries(extra)) {
        if (name !== 'id' && name !== '__typename')
          Object.defineProperty(made, name, { value, enumerable: true, configurable: true })
      }
      return made
    }),
  },
  { weight: 1, arbitrary: jsonValue().map((value) => () => value) },
)
const questions = record({
  who: constantFrom<Who[]>('anonymous', 'member', 'admin'),
  references: array(reference, { minLength: 1, maxLength: 3 }),
}).map(({ who, references }) => (): Question => ({ who, representations: references.map((make) => make()) }))

const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([each]) => each === name)?.[1] : undefined
const idOf = (value: unknown): unknown => propertyOf(value, 'id')

test('nothing but an exact id, a string that was sent as one, reaches the database', async () => {
  await slowClaim<() => Question, GraphQLSchema>({
    inputs: questions,
    async holds(schema, make) {
      const question = make()
      await tell(schema, question)
      const sent = question.representations.map(idOf)
      for (const each of asked) {
        expect(each).toMatch(/^usr_[0-9a-z]{26}$(?!\n)/)
        expect(sent).toContain(each)
      }
    },
    real: real(),
    naive: unguarded(async ({ id }, { services }) => (await services.users.findMany([id as string]))[0]),
  })
}, 120_000)

test('who is foreign is null like who is absent, without an error; what is no reference is refused altogether', async () => {
  await slowClaim<() => Question, GraphQLSchema>({
    inputs: questions,
    async holds(schema, make) {
      const question = make()
      const { who, representations } = question
      const { entities, codes } = await tell(schema, question)
      if (entities === null) {
        // One for each that is null, which the schema forbids; one for all that are no references.
        expect(codes).not.toEqual([])
        // Of three good ones nothing is refused.
        expect(representations.every(isPlain)).toBe(false)
        expect(asked).toEqual([])
        return
      }
      expect(codes).toEqual([])
      const visible = { anonymous: [], member: [ada.id], admin: [ada.id, bob.id] }[who] as unknown[]
      const expected = representations.map((each) => (visible.includes(idOf(each)) ? idOf(each) : null))
      expect(entities.map((entity) => entity?.id ?? null)).toEqual(expected)
    },
    real: real(),
    naive: unguarded(async ({ id }, { services }) =>
      typeof id === 'string' ? (await services.users.findMany([id]))[0] : null,
    ),
  })
}, 120_000)

/** A reference that any router could make. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const isKnown = ([ada.id, bob.id, absent] as unknown[]).includes(idOf(value))
  return (
    propertyOf(value, '__typename') === 'User' &&
    isKnown &&
    !Object.keys(value).some((name) => ['__proto__', 'constructor', 'prototype'].includes(name))
  )
}
