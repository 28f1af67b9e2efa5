import { makeExecutableSchema } from '@graphql-tools/schema'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  anything,
  array,
  constant,
  constantFrom,
  dictionary,
  double,
  integer,
  jsonValue,
  oneof,
  record,
  string,
  type Arbitrary,
} from 'fast-check'
import { graphql, GraphQLScalarType } from 'graphql'
import { startEdge, type Edge } from '../http/edge.js'
import { slowClaim } from './finding.js'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge.stop())

/** What nobody but the client says: as a text, as a number, as a name. */
const mark = 'hunter2'
const markedNumber = 70_707_070_707

const query = `
  query ($text: String, $first: Int, $when: DateTime, $flavour: Flavour, $extra: JSON) {
    echo(text: $text, first: $first, when: $when, flavour: $flavour, extra: $extra)
  }`
const mutation = 'mutation ($input: SignInInput) { signIn(input: $input) }'

interface Asked {
  readonly document: string
  readonly variables: Readonly<Record<string, unknown>>
}

interface Told {
  readonly status: number
  readonly errors: string
  /** The arguments of every resolver that was called. */
  readonly taken: readonly unknown[]
}

const hostile = oneof(
  { depthSize: 'small' },
  constantFrom<unknown[]>(mark, `${mark}@example.com`, [mark], { [mark]: mark }, { $ne: mark }, markedNumber, null),
  string().map((text) => `${mark}${text}`),
  jsonValue({ maxDepth: 4 }),
  double(),
  dictionary(constantFrom(mark, '__proto_', 'id', 'constructor', '$gt'), jsonValue(), { maxKeys: 3 }),
  integer({ min: 18, max: 24 }).map((depth) => JSON.parse(`${'['.repeat(depth)}"${mark}"${']'.repeat(depth)}`)),
  anything({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value, textOfBigInt) ?? 'null')),
)

const textOfBigInt = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/** Mostly of its type, or of several places at once none would be told from the other. */
const or = (good: Arbitrary<unknown>): Arbitrary<unknown> =>
  oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: hostile })
const text = or(string())
const flavour = or(constantFrom('SWEET', 'SOUR'))
const asking = oneof(
  record(
    {
      text,
      first: or(integer()),
      when: or(constantFrom('2030-01-01T08:30:00Z', '2030-02-30T08:30:00Z', `2030-01-01 ${mark}`, '2030')),
      flavour,
      extra: hostile,
    },
    { requiredKeys: [] },
  ).map((variables): Asked => ({ document: query, variables })),
  or(
    record(
      {
        email: or(constantFrom('ada@example.com', '@', `${mark}@`)),
        password: text,
        flavour,
        tags: or(array(or(integer()), { maxLength: 3 })),
        extra: hostile,
        [mark]: constant(mark),
      },
      { requiredKeys: ['email', 'password'] },
    ),
  ).map((input): Asked => ({ document: mutation, variables: { input } })),
)

async function tell({ document, variables }: Asked): Promise<Told> {
  edge.taken.length = 0
  const { status, body, text } = await edge.query(document, { variables })
  return { status, errors: body === null ? text : JSON.stringify(body.errors ?? []), taken: [...edge.taken] }
}

const isInt = (value: unknown): boolean => typeof value === 'number' && (value | 0) === value
const isText = (value: unknown): boolean => typeof value === 'string'
const isFlavour = (value: unknown): boolean => value === 'SWEET' || value === 'SOUR'

/** What a resolver may rely on, at each place. */
const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: isText,
  first: isInt,
  when: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  flavour: isFlavour,
  extra: (value) => depthOf(value) <= 20,
  email: (value) => typeof value === 'string' && /^.+@.+$/s.test(value) && value.length <= 254,
  password: isText,
  tags: (value) => Array.isArray(value) && value.every(isInt),
}
const needed = ['email', 'password']

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
}

function wrongIn(args: object): string[] {
  return Object.entries(args).flatMap(([name, value]) => {
    if (name === 'input' && typeof value === 'object' && value !== null) {
      return [...wrongIn(value), ...needed.filter((each) => !Object.hasOwn(value, each))]
    }
    const isMissing = value === undefined || value === null
    if (isMissing) return needed.includes(name) ? [name] : []
    return types[name]?.(value) === true ? [] : [name]
  })
}

/** Scalars that take what comes, and the words of graphql-js, which repeat it. */
const lenient = makeExecutableSchema({
  typeDefs: `
    scalar DateTime scalar EmailAddress scalar JSON scalar Loose
    enum Flavour { SWEET SOUR }
    input SignInInput { email: EmailAddress! password: String! flavour: Flavour tags: [Int!] extra: JSON }
    type Query { echo(text: String, first: Int, when: DateTime, flavour: Flavour, extra: JSON): String }
    type Mutation { signIn(input: SignInInput): String }`,
  resolvers: {
    DateTime: new GraphQLScalarType({ name: 'DateTime', parseValue: (value) => new Date(String(value)) }),
  },
})

async function tellOfWords({ document: source, variables: variableValues }: Asked): Promise<Told> {
  const { errors = [] } = await graphql({ schema: lenient, source, variableValues })
  return { status: 200, errors: JSON.stringify(errors), taken: [] }
}

async function tellOfTypes({ document: source, variables: variableValues }: Asked): Promise<Told> {
  const taken: unknown[] = []
  const take = (args: unknown) => void taken.push(args)
  await graphql({ schema: lenient, source, variableValues, rootValue: { echo: take, signIn: take } })
  return { status: 200, errors: '[]', taken }
}

test('whatever the variables are, no value of theirs comes back in an error, and none is a failure of ours', async () => {
  await slowClaim<Asked, typeof tell>({
    inputs: asking,
    async holds(ask, asked) {
      const { status, errors } = await ask(asked)
      expect(status).toBeLessThan(500)
      expect(errors).not.toContain(mark)
      expect(errors).not.toContain(String(markedNumber))
      expect(errors).not.toContain('INTERNAL_SERVER_ERROR')
    },
    real: tell,
    naive: tellOfWords,
  })
}, 120_000)

test('a resolver is called with values of the types it declares, or not at all', async () => {
  await slowClaim<Asked, typeof tell>({
    inputs: asking,
    async holds(ask, asked) {
      const { taken } = await ask(asked)
      for (const args of taken) expect(wrongIn(Object(args))).toEqual([])
    },
    real: tell,
    naive: tellOfTypes,
  })
}, 120_000)
