import { arrivalOf, deliver } from '../graphql/delivery.js'
import { enumName } from '../graphql/enum-name.js'
import type { Resolvers } from '../graphql/generated/types.js'

export const signInResolvers: Resolvers = {
  Query: {
    signInOptions: (_parent, _args, { services: { accounts, passwords } }) => ({
      signUp: enumName(accounts.signUpMode),
      password: passwords.rules(),
    }),
  },
  Mutation: {
    signIn: async (_parent, { input }, context) =>
      deliver(await context.services.signIn.signIn(input, arrivalOf(input, context)), context),
  },
  SignInResult: { __resolveType: () => 'SignedIn' },
}
