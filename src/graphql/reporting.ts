import type { ApolloServerPlugin } from '@apollo/server'
import { Kind, type GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { describeFault } from '../http/log.js'
import { findVariableFaults } from './coercion.js'
import type { Context } from './context.js'
import { createFormatError, domainErrorOf, retryAfterSeconds, stepUpChallenge } from './errors.js'
import { explainVariable } from './messages.js'

/** The first few tell what there is to tell. */
const loggedPerRequest = 5

/** The errors of an answer: explained, put into the log where they are ours, and formatted for the client. */
export function createErrorReporting(logger: Logger, newErrorId: () => string) {
  const requestOf = new WeakMap<object, { readonly requestId: string; logged: number }>()

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue, schema, operation, request }) => {
        const requestId = contextValue.request.id
        const logging = { requestId, logged: 0 }
        for (const error of errors) requestOf.set(error, logging)
        // One line, however many fields failed: a request must not be able to fill a disk.
        const unavailable = errors.map(domainErrorOf).filter((fact) => fact?.kind === 'unavailable')
        const [first] = unavailable
        if (first) logger.warn({ requestId, count: unavailable.length, fault: describeFault(first) }, 'unavailable')
        const ofVariables = errors.filter(isAboutVariable)
        if (ofVariables.length === 0 || !operation) return
        const faults = findVariableFaults(schema, operation, request.variables ?? {})
        for (const [index, error] of ofVariables.entries()) {
          const fault = faults[index]
          if (fault !== undefined) explainVariable(error, fault)
        }
      },
      willSendResponse: async ({ errors = [], response }) => {
        const { headers } = response.http
        const seconds = retryAfterSeconds(errors)
        if (seconds !== null) headers.set('retry-after', String(seconds))
        const challenge = stepUpChallenge(errors)
        if (challenge !== null) headers.set('www-authenticate', challenge)
      },
    }),
  }

  const formatError = createFormatError((error) => {
    const errorId = newErrorId()
    const request = typeof error === 'object' && error !== null ? requestOf.get(error) : undefined
    if (request !== undefined && (request.logged += 1) > loggedPerRequest) return errorId
    logger.error({ errorId, requestId: request?.requestId, fault: describeFault(thrownBy(error)) }, 'unforeseen error')
    return errorId
  })

  return { plugin, formatError }
}

/** graphql-js complains about variables at their definitions, before any field and so without a path. */
const isAboutVariable = ({ path, nodes }: GraphQLError): boolean =>
  path === undefined && nodes?.length === 1 && nodes[0]?.kind === Kind.VARIABLE_DEFINITION

function thrownBy(error: unknown): unknown {
  return error instanceof Error && 'originalError' in error && error.originalError instanceof Error
    ? error.originalError
    : error
}
