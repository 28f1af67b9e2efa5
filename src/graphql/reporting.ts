import type { ApolloServerPlugin } from '@apollo/server'
import { Kind, type GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { describeFault } from '../http/log.js'
import { findVariableFaults } from './coercion.js'
import type { Context } from './context.js'
import { createFormatError, domainErrorOf, retryAfterSeconds } from './errors.js'
import { explainVariable } from './messages.js'

/** The errors of an answer: explained, put into the log where they are ours, and formatted for the client. */
export function createErrorReporting(logger: Logger, newErrorId: () => string) {
  const requestIds = new WeakMap<object, string>()

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue, schema, operation, request }) => {
        const requestId = contextValue.request.id
        for (const error of errors) {
          requestIds.set(error, requestId)
          const fact = domainErrorOf(error)
          if (fact?.kind === 'unavailable') logger.warn({ requestId, fault: describeFault(fact) }, 'unavailable')
        }
        const ofVariables = errors.filter(isAboutVariable)
        if (ofVariables.length === 0 || !operation) return
        const faults = findVariableFaults(schema, operation, request.variables ?? {})
        for (const [index, error] of ofVariables.entries()) {
          const fault = faults[index]
          if (fault !== undefined) explainVariable(error, fault)
        }
      },
      willSendResponse: async ({ errors, response }) => {
        const seconds = errors === undefined ? null : retryAfterSeconds(errors)
        if (seconds !== null) response.http.headers.set('retry-after', String(seconds))
      },
    }),
  }

  const formatError = createFormatError((error) => {
    const errorId = newErrorId()
    const requestId = typeof error === 'object' && error !== null ? requestIds.get(error) : undefined
    logger.error({ errorId, requestId, fault: describeFault(thrownBy(error)) }, 'unforeseen error')
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
