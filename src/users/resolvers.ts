import type { Resolvers } from '../graphql/generated/types.js'
import { enumName } from '../graphql/enum-name.js'
import { entities } from '../graphql/loaders.js'
import { requirePerson } from '../kernel/caller.js'

export const userResolvers: Resolvers = {
  Query: {
    me: (_parent, _args, { caller }) => requirePerson(caller).user,
    user: async (_parent, { id }, context) =>
      context.services.users.get(context.caller, await entities.load('User', id, context)),
  },
  Mutation: {
    updateProfile: (_parent, { input }, { caller, services }) =>
      services.users.updateProfile(requirePerson(caller), input),
  },
  User: {
    status: (user) => enumName(user.status),
    // Ownership is decided by the id before any read: absent and foreign are both null, without an error.
    __resolveReference: (reference, context) =>
      context.services.users.resolveReference(context.caller, reference.id, (id) => entities.load('User', id, context)),
  },
}
