import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLError, parse, Source } from 'graphql'
import { authorizeSchema, DomainError, PolicyInvalid } from 'portcullis/authorization'
import { callerOf, policy } from './callers.js'
import { door } from './door.js'
import { entities, resolvers } from './notes.js'

/** Named after its file, so that a fault can say where it is. */
const sdl = (name, url) => parse(new Source(readFileSync(new URL(url), 'utf8'), name))

const typeDefs = [
  sdl('directives.graphql', import.meta.resolve('portcullis/directives.graphql')),
  sdl('schema.graphql', import.meta.resolve('./schema.graphql')),
]

/** The engine reads `caller` and `verdicts`, and takes the caller anew before each field of a mutation. */
function contextOf(authorization) {
  return {
    isReadOnly: process.env.READ_ONLY === 'yes',
    caller: presentedBy(authorization),
    verdicts: new Map(),
    renewCaller() {
      this.caller = presentedBy(authorization)
      this.verdicts.clear()
    },
  }
}

/** A token that is no good fails the request as a whole, and its status says so. */
function presentedBy(authorization) {
  try {
    return callerOf(authorization)
  } catch (cause) {
    throw new GraphQLError(cause.message, { originalError: cause, extensions: { http: { status: 401 } } })
  }
}

const codes = {
  invalid: 'BAD_USER_INPUT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'FORBIDDEN',
  'step-up': 'STEP_UP_REQUIRED',
  'not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  throttled: 'RATE_LIMITED',
  unavailable: 'UNAVAILABLE',
}

/** Refusals are facts. This says them in GraphQL, and keeps whatever nobody foresaw to ourselves. */
function formatError({ message, path, extensions }, { originalError }) {
  if (originalError instanceof DomainError) {
    return { message, path, extensions: { code: codes[originalError.kind], ...originalError.details } }
  }
  const isInternal = extensions.code === 'INTERNAL_SERVER_ERROR'
  return { message: isInternal ? 'Something went wrong.' : message, path, extensions: { code: extensions.code } }
}

try {
  const schema = authorizeSchema(makeExecutableSchema({ typeDefs, resolvers }), {
    policy,
    door,
    entities,
    onGuardError: (coordinate, cause) => console.error(coordinate, cause),
  })
  const { url } = await startStandaloneServer(new ApolloServer({ schema, formatError }), {
    listen: { port: Number(process.env.PORT ?? 4001), host: '127.0.0.1' },
    context: async ({ req }) => contextOf(req.headers.authorization),
  })
  console.log(`ready ${url}`)
} catch (cause) {
  console.error(cause instanceof PolicyInvalid ? cause.message : cause)
  process.exitCode = 1
}
