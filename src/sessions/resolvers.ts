import { callerToSignOut, clearingCookiesOf, deliver, presentedRefresh } from '../graphql/delivery.js'
import { enumName } from '../graphql/enum-name.js'
import type { MutationResolvers, Resolvers } from '../graphql/generated/types.js'
import { entities } from '../graphql/loaders.js'
import { connectionOf, pageOf } from '../graphql/paging.js'
import { requirePerson } from '../kernel/caller.js'
import { expiresAt } from './service.js'

const refreshSession: MutationResolvers['refreshSession'] = async (_parent, { input }, context) => {
  const { services, caller } = context
  const { refreshToken, delivery } = presentedRefresh(input?.refreshToken, context)
  const refreshed = services.sessions.refresh(refreshToken, delivery, caller)
  return deliver(await clearingCookiesOf(refreshed, delivery, context), context)
}

const signOut: MutationResolvers['signOut'] = async (_parent, { input }, context) => {
  const { services, presented } = context
  const refreshToken = input?.refreshToken ?? null
  const ended = services.sessions.signOut({
    ...presented,
    refreshToken,
    caller: callerToSignOut(refreshToken, context),
  })
  await clearingCookiesOf(ended, presented.hasCookies ? 'cookie' : 'body', context)
  if (presented.hasCookies) context.cookies.clearSession()
  return true
}

export const sessionResolvers: Resolvers = {
  Query: {
    session: async (_parent, { id }, context) =>
      context.services.sessions.get(context.caller, await entities.load('Session', id, context)),
  },
  Mutation: {
    refreshSession,
    signOut,
    signOutEverywhere: (_parent, { input }, { caller, services }) =>
      services.sessions.signOutEverywhere(requirePerson(caller), input?.includeCurrent ?? false),
    revokeSession: async (_parent, { id }, context) =>
      context.services.sessions.revoke(context.caller, await entities.load('Session', id, context)),
    revokeUserSessions: (_parent, { id }, { caller, services }) => services.sessions.revokeAll(caller, id),
  },
  User: {
    async sessions(user, args, context) {
      const { caller, services } = context
      const page = pageOf(args, context)
      const { sessions, ...rest } = await services.sessions.list(caller, user, page)
      return connectionOf(sessions, { after: page.after, ...rest })
    },
  },
  Session: {
    device: ({ device, family }) => ({
      ...device,
      known: device.isKnown ?? false,
      bound: family.jkt !== null,
    }),
    expiresAt: (session) => expiresAt(session),
    current: (session, _args, { caller }) => caller.kind === 'person' && caller.sessionId === session.id,
    assurance: (session) => enumName(session.assurance),
    endedAt: (session, _args, { services, caller }) => services.sessions.endOf(session, caller)?.at ?? null,
    endReason(session, _args, { services, caller }) {
      const end = services.sessions.endOf(session, caller)
      return end === null ? null : enumName(end.reason)
    },
  },
}
