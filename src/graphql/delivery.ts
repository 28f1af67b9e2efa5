import type { Arrival } from '../accounts/service.js'
import type { Caller } from '../kernel/caller.js'
import { deviceTokensIn, joinedTokens, type SignedInOnDevice } from '../risk/service.js'
import {
  describeDevice,
  RefreshRejected,
  type RaisedSession,
  type SignedInSession,
  type TokenDelivery,
} from '../sessions/service.js'
import type { Context } from './context.js'

/** Where a new session comes from and how its tokens shall travel. @throws OriginRejected for cookies nobody may have */
export function arrivalOf(
  input: { delivery?: 'BODY' | 'COOKIE' | null | undefined; deviceToken?: string | null | undefined },
  context: Context,
): Arrival {
  const { request, cookieOriginFault } = context
  const { delivery, deviceToken } = input
  // The door has asked before; here it holds for whatever line a new operation may get.
  const fault = delivery === 'COOKIE' ? cookieOriginFault() : null
  if (fault !== null) throw fault
  return {
    ip: request.ip,
    languages: request.languages,
    device: describeDevice(request.userAgent, request.ip),
    deviceTokens: [...(typeof deviceToken === 'string' ? [deviceToken] : []), ...deviceTokensOfBrowser(context)],
    delivery: delivery === 'COOKIE' ? 'cookie' : 'body',
  }
}

/** Whichever way the tokens of the session go: a cookie counts where a page may use cookies at all, and nowhere else. */
function deviceTokensOfBrowser({ presented: { deviceCookie }, cookieOriginFault }: Context): readonly string[] {
  return deviceCookie === null || cookieOriginFault() !== null ? [] : deviceTokensIn(deviceCookie)
}

/**
 * Hands the tokens over, by the way that is fixed for the session, and makes whoever is signed in the caller for the
 * rest of the operation.
 */
export function deliver(signedIn: SignedInOnDevice | SignedInSession | RaisedSession, context: Context) {
  const { user, session, access, refreshToken, endsInMs, enrol } = signedIn
  const deviceToken = 'deviceToken' in signedIn ? signedIn.deviceToken : null
  context.switchCaller(context.services.callers.callerOf(signedIn))
  if (session.delivery === 'cookie') {
    context.cookies.setSession({ accessToken: access.accessToken, refreshToken, maxAgeMs: endsInMs })
    if (deviceToken !== null) {
      context.cookies.setDevice(joinedTokens(deviceToken.plaintext, deviceTokensOfBrowser(context)))
    }
    return { __typename: 'SignedIn' as const, user, session, tokens: null, deviceToken: null, enrol }
  }
  const { accessToken, expiresInSeconds } = access
  const tokens = { accessToken, tokenType: 'Bearer', expiresIn: expiresInSeconds, refreshToken }
  const newToken = deviceToken?.isNew === true ? deviceToken.plaintext : null
  return { __typename: 'SignedIn' as const, user, session, tokens, deviceToken: newToken, enrol }
}

/** The refresh token of a request and the way it came by: said in the input, or in the cookie. @throws RefreshRejected */
export function presentedRefresh(
  refreshToken: string | null | undefined,
  { presented }: Context,
): { refreshToken: string; delivery: TokenDelivery } {
  if (typeof refreshToken === 'string') return { refreshToken, delivery: 'body' }
  if (presented.refreshCookie === null) throw new RefreshRejected()
  return { refreshToken: presented.refreshCookie, delivery: 'cookie' }
}

/**
 * Who signs out, where the access token is all there is. A token that could not be judged is not a bad one: the answer
 * must not be that nobody was signed in.
 */
export function callerToSignOut(refreshToken: string | null, context: Context): Caller {
  const { caller, identification, presented } = context
  const isUnjudged = identification.outcome === 'refused' && identification.error.kind === 'unavailable'
  if (isUnjudged && refreshToken === null && presented.refreshCookie === null) throw identification.error
  return caller
}

/** Only a verdict clears cookies: what failed for a moment must not sign anybody out. */
export async function clearingCookiesOf<Result>(
  verdict: Promise<Result>,
  delivery: TokenDelivery,
  { cookies }: Context,
): Promise<Result> {
  try {
    return await verdict
  } catch (cause) {
    if (cause instanceof RefreshRejected && delivery === 'cookie') cookies.clearSession()
    throw cause
  }
}
