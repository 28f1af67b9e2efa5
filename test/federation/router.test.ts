import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { signUp, type SignedInPerson } from '../support/people.js'
import { startTestPortcullis, type Answer, type TestPortcullis } from '../support/portcullis.js'

const secret = 'f0e1d2c3b4a5968778695a4b3c2d1e0f'
const nextSecret = 'the-one-that-comes-after-it-0123456789'

let server: TestPortcullis
let ada: SignedInPerson
let eve: SignedInPerson
let support: SignedInPerson

const users = () => server.app.database.connection.collection<{ _id: string }>('users')

beforeAll(async () => {
  server = await startTestPortcullis({ ROUTER_SECRET: `${secret} ${nextSecret}` })
  ada = await signUp(server.ask)
  eve = await signUp(server.ask)
  support = await signUp(server.ask)
  await users().updateOne({ _id: support.userId }, { $set: { roles: ['support'] } })
})
afterAll(async () => {
  await server.close()
})

const router = { 'x-portcullis-router': secret }
const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id email } } }'
const absentId = (index: number) => `usr_${String(index).padStart(26, '0')}`
const referencesTo = (ids: readonly unknown[]) => ({ r: ids.map((id) => ({ __typename: 'User', id })) })

/** As the gateway would, for whoever holds the token. */
const refer = (ids: readonly unknown[], token?: string) =>
  server.ask(entities, { headers: router, variables: referencesTo(ids), ...(token === undefined ? {} : { token }) })

const codesOf = ({ errors }: Answer) => errors.map(({ extensions }) => extensions.code)

describe('Without the proof of a router', () => {
  test.each<[string, Record<string, string>]>([
    ['no secret', {}],
    ['an empty one', { 'x-portcullis-router': '' }],
    ['a wrong one', { 'x-portcullis-router': 'f0e1d2c3b4a5968778695a4b3c2d1e0e' }],
    ['half of one', { 'x-portcullis-router': secret.slice(0, 16) }],
    ['more than one', { 'x-portcullis-router': `${secret}0` }],
    ['both at once', { 'x-portcullis-router': `${secret} ${nextSecret}` }],
    ['it under another name', { 'x-router': secret, cookie: `x-portcullis-router=${secret}` }],
  ])('and with %s, schema, entities and traces are closed, to whoever is signed in too', async (_name, headers) => {
    for (const query of [
      '{ _service { sdl } }',
      '{ x: _service { sdl } }',
      '{ ...F } fragment F on Query { ... { _service { sdl } } }',
    ]) {
      const answer = await server.ask(query, { headers, token: ada.accessToken })
      expect([answer.data, codesOf(answer)]).toEqual([null, ['FORBIDDEN']])
      expect(answer.text).not.toContain('type Query')
    }
    const own = await server.ask(entities, {
      headers,
      token: ada.accessToken,
      variables: referencesTo([ada.userId]),
    })
    expect([own.data, codesOf(own)]).toEqual([null, ['FORBIDDEN']])
    const traced = await server.ask('{ __typename }', {
      headers: { ...headers, 'apollo-federation-include-trace': 'ftv1' },
    })
    expect(JSON.parse(traced.text)).toEqual({ data: { __typename: 'Query' } })
  })

  test('the same operation is judged anew each time, though its document is remembered', async () => {
    const query = '{ _service { sdl } remembered: __typename }'
    const judge = async (headers: Record<string, string>) => codesOf(await server.ask(query, { headers }))
    expect([await judge({}), await judge(router), await judge({}), await judge(router)]).toEqual([
      ['FORBIDDEN'],
      [],
      ['FORBIDDEN'],
      [],
    ])
  })
})

describe('With the proof of a router', () => {
  test.each([
    ['the first secret', secret],
    ['the second', nextSecret],
  ])('by %s, the schema is there', async (_name, proof) => {
    const answer = await server.ask('{ _service { sdl } }', { headers: { 'x-portcullis-router': proof } })
    expect([answer.errors, answer.data._service.sdl.includes('type User')]).toEqual([[], true])
  })

  test('traces come along, and repeat no error', async () => {
    const answer = await server.ask('query ($id: ID!) { user(id: $id) { email } }', {
      headers: { ...router, 'apollo-federation-include-trace': 'ftv1' },
      token: eve.accessToken,
      variables: { id: ada.userId },
    })
    const trace = Buffer.from(JSON.parse(answer.text).extensions.ftv1, 'base64').toString('latin1')
    expect(trace).toContain('<masked>')
    expect(trace).not.toMatch(/Not found|usr_|@example/)
  })

  test('it is no proof of anything else: nobody is signed in by it', async () => {
    expect(codesOf(await server.ask('{ me { id } }', { headers: router }))).toEqual(['UNAUTHENTICATED'])
    expect((await refer([ada.userId])).data).toEqual({ _entities: [null] })
  })

  test('a reference gives everybody what is theirs, and foreign and absent are one answer', async () => {
    expect((await refer([ada.userId], ada.accessToken)).data._entities).toEqual([{ id: ada.userId, email: ada.email }])
    expect((await refer([ada.userId], support.accessToken)).data._entities).toEqual([
      { id: ada.userId, email: ada.email },
    ])
    for (const token of [eve.accessToken, undefined]) {
      const [foreign, absent] = [await refer([ada.userId], token), await refer([absentId(1)], token)]
      expect([foreign.text, foreign.status]).toEqual([absent.text, absent.status])
      expect(foreign.text).toBe('{"data":{"_entities":[null]}}\n')
    }
  })
})

describe('A thousand references', () => {
  /** The commands that the database saw while it ran, on users, for more than one or for what the references name. */
  async function readsDuring(run: () => Promise<void>): Promise<string[]> {
    const { db } = server.app.database.connection
    await db?.command({ profile: 2 })
    await run()
    await db?.command({ profile: 0 })
    const seen = await db
      ?.collection('system.profile')
      .find({ ns: `${db.databaseName}.users` })
      .toArray()
    await db?.collection('system.profile').drop()
    return (seen ?? [])
      .filter(({ op, command }) => op === 'getmore' || JSON.stringify(command).includes('usr_000'))
      .map(({ op }) => String(op))
  }

  beforeAll(async () => {
    const template = await users().findOne({ _id: ada.userId })
    await users().insertMany(Array.from({ length: 1_000 }, (_, index) => ({ ...template, _id: absentId(index) })))
  })

  test('to 1,000 people are one read of the database, in the order they were asked', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => absentId(999 - index))
    let answer: Answer | undefined
    const reads = await readsDuring(async () => void (answer = await refer(ids, support.accessToken)))
    expect(answer?.data._entities.map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(reads).toEqual(['query'])
  })

  test('to one person are one read, and one answer for each', async () => {
    let answer: Answer | undefined
    const ids = Array.from({ length: 1_000 }, () => absentId(7))
    const reads = await readsDuring(async () => void (answer = await refer(ids, support.accessToken)))
    expect([answer?.data._entities.length, reads]).toEqual([1_000, ['query']])
  })

  test('under several names are one read', async () => {
    const query = `query ($a: [_Any!]!, $b: [_Any!]!) { a: _entities(representations: $a) { ... on User { id } }
      b: _entities(representations: $b) { ... on User { email } } }`
    const [a, b] = [0, 500].map((from) => Array.from({ length: 500 }, (_, index) => absentId(from + index)))
    let answer: Answer | undefined
    const reads = await readsDuring(async () => {
      const variables = { a: referencesTo(a ?? []).r, b: referencesTo(b ?? []).r }
      answer = await server.ask(query, { headers: router, token: support.accessToken, variables })
    })
    expect([answer?.errors, answer?.data.a.length, answer?.data.b.length, reads]).toEqual([[], 500, 500, ['query']])
  })

  test('to other people are no read at all', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => absentId(index))
    const reads = await readsDuring(async () => {
      for (const token of [eve.accessToken, undefined]) {
        expect(new Set((await refer(ids, token)).data._entities)).toEqual(new Set([null]))
      }
    })
    expect(reads).toEqual([])
  })

  test.each([
    ['one more', Array.from({ length: 1_001 }, (_, index) => absentId(index))],
    ['an operator among them', [...Array.from({ length: 998 }, (_, index) => absentId(index)), { $ne: null }]],
    ['a list among them', [...Array.from({ length: 998 }, (_, index) => absentId(index)), [absentId(3)]]],
    ['nothing among them', [...Array.from({ length: 998 }, (_, index) => absentId(index)), null]],
  ])('and %s are refused as a whole, and nothing is read', async (_name, ids) => {
    let answer: Answer | undefined
    const reads = await readsDuring(async () => void (answer = await refer(ids, support.accessToken)))
    expect([answer?.data, codesOf(answer as Answer), reads]).toEqual([null, ['BAD_USER_INPUT'], []])
    expect(answer?.text).not.toMatch(/usr_000|\$ne/)
  })
})

test('the secrets are never in the log', () => {
  expect(server.logged()).toContain('request')
  expect([server.logged().includes(secret), server.logged().includes(nextSecret)]).toEqual([false, false])
})
