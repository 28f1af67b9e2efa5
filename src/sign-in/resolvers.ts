import { arrivalOf, deliver } from '../graphql/delivery.js'
import { enumName } from '../graphql/enum-name.js'
import type { Resolvers } from '../graphql/generated/types.js'
import { requirePerson } from '../kernel/caller.js'
import type { SecondFactorChallenge } from './service.js'

export const signInResolvers: Resolvers = {
  Query: {
    signInOptions: (_parent, _args, { services: { accounts, mfa, passwords } }) => ({
      signUp: enumName(accounts.signUpMode),
      password: passwords.rules(),
      passkeys: { ...mfa.relyingParty, origins: [...mfa.relyingParty.origins] },
    }),
  },
  Mutation: {
    async signIn(_parent, { input }, context) {
      const result = await context.services.signIn.signIn(input, arrivalOf(input, context))
      return 'session' in result ? deliver(result, context) : challengeOf(result)
    },
    completeSecondFactor: async (_parent, { input }, context) =>
      deliver(await context.services.signIn.completeSecondFactor(input, arrivalOf(input, context)), context),
    beginPasskeySignIn: (_parent, _args, { services }) => services.signIn.beginPasskeySignIn(),
    completePasskeySignIn: async (_parent, { input }, context) =>
      deliver(await context.services.signIn.completePasskeySignIn(input, arrivalOf(input, context)), context),
    async beginStepUp(_parent, _args, { caller, services }) {
      const { methods, ...challenge } = await services.signIn.beginStepUp(requirePerson(caller))
      return { ...challenge, methods: methods.map(enumName) }
    },
    completeStepUp: async (_parent, { input }, context) =>
      deliver(await context.services.signIn.completeStepUp(requirePerson(context.caller), input), context),
  },
  SignInResult: { __resolveType: ({ __typename = 'SignedIn' }) => __typename },
}

function challengeOf({ methods, ...challenge }: SecondFactorChallenge) {
  return { __typename: 'SecondFactorRequired' as const, ...challenge, methods: methods.map(enumName) }
}
