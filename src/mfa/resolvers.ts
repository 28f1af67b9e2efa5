import { toDataURL } from 'qrcode'
import { enumName } from '../graphql/enum-name.js'
import type { Resolvers } from '../graphql/generated/types.js'
import { requirePerson } from '../kernel/caller.js'

export const mfaResolvers: Resolvers = {
  User: {
    authenticators: async (user, _args, { caller, services }) => [...(await services.mfa.list(caller, user))],
  },
  Authenticator: {
    kind: ({ kind }) => enumName(kind),
  },
  EnrolmentDue: {
    methods: ({ methods }) => methods.map(enumName),
  },
  Viewer: {
    enrol: (viewer, _args, { services }) => (viewer.kind === 'person' ? services.grace.dueOf(viewer.user) : null),
  },
  Mutation: {
    async beginTotpEnrolment(_parent, _args, { caller, services }) {
      const enrolment = await services.mfa.beginTotp(requirePerson(caller))
      return { ...enrolment, qr: await toDataURL(enrolment.uri) }
    },
    confirmTotpEnrolment: async (_parent, { input }, { caller, services }) => ({
      codes: [...(await services.mfa.confirmTotp(requirePerson(caller), input.code))],
    }),
    beginPasskeyEnrolment: (_parent, _args, { caller, services }) => services.mfa.beginPasskey(requirePerson(caller)),
    completePasskeyEnrolment: (_parent, { input }, { caller, services }) =>
      services.mfa.completePasskey(requirePerson(caller), input),
    regenerateRecoveryCodes: async (_parent, _args, { caller, services }) => ({
      codes: [...(await services.mfa.regenerateRecoveryCodes(requirePerson(caller)))],
    }),
    renameAuthenticator: (_parent, { id, name }, { caller, services }) =>
      services.mfa.rename(requirePerson(caller), id, name),
    async removeAuthenticator(_parent, { id }, { caller, services }) {
      await services.mfa.remove(requirePerson(caller), id)
      return true
    },
    async resetUserAuthenticators(_parent, { id }, { caller, services }) {
      await services.administration.resetFactors(requirePerson(caller), id)
      return true
    },
  },
}
