import type { Device, SignedInSession, TokenDelivery } from '../sessions/service.js'
import { describeDevice } from '../sessions/service.js'
import type { Context } from './context.js'

/** Where a new session comes from and how its tokens shall travel. @throws OriginRejected for cookies nobody may have */
export function arrivalOf(
  { delivery }: { delivery?: 'BODY' | 'COOKIE' | null | undefined },
  { request, requireCookieOrigin }: Context,
): { ip: string; device: Device; delivery: TokenDelivery } {
  if (delivery === 'COOKIE') requireCookieOrigin()
  return {
    ip: request.ip,
    device: describeDevice(request.userAgent, request.ip),
    delivery: delivery === 'COOKIE' ? 'cookie' : 'body',
  }
}

/**
 * Hands the tokens over, by the way that is fixed for the session, and makes whoever is signed in the caller for the
 * rest of the operation.
 */
export function deliver(signedIn: SignedInSession, context: Context) {
  const { user, session, access, refreshToken, endsInMs } = signedIn
  context.switchCaller(context.services.callers.callerOf(signedIn))
  if (session.delivery === 'cookie') {
    context.cookies.setSession({ accessToken: access.accessToken, refreshToken, maxAgeMs: endsInMs })
    return { __typename: 'SignedIn' as const, user, session, tokens: null }
  }
  const { accessToken, expiresInSeconds } = access
  const tokens = { accessToken, tokenType: 'Bearer', expiresIn: expiresInSeconds, refreshToken }
  return { __typename: 'SignedIn' as const, user, session, tokens }
}
