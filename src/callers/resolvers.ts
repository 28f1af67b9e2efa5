import { enumName } from '../graphql/enum-name.js'
import type { Resolvers } from '../graphql/generated/types.js'
import { entities } from '../graphql/loaders.js'

export const callerResolvers: Resolvers = {
  Query: {
    viewer: (_parent, _args, { caller }) => (caller.kind === 'anonymous' ? null : caller),
    explainPolicy: (_parent, { role, operation }, { services }) =>
      services.authorization.explain(operation, role ?? null),
  },
  Viewer: {
    kind: (viewer) => enumName(viewer.kind),
    user: (viewer) => (viewer.kind === 'person' ? viewer.user : null),
    session: (viewer, _args, context) =>
      viewer.kind === 'person' ? entities.load('Session', viewer.sessionId, context) : null,
    permissions: (viewer) => [...viewer.holdings.permissions],
    abilities: (viewer, _args, { services }) => services.authorization.packedRules(viewer),
    async can(viewer, { permission, id }, context) {
      const { allowed, reason } = await context.services.authorization.can(permission, id ?? null, {
        caller: viewer,
        context,
      })
      return { allowed, reason: reason === null ? null : enumName(reason) }
    },
  },
}
