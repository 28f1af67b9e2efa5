import type { Resolvers } from '../graphql/generated/types.js'
import { enumName } from '../graphql/enum-name.js'
import { requirePerson } from '../kernel/caller.js'

export const userResolvers: Resolvers = {
  Query: {
    me: (_parent, _args, { caller }) => requirePerson(caller).user,
    user: (_parent, { id }, { caller, services }) => services.users.get(caller, id),
  },
  Mutation: {
    updateProfile: (_parent, { input }, { caller, services }) =>
      services.users.updateProfile(requirePerson(caller), input),
  },
  User: {
    status: (user) => enumName(user.status),
    // Ownership is decided by the id before any read: absent and foreign are both null, without an error.
    __resolveReference: ({ id }, { caller, loaders }) =>
      caller.can('user:read', { userId: id }) ? loaders.users.load(id) : null,
  },
}
