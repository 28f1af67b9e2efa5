import { arrivalOf, deliver } from '../graphql/delivery.js'
import { enumName } from '../graphql/enum-name.js'
import type { Resolvers } from '../graphql/generated/types.js'

export const signInResolvers: Resolvers = {
  Query: {
    signInOptions(_parent, _args, { services }) {
      const { signUp, password } = services.signIn.options()
      return { signUp: enumName(signUp), password }
    },
  },
  Mutation: {
    signUp: async (_parent, { input }, context) =>
      deliver(await context.services.signIn.signUp(input, arrivalOf(input, context)), context),
    signIn: async (_parent, { input }, context) =>
      deliver(await context.services.signIn.signIn(input, arrivalOf(input, context)), context),
  },
  SignUpResult: { __resolveType: () => 'SignedIn' },
  SignInResult: { __resolveType: () => 'SignedIn' },
}
