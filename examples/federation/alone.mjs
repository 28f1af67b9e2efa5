import { GraphQLError, Kind, OperationTypeNode } from 'graphql'

/**
 * A mutation has one field. Portcullis refuses operations in which signing in has company, so that one request is one
 * guess; but the plan of a gateway makes several operations of one (`signIn`, a field of another subgraph, `signIn`),
 * each of which looks alone from there. Only here they are seen together.
 * @type {import('@apollo/server').ApolloServerPlugin}
 */
export const oneMutationAtATime = {
  requestDidStart: async () => ({
    async didResolveOperation({ operation, document }) {
      if (operation?.operation !== OperationTypeNode.MUTATION || countFields(operation.selectionSet, document) < 2)
        return
      throw new GraphQLError('A mutation must be the only field of its operation.', {
        extensions: { code: 'BAD_USER_INPUT', reason: 'ALONE_REQUIRED', http: { status: 400 } },
      })
    },
  }),
}

/** As written, whatever `@skip` and `@include` say; two is as good as more, and ends the walk through the fragments. */
function countFields({ selections }, document) {
  let count = 0
  for (const selection of selections) {
    if (count >= 2) break
    if (selection.kind === Kind.FIELD) count += 1
    else count += countFields(fragmentOf(selection, document).selectionSet, document)
  }
  return count
}

function fragmentOf(selection, { definitions }) {
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection
  return definitions.find(({ kind, name }) => kind === Kind.FRAGMENT_DEFINITION && name.value === selection.name.value)
}
