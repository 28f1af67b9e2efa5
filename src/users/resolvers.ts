import type { Resolvers } from '../graphql/generated/types.js'
import { enumName, wordOf } from '../graphql/enum-name.js'
import { entities } from '../graphql/loaders.js'
import { connectionOf, pageOf } from '../graphql/paging.js'
import { requirePerson } from '../kernel/caller.js'

export const userResolvers: Resolvers = {
  Query: {
    me: (_parent, _args, { caller }) => requirePerson(caller).user,
    user: async (_parent, { id }, context) =>
      context.services.users.get(context.caller, await entities.load('User', id, context)),
    async users(_parent, { filter, ...args }, context) {
      const { caller, services } = context
      const page = pageOf(args, context)
      const status = filter?.status ? wordOf(filter.status) : null
      const { users, ...rest } = await services.users.list(caller, page, { ...filter, status })
      return connectionOf(users, { after: page.after, ...rest })
    },
  },
  Mutation: {
    updateProfile: (_parent, { input }, { caller, services }) =>
      services.users.updateProfile(requirePerson(caller), input),
    setUserRoles: (_parent, { id, roles }, { caller, services }) =>
      services.administration.setRoles(requirePerson(caller), id, roles),
    setUserAttributes: (_parent, { id, attributes }, { caller, services }) =>
      services.administration.setAttributes(requirePerson(caller), id, attributes),
    suspendUser: (_parent, { id, reason }, { caller, services }) =>
      services.administration.suspend(requirePerson(caller), id, reason),
    reinstateUser: (_parent, { id }, { caller, services }) =>
      services.administration.reinstate(requirePerson(caller), id),
  },
  User: {
    status: (user) => enumName(user.status),
    suspension: (user) => user.suspension ?? null,
    // Ownership is decided by the id before any read: absent and foreign are both null, without an error.
    __resolveReference: (reference, context) =>
      context.services.users.resolveReference(context.caller, reference.id, (id) => entities.load('User', id, context)),
  },
}
