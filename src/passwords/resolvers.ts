import type { Resolvers } from '../graphql/generated/types.js'
import { requirePerson } from '../kernel/caller.js'

export const passwordResolvers: Resolvers = {
  Mutation: {
    async changePassword(_parent, { input }, { caller, services }) {
      await services.passwords.change(requirePerson(caller), input)
      return true
    },
  },
}
