import type { Resolvers } from '../graphql/generated/types.js'
import { requirePerson } from '../kernel/caller.js'

export const passwordResolvers: Resolvers = {
  Mutation: {
    async changePassword(_parent, { input }, { caller, services }) {
      await services.passwords.change(requirePerson(caller), input)
      return true
    },
    async requestPasswordReset(_parent, { input }, { services, request }) {
      await services.passwordReset.request(input.email, request)
      return true
    },
    async resetPassword(_parent, { input }, { services }) {
      await services.passwordReset.redeem(input)
      return true
    },
  },
}
