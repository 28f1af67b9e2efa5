import type { Resolvers } from '../graphql/generated/types.js'
import { requirePerson } from '../kernel/caller.js'

export const riskResolvers: Resolvers = {
  User: {
    devices: async (user, _args, { caller, services }) => [...(await services.risk.list(caller, user))],
  },
  Mutation: {
    async forgetDevice(_parent, { id }, { caller, services }) {
      await services.risk.forget(requirePerson(caller), id)
      return true
    },
  },
}
