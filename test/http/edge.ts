import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { GraphQLError, parse } from 'graphql'
import { pino } from 'pino'
import { parseConfig, type Config } from '../../src/config.js'
import type { Context } from '../../src/graphql/context.js'
import { makeSchema } from '../../src/graphql/schema.js'
import { scalars } from '../../src/graphql/scalars.js'
import { createGraphqlServer } from '../../src/graphql/server.js'
import { installHealth, type Readiness } from '../../src/http/health.js'
import { AccessTokenRejected } from '../../src/kernel/errors.js'
import { createHttpServer } from '../../src/http/server.js'
import { installWellKnown } from '../../src/http/well-known.js'
import { machineOf, personOf, type Caller } from '../../src/kernel/caller.js'
import { InvalidInput, NotFound, RateLimited, StepUpRequired, Unavailable } from '../../src/kernel/errors.js'
import { systemRandom } from '../../src/kernel/random.js'
import type { Subject } from '../../src/kernel/subject.js'
import { holding } from '../support/holdings.js'

/** A schema made for the edge: a credential operation, one with its own proof, and fields that fail in every way. */
const typeDefs = parse(/* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  scalar DateTime
  scalar EmailAddress
  scalar JSON
  enum Flavour {
    SWEET
    SOUR
  }
  type Node @key(fields: "id") {
    id: ID!
    node: Node
    label(text: String): String
  }
  input SignInInput {
    email: EmailAddress!
    password: String!
    flavour: Flavour
    tags: [Int!]
    extra: JSON
  }
  type Query {
    hello: String!
    echo(text: String, first: Int, when: DateTime, flavour: Flavour, extra: JSON): String
    caller: String!
    node: Node
    facts: JSON
    fail(how: String!): String
  }
  type Mutation {
    signIn(input: SignInInput, delivery: String): String!
    refresh: String!
    signOut: Boolean!
    change(text: String): String!
  }
`)

const holdings = holding()
const subject: Subject = {
  id: 'usr_ada',
  displayName: null,
  email: 'ada@example.com',
  emailVerified: true,
  roles: [],
  attributes: {},
  status: 'active',
  createdAt: new Date(0),
  securityVersion: 1,
  enrolledAssurance: 'aal1',
  enrolledFactors: [],
}
const ada: Caller = personOf({
  user: subject,
  sessionId: 'ses_1',
  holdings,
  assurance: 'aal1',
  authenticatedAt: new Date(0),
})
const robot: Caller = machineOf({ machineId: 'key_1', owner: subject, scopes: [], holdings })

const failures: Record<string, () => unknown> = {
  invalid: () => new InvalidInput({ 'input.name': 'Too long.' }),
  'not-found': () => new NotFound(),
  throttled: () => new RateLimited(41_000),
  'step-up': () => new StepUpRequired({ assurance: 'AAL2', maxAgeSeconds: 300, methods: ['TOTP'] }),
  unavailable: () => new Unavailable(new Error('primary "db7.internal" lost')),
  unforeseen: () => new TypeError('the password was "hunter2"'),
  'not-an-error': () => 'hunter2',
  coded: () => new GraphQLError('about "hunter2"', { extensions: { code: 'BAD_REQUEST', reason: 'hunter2' } }),
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; null when it is none. */
  readonly body: GraphqlBody | null
}

export interface GraphqlBody {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { message: string; path?: unknown; extensions: Record<string, unknown> }[]
}

export interface Asking {
  readonly method?: string
  readonly path?: string
  /** Sent as they are, twice when in an array. */
  readonly headers?: Record<string, string | string[]>
  /** An object is sent as JSON. */
  readonly body?: unknown
}

export interface Edge {
  readonly port: number
  /** The root fields that ran, in order. */
  readonly ran: string[]
  /** What they were called with. */
  readonly taken: unknown[]
  readonly logged: Record<string, unknown>[]
  ask(asking: Asking): Promise<Answer>
  /** A GraphQL POST. */
  query(
    query: string,
    options?: { variables?: object; operationName?: string; headers?: Asking['headers'] },
  ): Promise<Answer>
  beginDrain(): void
  stop(): Promise<void>
}

/** The real edge on a random port, with that schema and with tokens whose names say what becomes of them. */
export async function startEdge(
  settings: Partial<Config> = {},
  { readiness = async () => ({ ready: true, checks: {} }) }: { readiness?: () => Promise<Readiness> } = {},
): Promise<Edge> {
  const config = { ...parseConfig({ NODE_ENV: 'test', PORT: '0', PUBLIC_URL: 'http://id.example' }), ...settings }
  const logged: Record<string, unknown>[] = []
  const logger = pino({ level: 'trace', base: null }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const ran: string[] = []
  const taken: unknown[] = []
  const { fastify, beginDrain, isDraining } = await createHttpServer({ config, logger, random: systemRandom })
  installHealth(fastify, { readiness, isDraining })
  installWellKnown(fastify, { publicJwks: () => ({ keys: [{ kty: 'EC', kid: '1' }] }) })
  const { stop } = await createGraphqlServer({
    config,
    schema: makeSchema(resolversInto(ran, taken), [typeDefs]),
    door: {
      isAlone: (type, field) => type === 'Mutation' && field === 'signIn',
      bringsOwnProof: (field) => ['signIn', 'refresh', 'signOut'].includes(field),
      switchesCaller: (field) => ['signIn', 'refresh'].includes(field),
    },
    callers: { resolve },
    // No resolver of this schema has a service.
    services: Object.create(null),
    fastify,
    logger,
    random: systemRandom,
  })
  const origin = await fastify.listen({ port: 0, host: '127.0.0.1' })
  const [, port = ''] = /:(\d+)$/.exec(origin) ?? []
  const ask = (asking: Asking) => send(Number(port), asking)
  return {
    port: Number(port),
    ran,
    taken,
    logged,
    ask,
    query: (query, { headers = {}, ...rest } = {}) => ask({ headers, body: { query, ...rest } }),
    beginDrain,
    stop,
  }
}

function resolve(token: string): Caller | Promise<Caller> {
  if (token === 'ada') return ada
  if (token === 'robot') return robot
  if (token === 'slow-ada') return Promise.resolve(ada)
  if (token === 'expired') throw new AccessTokenRejected('TOKEN_EXPIRED')
  if (token === 'down') throw new Unavailable(new Error('no primary'))
  if (token === 'broken') throw new TypeError('the token was "broken"')
  return Promise.reject(new AccessTokenRejected('TOKEN_INVALID'))
}

function resolversInto(ran: string[], taken: unknown[]) {
  const tells = (name: string, answer: (args: never, context: Context) => unknown) => ({
    [name]: (_parent: unknown, args: never, context: Context) => {
      ran.push(name)
      taken.push(args)
      return answer(args, context)
    },
  })
  return {
    ...scalars,
    Query: {
      ...tells('hello', () => 'world'),
      ...tells('echo', (args) => JSON.stringify(args)),
      ...tells('caller', (_args, { caller }) => caller.kind),
      ...tells('node', () => ({ id: '1' })),
      ...tells('facts', (_args, { request, presented }) => ({ ...request, presented })),
      ...tells('fail', ({ how }: { how: string }) => {
        throw failures[how]?.()
      }),
    },
    Node: { node: () => ({ id: '2' }), label: (_node: unknown, { text }: { text?: string }) => text ?? 'label' },
    Mutation: {
      ...tells('signIn', ({ delivery }: { delivery?: string }, context) => {
        if (delivery === 'COOKIE') {
          const fault = context.cookieOriginFault()
          if (fault !== null) throw fault
          context.cookies.setSession({ accessToken: 'a.b.c', refreshToken: 'r.s.t', maxAgeMs: 90_000 })
        }
        if (delivery === 'ODD') context.cookies.setSession({ accessToken: 'a; b', refreshToken: null, maxAgeMs: 1 })
        context.switchCaller(ada)
        return context.caller.kind
      }),
      ...tells('refresh', (_args, { caller, presented }) => `${caller.kind} ${String(presented.refreshCookie)}`),
      ...tells('signOut', (_args, { cookies }) => {
        cookies.clearSession()
        return true
      }),
      ...tells('change', async ({ text }: { text?: string }, context) => {
        if (text === 'SWITCH') context.switchCaller(ada)
        context.verdicts.set(typeDefs, null)
        await context.renewCaller()
        return `${context.caller.kind} ${context.verdicts.size}`
      }),
    },
  }
}

/** Not `fetch`: it would set, forbid and repair the headers that these tests are about. */
function send(port: number, { method = 'POST', path = '/graphql', headers = {}, body }: Asking): Promise<Answer> {
  const isText = typeof body === 'string' || body === undefined
  const payload = isText ? body : JSON.stringify(body)
  const type = isText ? {} : { 'content-type': 'application/json' }
  return new Promise((answered, failed) => {
    const request = httpRequest({ port, method, path, headers: { ...type, ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        answered({ status: response.statusCode ?? 0, headers: response.headers, text, body: jsonOf(text) })
      })
    })
    request.on('error', failed)
    request.end(payload)
  })
}

function jsonOf(text: string): GraphqlBody | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
