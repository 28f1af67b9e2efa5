/**
 * A GraphQL identity server as people write them, with a switch for each defect that they are written with. Nothing is
 * switched on at first, and then it holds against every attack: so a check that fails has seen the defect, not the server.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  execute,
  GraphQLError,
  NoFragmentCyclesRule,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
} from 'graphql'
import type { Defect, Has } from './defects.js'
import { createNaiveIdentity, type NaiveIdentity, type Tokens } from './naive-identity.js'
import { excessOf, hasCompany } from './naive-limits.js'
import { naiveSchema, shared, type NaiveContext } from './naive-schema.js'

export interface NaiveServer {
  readonly url: string
  readonly origin: string
  readonly identity: NaiveIdentity
  /** The paths that were asked for, as a log would have them. */
  readonly paths: readonly string[]
  readonly close: () => Promise<void>
}

interface Body {
  readonly query: string
  readonly variables?: Record<string, unknown>
  readonly operationName?: string
}

export async function startNaiveServer(on: readonly Defect[] = [], { ttlSeconds = 600 } = {}): Promise<NaiveServer> {
  const has: Has = (defect) => on.includes(defect)
  const identity = createNaiveIdentity(has, { ttlSeconds })
  const schema = naiveSchema(has, identity)
  for (const key of Object.keys(shared)) delete shared[key]
  let origin = ''
  const paths: string[] = []

  const server = createServer((request, response) => {
    answer(request, response).catch((cause: Error) => {
      const stack = has('shows-the-stack') ? { stacktrace: cause.stack?.split('\n') } : {}
      send(response, 500, { errors: [{ message: 'Internal server error', extensions: stack }] })
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setHeaders(request, response)
    paths.push(String(request.url))
    if (has('throttles-what-is-odd') && isOdd(request)) return send(response, 429, refused('Too many requests'))
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    if (request.method === 'TRACE')
      return send(response, 405, has('traces') ? request.headers : refused('Not allowed.'))
    if (pathname.startsWith('/.well-known/')) return wellKnown(pathname, request, response)
    if (pathname !== '/graphql') return send(response, 404, refused('There is nothing.'))
    if (request.method === 'GET' && has('mutations-by-get')) {
      return answerOperation({ query: searchParams.get('query') ?? '' }, request, response)
    }
    if (request.method !== 'POST' && !has('any-method')) return send(response, 405, refused('Not allowed.'))
    const text = await bodyOf(request)
    if (text === null) return send(response.setHeader('connection', 'close'), 413, refused('Too large.'))
    const body = parseBody(text, request.headers)
    if (Array.isArray(body)) return answerBatch(body, text, request, response)
    if (!isBody(body)) return send(response, 400, refused('This is no operation.'))
    return answerOperation(body, request, response)
  }

  function setHeaders({ headers }: IncomingMessage, response: ServerResponse): void {
    if (!has('may-be-cached')) response.setHeader('cache-control', 'no-store')
    if (!has('may-be-sniffed')) response.setHeader('x-content-type-options', 'nosniff')
    if (has('names-its-version')) response.setHeader('server', 'naive/1.2.3')
    if (has('names-its-product')) response.setHeader('x-powered-by', 'Express')
    if (headers['x-forwarded-proto'] === 'https' && !has('no-hsts')) {
      response.setHeader('strict-transport-security', 'max-age=31536000')
    }
    const isAllowed = headers.origin === origin || has('reflects-the-origin')
    if (has('any-origin-without-cookies')) response.setHeader('access-control-allow-origin', '*')
    else if (isAllowed && headers.origin !== undefined) {
      response.setHeader('access-control-allow-origin', headers.origin)
      response.setHeader('access-control-allow-credentials', 'true')
    }
  }

  function issuerFor({ headers }: IncomingMessage): string {
    if (has('believes-host')) return `http://${headers.host}`
    const forwarded = headers['x-forwarded-host']
    return has('believes-forwarded-host') && forwarded !== undefined ? `http://${String(forwarded)}` : origin
  }

  function wellKnown(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (path === '/.well-known/jwks.json') return send(response, 200, identity.jwks)
    const issuer = issuerFor(request)
    send(response, 200, { issuer, jwks_uri: `${issuer}/.well-known/jwks.json` })
  }

  async function bodyOf(request: IncomingMessage): Promise<string | null> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of request) {
      size += (chunk as Buffer).length
      if (size <= 256 * 1024 || has('any-size')) chunks.push(chunk as Buffer)
    }
    return size > 256 * 1024 && !has('any-size') ? null : Buffer.concat(chunks).toString()
  }

  function parseBody(text: string, headers: IncomingMessage['headers']): unknown {
    const type = headers['content-type'] ?? ''
    if (has('any-content-type')) {
      return type.includes('urlencoded') && !text.startsWith('{')
        ? { query: new URLSearchParams(text).get('query') }
        : jsonOf(text)
    }
    const isJson = /^application\/json(; charset=utf-8)?$/i.test(type) && headers['content-encoding'] === undefined
    // A replacement character: it was no UTF-8.
    return isJson && !text.includes('\ufffd') ? jsonOf(text) : undefined
  }

  /** As an exception that nobody catches would have it. */
  function fall(): void {
    server.close()
    server.closeAllConnections()
  }

  function jsonOf(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (cause) {
      if (has('fails-on-broken-requests')) throw cause
      if (has('falls-over-broken-requests')) fall()
      return undefined
    }
  }

  async function answerBatch(bodies: unknown[], text: string, request: IncomingMessage, response: ServerResponse) {
    if (has('throttles-what-is-odd')) return send(response, 429, refused('Too many requests'))
    const isTaken = has('batches') || (has('batches-without-mutations') && !text.includes('mutation'))
    if (!isTaken || !bodies.every(isBody)) return send(response, 400, refused('No batches.'))
    const results = []
    for (const body of bodies) results.push((await run(body, request, response)).result)
    return send(response, 200, results)
  }

  async function answerOperation(body: Body, request: IncomingMessage, response: ServerResponse) {
    const { status, result } = await run(body, request, response)
    const debug = has('answers-the-password') ? { extensions: { query: body.query } } : {}
    // Serializers that walk the prototype chain are what makes a polluted one seen.
    const polluted: Record<string, unknown> = {}
    for (const key in Object.create(shared)) polluted[key] = shared[key]
    send(response, status, { ...result, ...debug, ...polluted })
  }

  async function run({ query, variables, operationName }: Body, request: IncomingMessage, response: ServerResponse) {
    const unlimited = has('any-number-of-tokens') || has('any-number-of-directives')
    let document: DocumentNode
    try {
      document = parse(query, unlimited ? {} : { maxTokens: 2_000 })
    } catch (cause) {
      return { status: 400, result: { errors: [worded(cause as GraphQLError, 'Syntax error.')] } }
    }
    const faults = faultsOf(document)
    if (faults.length > 0) return { status: 400, result: { errors: faults } }
    const contextValue = await contextFor(request, response)
    const result = await execute({
      schema,
      document,
      contextValue,
      variableValues: variables ?? null,
      operationName: operationName ?? null,
    })
    const status = result.errors?.map(
      ({ extensions }) => (extensions.http as { status: number } | undefined)?.status,
    )[0]
    const errors = result.errors?.map((error) =>
      error.path === undefined ? worded(error, 'Not valid.') : plain(error),
    )
    return {
      status: status ?? (result.data === undefined ? 400 : 200),
      result: errors === undefined ? result : { ...result, errors },
    }
  }

  function faultsOf(document: DocumentNode) {
    const excess = has('blunt-depth') ? null : excessOf(document, has)
    if (excess !== null) return [{ message: excess }]
    const rules = specifiedRules.filter((rule) => rule !== NoFragmentCyclesRule || !has('follows-fragments'))
    const all = has('introspection') ? rules : [...rules, NoSchemaIntrospectionCustomRule]
    const errors = validate(schema, document, all, { maxErrors: 5 })
    if (errors.length > 0) return errors.map((error) => worded(error, 'Not valid.'))
    const late = excessOf(document, has)
    if (late !== null) return [{ message: late }]
    if (hasCompany(document) && !has('several-sign-ins-in-one-operation')) return [{ message: 'It must be alone.' }]
    return []
  }

  const namesOnly =
    /^(Cannot query field|Unknown (argument|type|fragment|directive)|Fragment ".*" cannot be spread|Field "\w+" is not defined)/

  /** graphql-js quotes what it was sent: only what names things of the schema is let through. */
  function worded({ message, stack }: GraphQLError, instead: string): object {
    const stacktrace = has('shows-the-stack') ? { extensions: { stacktrace: stack?.split('\n') } } : {}
    const text = has('suggestions') ? message : message.replace(/ Did you mean.*$/, '')
    return { message: namesOnly.test(message) || has('quotes-what-was-sent') ? text : instead, ...stacktrace }
  }

  function plain({ message, path, extensions, originalError }: GraphQLError): object {
    const isOurs = typeof extensions.code === 'string'
    if (!isOurs && originalError !== undefined && !(originalError instanceof GraphQLError)) {
      return { message: 'Internal server error', path, extensions: { code: 'INTERNAL_SERVER_ERROR' } }
    }
    const { http: _http, ...rest } = extensions
    return { message: isOurs || has('quotes-what-was-sent') ? message : 'Not valid.', path, extensions: rest }
  }

  async function contextFor({ headers }: IncomingMessage, response: ServerResponse): Promise<NaiveContext> {
    const isOwnPage = headers.origin === origin && headers['x-csrf-token'] !== undefined
    const beginsAlike = has('pages-that-begin-alike') && headers.origin?.startsWith(origin) === true
    const mayUseCookies = isOwnPage || beginsAlike || has('cookies-for-every-page')
    const name = has('cookies-without-a-prefix') ? 'access' : '__Host-access'
    const [, bearer] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
    const [, cookie] = new RegExp(`${name}=([^;]+)`).exec(headers.cookie ?? '') ?? []
    const token = bearer ?? (mayUseCookies ? cookie : undefined)
    const attributes = has('cookies-for-scripts') ? 'Path=/' : 'Path=/; HttpOnly; Secure; SameSite=Lax'
    return {
      caller: token === undefined ? null : await identity.callerOf(token),
      issuer: issuerFor({ headers } as IncomingMessage),
      forwardedFor: headers['x-forwarded-for'] as string | undefined,
      mayUseCookies,
      setCookies: ({ accessToken }: Tokens['tokens']) =>
        void response.setHeader('set-cookie', [`${name}=${accessToken}; ${attributes}`]),
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${origin}/graphql`,
    origin,
    identity,
    paths,
    async close() {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Anything but something small, posted as JSON. */
const isOdd = ({ method, headers }: IncomingMessage): boolean =>
  method !== 'POST' || headers['content-type'] !== 'application/json' || Number(headers['content-length']) > 2_000

const refused = (message: string) => ({ errors: [{ message }] })

function isBody(body: unknown): body is Body {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false
  const { query, variables } = body as Record<string, unknown>
  return (
    typeof query === 'string' &&
    (variables === undefined || (typeof variables === 'object' && !Array.isArray(variables)))
  )
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
