import { arrivalOf, deliver } from '../graphql/delivery.js'
import type { Resolvers } from '../graphql/generated/types.js'
import { requirePerson } from '../kernel/caller.js'

export const accountResolvers: Resolvers = {
  Mutation: {
    async signUp(_parent, { input }, context) {
      const result = await context.services.accounts.signUp(input, arrivalOf(input, context))
      if ('session' in result) return deliver(result, context)
      return { __typename: 'VerificationSent', ...result }
    },
    verifyEmail: async (_parent, { input }, context) =>
      deliver(await context.services.accounts.verifyEmail(input, arrivalOf(input, context)), context),
    async resendVerification(_parent, { input }, { services, request }) {
      await services.accounts.resendVerification(input.email, request)
      return true
    },
    async changeEmail(_parent, { input }, { caller, services }) {
      await services.accounts.requestEmailChange(requirePerson(caller), input.newEmail)
      return true
    },
    async confirmEmailChange(_parent, { input }, { services }) {
      await services.accounts.confirmEmailChange(input.token)
      return true
    },
    async disownSession(_parent, { input }, { services }) {
      await services.accounts.disownSession(input.token)
      return true
    },
    async inviteUser(_parent, { input }, { caller, services, request }) {
      await services.accounts.invite(requirePerson(caller), input, request.languages)
      return true
    },
    exportMyData: (_parent, _args, { caller, services }) => services.accounts.exportData(requirePerson(caller)),
    async deleteAccount(_parent, { input }, { caller, services }) {
      await services.accounts.deleteAccount(requirePerson(caller), input.confirmEmail)
      return true
    },
  },
  SignUpResult: { __resolveType: ({ __typename }) => __typename ?? null },
}
