import type { Context } from '../graphql/context.js'
import { deliver } from '../graphql/delivery.js'
import { enumName } from '../graphql/enum-name.js'
import type { MutationResolvers, Resolvers } from '../graphql/generated/types.js'
import { connectionOf, pageOf } from '../graphql/paging.js'
import { requirePerson } from '../kernel/caller.js'
import { Unauthenticated } from '../kernel/errors.js'
import { expiresAt, RefreshRejected } from './service.js'

const refreshSession: MutationResolvers['refreshSession'] = async (_parent, { input }, context) => {
  const { services, cookies, caller, presented } = context
  if (typeof input?.refreshToken === 'string') {
    return deliver(await services.sessions.refresh(input.refreshToken, 'body', caller), context)
  }
  if (presented.refreshCookie === null) throw new RefreshRejected()
  context.requireCookieOrigin()
  try {
    return deliver(await services.sessions.refresh(presented.refreshCookie, 'cookie', caller), context)
  } catch (cause) {
    // Only a verdict clears cookies: what failed for a moment must not sign anybody out.
    if (cause instanceof RefreshRejected) cookies.clearSession()
    throw cause
  }
}

const signOut: MutationResolvers['signOut'] = async (_parent, { input }, context) => {
  await endPresented(input?.refreshToken ?? null, context)
  return true
}

/** Of what was presented, the most explicit counts: the token of the input, then the caller, then the cookie. */
async function endPresented(refreshToken: string | null, context: Context): Promise<void> {
  const { caller, services, presented, cookies } = context
  if (refreshToken !== null) return services.sessions.signOutByToken(refreshToken)
  if (presented.hasCookies) {
    context.requireCookieOrigin()
    cookies.clearSession()
  }
  if (caller.kind !== 'anonymous') return services.sessions.signOut(requirePerson(caller))
  if (presented.refreshCookie === null) throw new Unauthenticated()
  return services.sessions.signOutByToken(presented.refreshCookie)
}

export const sessionResolvers: Resolvers = {
  Query: {
    session: (_parent, { id }, { caller, services }) => services.sessions.get(caller, id),
  },
  Mutation: {
    refreshSession,
    signOut,
    signOutEverywhere: (_parent, { input }, { caller, services }) =>
      services.sessions.signOutEverywhere(requirePerson(caller), input?.includeCurrent ?? false),
    revokeSession: (_parent, { id }, { caller, services }) => services.sessions.revoke(caller, id),
  },
  User: {
    async sessions(user, args, { caller, services }) {
      const page = pageOf(args)
      const { sessions, ...rest } = await services.sessions.list(caller, user, page)
      return connectionOf(sessions, { after: page.after, ...rest })
    },
  },
  Session: {
    expiresAt: (session) => expiresAt(session),
    current: (session, _args, { caller }) => caller.kind === 'person' && caller.sessionId === session.id,
    assurance: (session) => enumName(session.assurance),
    endedAt: (session, _args, { services }) => services.sessions.endOf(session)?.at ?? null,
    endReason(session, _args, { services }) {
      const end = services.sessions.endOf(session)
      return end === null ? null : enumName(end.reason)
    },
  },
}
