import { HeaderMap, type ApolloServerPlugin, type GraphQLRequestContextDidResolveOperation } from '@apollo/server'
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql'
import { aloneFault, bringsOwnProof, rootFieldsOf, switchesCaller, type OperationDoor } from './alone.js'
import type { Context } from './context.js'
import { notAcceptable, requestError } from './errors.js'
import { responseType } from './media-type.js'

/**
 * What is decided about an operation as a whole, when it is known and before any resolver runs: whether its answer can
 * be read, whether a credential field has company, and whether the token presented with it is good.
 */
export function admission(door: OperationDoor): ApolloServerPlugin<Context> {
  const rootFields = createRootFieldMemo()
  return {
    requestDidStart: async () => ({
      didResolveOperation: async (requestContext) => {
        negotiate(requestContext)
        const { operation, document, contextValue } = requestContext
        // No such operation: nothing will run, and the answer says so.
        if (!operation) return
        if (operation.operation === OperationTypeNode.SUBSCRIPTION) throw noSubscriptions()
        const fields = rootFields(operation, document)
        const fault = aloneFault(operation, fields, door)
        if (fault !== null) throw requestError(fault)
        contextValue.maySwitchCaller = switchesCaller(operation, fields, door)
        const { identification } = contextValue
        // A token that was presented and is no good never makes the request anonymous.
        if (identification.outcome === 'refused' && !bringsOwnProof(operation, fields, door)) {
          throw requestError(identification.error)
        }
      },
    }),
  }
}

function negotiate({ request, response }: GraphQLRequestContextDidResolveOperation<Context>): void {
  const type = responseType(request.http?.headers.get('accept'))
  if (type === null) throw notAcceptable()
  // Set already, it is not looked for again after the execution.
  response.http.headers.set('content-type', type)
}

function noSubscriptions(): GraphQLError {
  const http = { status: 400, headers: new HeaderMap() }
  return new GraphQLError('There are no subscriptions.', { extensions: { code: 'BAD_REQUEST', http } })
}

/** Documents are kept parsed and validated between requests, so the nodes of an operation are the same each time. */
function createRootFieldMemo() {
  const known = new WeakMap<OperationDefinitionNode, string[]>()
  return (operation: OperationDefinitionNode, document: DocumentNode): string[] => {
    const fields = known.get(operation) ?? rootFieldsOf(operation, fragmentsOf(document))
    known.set(operation, fields)
    return fields
  }
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
}
