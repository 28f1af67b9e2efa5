import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { wireCodes } from '../../src/graphql/errors.js'
import { startEdge, type Edge } from './edge.js'

let edge: Edge
beforeAll(async () => {
  edge = await startEdge()
})
afterAll(() => edge.stop())
beforeEach(() => {
  edge.ran.length = 0
  edge.logged.length = 0
})

const repeat = (times: number, each: (index: number) => string) =>
  Array.from({ length: times }, (_, i) => each(i)).join(' ')
const nested = (levels: number): string => (levels === 0 ? 'id' : `node { ${nested(levels - 1)} }`)
const exceeded = { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED', reason: 'LIMIT_EXCEEDED' } }] }

describe('the size of an operation', () => {
  test.each([
    ['12 levels', `{ ${nested(11)} }`],
    ['15 aliases', `{ ${repeat(15, (i) => `a${i}: hello`)} }`],
    ['20 root fields', `{ ${repeat(10, () => 'hello caller')} }`],
    ['10 times the same field', `{ ${repeat(10, () => 'hello')} }`],
    [
      '20 directives',
      `{ hello ${repeat(1, () => '@include(if: true)')} ... @skip(if: false) { ${repeat(9, () => 'hello @include(if: true) @skip(if: false)')} } }`,
    ],
    [
      'introspection as Sandbox asks for it',
      `{ __schema { types { fields { type { ${'ofType { '.repeat(9)} name ${'} '.repeat(9)} } } } } }`,
    ],
  ] as const)('may be %s', async (_name, query) => {
    const answer = await edge.query(query)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body?.errors).toBeUndefined()
  })

  test.each([
    ['13 levels', `{ ${nested(12)} }`],
    [
      '13 levels through fragments',
      `{ node { ...F } } fragment F on Node { ${nested(6)} node { ...G } } fragment G on Node { ${nested(10)} }`,
    ],
    ['16 aliases', `{ ${repeat(16, (i) => `a${i}: hello`)} }`],
    ['16 aliases through a fragment', `{ ...F ...F } fragment F on Query { ${repeat(8, (i) => `a${i}: hello`)} }`],
    ['21 root fields', `{ ${repeat(10, () => 'hello caller')} ... { hello } }`],
    ['11 times the same field', `{ ${repeat(11, () => 'hello')} }`],
    [
      '21 root fields through fragments',
      `{ ${repeat(7, () => '...F')} } fragment F on Query { hello caller ... { hello } }`,
    ],
    [
      '21 directives',
      `{ ${repeat(10, () => 'hello @include(if: true) @skip(if: false)')} ... @skip(if: true) { hello } }`,
    ],
  ] as const)('may not be %s', async (_name, query) => {
    expect(await edge.query(query)).toMatchObject({ status: 400, body: exceeded })
    expect(edge.ran).toEqual([])
  })

  test('of a fragment that nothing spreads counts as well', async () => {
    const query = `{ hello } fragment F on Query { ${repeat(400, () => 'node { id }')} }`
    expect((await edge.query(query)).text).toMatch(/LIMIT_EXCEEDED/)
  })

  test('is found out before anything expensive is', async () => {
    // The rule that compares fields would give up on this one, after a third of a second, and say so.
    const answer = await edge.query(`{ ${repeat(450, () => 'node { id }')} }`)
    expect(answer.text).toContain('An operation may have 20 root fields.')
    expect(answer.text).not.toContain('Validation aborted')
  })

  test('is measured in no time, also where walking it would be exponential', async () => {
    const bomb = repeat(60, (i) => `fragment F${i} on Node { a: node { ...F${i + 1} } b: node { ...F${i + 1} } }`)
    const startedAt = performance.now()
    const answer = await edge.query(`{ node { ...F0 } } ${bomb} fragment F60 on Node { id }`)
    expect(answer).toMatchObject({ status: 400 })
    expect(answer.text).toContain('LIMIT_EXCEEDED')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('of flat spreads is measured in no time either', async () => {
    const bomb = repeat(60, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)
    const startedAt = performance.now()
    expect(await edge.query(`{ ...F0 } ${bomb} fragment F60 on Query { hello }`)).toMatchObject({ status: 400 })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('of a cycle is refused', async () => {
    const answer = await edge.query(
      '{ node { ...F } } fragment F on Node { node { ...G } } fragment G on Node { ...F }',
    )
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    })
  })
})

describe('a credential operation', () => {
  const input = 'input: { email: "ada@example.com", password: "x" }'
  test.each([
    ['a hundred aliases', `mutation { ${repeat(100, (i) => `a${i}: signIn(${input})`)} }`, undefined],
    ['an alias', `mutation { a: signIn(${input}) b: signIn(${input}) }`, undefined],
    ['itself, merged', `mutation { signIn(${input}) signIn(${input}) }`, undefined],
    ['another field', `mutation { signIn(${input}) change }`, undefined],
    ['its type name', `mutation { __typename signIn(${input}) }`, undefined],
    ['a fragment', `mutation { ...F change } fragment F on Mutation { signIn(${input}) }`, undefined],
    ['a fragment spread twice', `mutation { ...F ...F } fragment F on Mutation { signIn(${input}) }`, undefined],
    ['an inline fragment', `mutation { a: signIn(${input}) ... on Mutation { b: signIn(${input}) } }`, undefined],
    [
      'a skipped one',
      `mutation ($no: Boolean!) { a: signIn(${input}) b: signIn(${input}) @skip(if: $no) }`,
      { no: true },
    ],
    [
      'two of which one is included',
      `mutation ($y: Boolean!, $n: Boolean!) { a: signIn(${input}) @include(if: $y) b: signIn(${input}) @include(if: $n) }`,
      { y: true, n: false },
    ],
  ] as const)('does not run with %s', async (_name, query, variables) => {
    const answer = await edge.query(query, variables === undefined ? {} : { variables })
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(/ALONE_REQUIRED|LIMIT_EXCEEDED/)
    expect(edge.ran).toEqual([])
  })

  test('says what it needs', async () => {
    expect((await edge.query('mutation { signIn change }')).body).toEqual({
      errors: [
        {
          message: 'signIn must be the only field of its operation, and be asked once.',
          extensions: { reason: 'ALONE_REQUIRED', code: 'BAD_USER_INPUT' },
        },
      ],
    })
  })

  test('runs alone, also in a fragment', async () => {
    expect(await edge.query(`mutation { ...F } fragment F on Mutation { signIn(${input}) }`)).toMatchObject({
      status: 200,
    })
    expect(edge.ran).toEqual(['signIn'])
  })
})

describe('a wrong value is never repeated', () => {
  const canary = 'hunter2'
  const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) }'
  const good = { email: 'ada@example.com', password: 'x' }
  test.each([
    ['a number for a string', { ...good, password: [canary] }, 'input.password', 'Not a valid String!.'],
    [
      'a bad address',
      { ...good, email: canary },
      'input.email',
      'Must be an e-mail address of at most 254 characters.',
    ],
    [
      'a long address',
      { ...good, email: `${canary}@${'x'.repeat(250)}` },
      'input.email',
      'Must be an e-mail address of at most 254 characters.',
    ],
    ['an unknown enum value', { ...good, flavour: canary }, 'input.flavour', 'Not a valid Flavour.'],
    ['a bad item of a list', { ...good, tags: [1, canary] }, 'input.tags.1', 'Not a valid Int!.'],
    ['an unknown field', { ...good, [canary]: 1 }, 'input', 'Not a valid SignInInput!.'],
    ['a missing field', { email: good.email }, 'input.password', 'Missing.'],
    ['null', { ...good, password: null }, 'input.password', 'Must not be null.'],
    [
      'JSON of 21 levels',
      { ...good, extra: JSON.parse(`${'['.repeat(21)}"${canary}"${']'.repeat(21)}`) },
      'input.extra',
      'Must not be nested deeper than 20.',
    ],
    ['no object', canary, 'input', 'Not a valid SignInInput!.'],
  ])('%s in a variable', async (_name, input, path, sentence) => {
    const answer = await edge.query(signIn, { variables: { input } })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ message: `${path}: ${sentence}` }] } })
    expect(answer.body?.errors?.[0]?.extensions).toEqual({ fields: { [path]: sentence }, code: 'BAD_USER_INPUT' })
    expect(answer.text).not.toContain(canary)
    expect(JSON.stringify(edge.logged)).not.toContain(canary)
    expect(edge.ran).toEqual([])
  })

  test('and several are told one by one', async () => {
    const answer = await edge.query(signIn, { variables: { input: { email: canary, tags: [canary] } } })
    expect(answer.body?.errors?.map(({ message }) => message)).toEqual([
      'input.email: Must be an e-mail address of at most 254 characters.',
      'input.password: Missing.',
      'input.tags.0: Not a valid Int!.',
    ])
  })

  test('and a thousand stop early', async () => {
    const input = { ...good, tags: Array.from({ length: 1000 }, () => canary) }
    const answer = await edge.query(signIn, { variables: { input } })
    expect(answer.status).toBe(400)
    expect(new Set(answer.body?.errors?.map(({ extensions }) => extensions['code']))).toEqual(
      new Set(['BAD_USER_INPUT']),
    )
    expect(answer.text).not.toContain(canary)
  })

  test.each([
    ['a string for a number', '{ echo(first: "hunter2") }', 'A value is not a valid Int.'],
    ['an enum value', '{ echo(flavour: hunter2) }', 'A value is not valid here.'],
    ['a string for an enum', '{ echo(flavour: "hunter2") }', 'A value is not valid here.'],
    ['a name for a string', '{ echo(text: hunter2) }', 'A value is not a valid String.'],
    ['a date', '{ echo(when: "hunter2") }', 'Must be an RFC 3339 instant, for example 2030-01-01T08:30:00Z.'],
    ['a default', 'query ($a: Int = "hunter2") { echo(first: $a) }', 'A value is not a valid Int.'],
    ['a list for an object', 'mutation { signIn(input: ["hunter2"]) }', 'A value is not a valid SignInInput.'],
    [
      'an incomplete object',
      'mutation { signIn(input: { email: "a@b", tags: [1] }) }',
      'Field "SignInInput.password" of required type "String!" was not provided.',
    ],
    ['a string where there should be a name', '{ "hunter2" }', 'Syntax error: expected Name, found String.'],
    ['an unexpected string', '"hunter2"', 'Syntax error: unexpected <EOF>.'],
    ['an unknown escape', String.raw`{ echo(text: "\hunter2") }`, 'Syntax error.'],
    ['an unknown name of 100 characters', `{ ${'x'.repeat(100)} }`, 'Cannot query field "…" on type "Query".'],
  ])('%s in a document', async (_name, query, message) => {
    const answer = await edge.query(query)
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ message }] } })
    expect(answer.text).not.toContain(canary)
    expect(edge.ran).toEqual([])
  })

  test('nor in an argument that only shows at run time', async () => {
    const query = 'query ($how: String = "not-found") { fail(how: $how) hello }'
    const answer = await edge.query(query, { variables: { how: null } })
    expect(answer.body?.errors).toEqual([
      {
        message: 'how: Missing, or not a valid value.',
        locations: expect.anything(),
        path: ['fail'],
        extensions: { fields: { how: 'Missing, or not a valid value.' }, code: 'BAD_USER_INPUT' },
      },
    ])
  })
})

describe('an error of a field', () => {
  test.each([
    ['invalid', { code: 'BAD_USER_INPUT', fields: { 'input.name': 'Too long.' } }],
    ['not-found', { code: 'NOT_FOUND' }],
    ['throttled', { code: 'RATE_LIMITED', retryAfterSeconds: 41 }],
    ['step-up', { code: 'STEP_UP_REQUIRED', assurance: 'AAL2', maxAgeSeconds: 300, methods: ['TOTP'] }],
    ['unavailable', { code: 'UNAVAILABLE' }],
  ])('%s has its code, and leaves the others alone', async (how, extensions) => {
    const answer = await edge.query(`{ fail(how: "${how}") hello }`)
    expect(answer).toMatchObject({ status: 200, body: { data: { fail: null, hello: 'world' } } })
    expect(answer.body?.errors).toEqual([expect.objectContaining({ path: ['fail'], extensions })])
    expect(answer.headers['retry-after']).toBe(how === 'throttled' ? '41' : undefined)
  })

  test.each(['unforeseen', 'not-an-error', 'coded'])(
    'that is %s is masked, and found in the log by its id',
    async (how) => {
      const answer = await edge.query(`{ fail(how: "${how}") hello }`)
      expect(answer.body?.errors).toEqual([
        expect.objectContaining({
          message: 'Something went wrong on our side.',
          extensions: { code: 'INTERNAL_SERVER_ERROR', id: expect.stringMatching(/^[A-Za-z0-9_-]{16}$/) },
        }),
      ])
      expect(edge.logged).toContainEqual(
        expect.objectContaining({
          level: 50,
          errorId: answer.body?.errors?.[0]?.extensions['id'],
          requestId: answer.headers['x-request-id'],
        }),
      )
      expect(answer.text + JSON.stringify(edge.logged)).not.toContain('hunter2')
    },
  )

  test('unavailable is reported with its cause, which the client does not get', async () => {
    const answer = await edge.query('{ fail(how: "unavailable") }')
    expect(answer.text).not.toMatch(/primary|db7/)
    expect(edge.logged).toContainEqual(
      expect.objectContaining({
        level: 40,
        fault: expect.objectContaining({ cause: expect.objectContaining({ message: 'primary "…" lost' }) }),
      }),
    )
  })
})

test('the list of wire codes is what the README has to explain', () => {
  expect(wireCodes).toEqual([
    'BAD_REQUEST',
    'BAD_USER_INPUT',
    'CONFLICT',
    'FORBIDDEN',
    'GRAPHQL_PARSE_FAILED',
    'GRAPHQL_VALIDATION_FAILED',
    'INTERNAL_SERVER_ERROR',
    'NOT_FOUND',
    'OPERATION_RESOLUTION_FAILURE',
    'PERSISTED_QUERY_NOT_SUPPORTED',
    'RATE_LIMITED',
    'STEP_UP_REQUIRED',
    'UNAUTHENTICATED',
    'UNAVAILABLE',
  ])
})

test.each([
  ['"2030-01-01T08:30:00Z"', '2030-01-01T08:30:00.000Z'],
  ['"2030-01-01T10:30:00.5+02:00"', '2030-01-01T08:30:00.500Z'],
])('the instant %s is understood', async (literal, instant) => {
  const answer = await edge.query(`{ echo(when: ${literal}) }`)
  expect(JSON.parse(String(answer.body?.data?.['echo']))).toEqual({ when: instant })
})

test.each(['2030-02-30T00:00:00Z', '2030-01-01', '2030-01-01T24:00:00Z', '2030-01-01T00:00:00', '1893456000'])(
  'the instant %s is refused',
  async (when) => {
    expect(await edge.query('query ($when: DateTime) { echo(when: $when) }', { variables: { when } })).toMatchObject({
      status: 400,
    })
  },
)
