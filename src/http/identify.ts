import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../kernel/caller.js'
import { AccessTokenRejected, DomainError, Unavailable } from '../kernel/errors.js'
import { headerValues, parseBearer } from './bearer.js'
import { readCookies, type PresentedCookies } from './cookies.js'
import { originFault } from './origin.js'

/** Who makes a request, as far as what it presents says. Refusing is the GraphQL layer's: it knows the operation. */
export type Identification =
  | { readonly outcome: 'anonymous' }
  | { readonly outcome: 'caller'; readonly caller: Caller; readonly token: string }
  | { readonly outcome: 'refused'; readonly error: DomainError }

export interface CallerSource {
  /** @throws DomainError, `unauthenticated` for a bad token or `unavailable` where no verdict could be reached */
  readonly resolve: (accessToken: string) => Caller | Promise<Caller>
}

/** What a request presented, for the operations that look at it themselves (refresh, sign-out). */
export interface Presented {
  readonly accessToken: string | null
  readonly refreshCookie: string | null
  /** Says who the browser is, and signs nobody in. */
  readonly deviceCookie: string | null
  /** Whether a cookie of a session came along, good or not. */
  readonly hasCookies: boolean
}

export interface IdentifiedRequest {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
}

/** Two proofs, and no way to tell which was meant. Refused whatever the operation is. */
export class AmbiguousCredentials extends DomainError {
  constructor() {
    super('invalid', 'AMBIGUOUS_CREDENTIALS', 'Present either the Authorization header or the access cookie, once.')
  }
}

interface Identified {
  readonly identification: Identification | Promise<Identification>
  readonly presented: Presented
}

const anonymousRequest: Identification = { outcome: 'anonymous' }
const nothing: Presented = { accessToken: null, refreshCookie: null, deviceCookie: null, hasCookies: false }
const refused = (error: DomainError): Identification => ({ outcome: 'refused', error })

/**
 * Never throws, and waits for nothing unless `callers` does: with a warm cache the answer is there at once.
 */
export function identify(
  request: IdentifiedRequest,
  { callers, allowedOrigins }: { callers: CallerSource; allowedOrigins: readonly string[] },
): Identified {
  const { method = 'GET', headers, rawHeaders } = request
  const bearer = headers.authorization === undefined ? null : parseBearer(headerValues(rawHeaders, 'authorization'))
  const cookies = readCookies(headers.cookie)
  const presented = presentedBy(bearer?.kind === 'token' ? bearer.token : null, cookies)
  const answer = (identification: Identified['identification']): Identified => ({ identification, presented })

  const isTwice = cookies.access.kind === 'ambiguous' || cookies.refresh.kind === 'ambiguous'
  if (isTwice || (bearer !== null && cookies.access.kind !== 'absent'))
    return answer(refused(new AmbiguousCredentials()))
  if (bearer !== null) {
    if (presented.accessToken === null) return answer(refused(new AccessTokenRejected('TOKEN_INVALID')))
    return answer(resolve(callers, presented.accessToken))
  }
  if (cookies.access.kind === 'absent' && cookies.refresh.kind === 'absent') return answer(anonymousRequest)
  const fault = originFault(method, headers, allowedOrigins)
  if (fault !== null) return answer(refused(fault))
  // The access cookie lives as long as the refresh cookie: without it this is a session to be refreshed, not a stranger.
  if (cookies.access.kind === 'absent') return answer(refused(new AccessTokenRejected('TOKEN_EXPIRED')))
  const fromCookie = parseBearer([`Bearer ${presented.accessToken}`])
  if (fromCookie.kind !== 'token') return answer(refused(new AccessTokenRejected('TOKEN_INVALID')))
  return answer(resolve(callers, fromCookie.token))
}

function presentedBy(bearer: string | null, cookies: PresentedCookies): Presented {
  const { access, refresh, device } = cookies
  if (bearer === null && [access, refresh, device].every(({ kind }) => kind !== 'value')) return nothing
  return {
    accessToken: bearer ?? (access.kind === 'value' ? access.value : null),
    refreshCookie: refresh.kind === 'value' ? refresh.value : null,
    deviceCookie: device.kind === 'value' ? device.value : null,
    hasCookies: access.kind === 'value' || refresh.kind === 'value',
  }
}

function resolve(callers: CallerSource, token: string): Identification | Promise<Identification> {
  try {
    const caller = callers.resolve(token)
    if (!('then' in caller)) return { outcome: 'caller', caller, token }
    return caller.then((caller): Identification => ({ outcome: 'caller', caller, token }), refusal)
  } catch (cause) {
    return refusal(cause)
  }
}

/** Whatever is not a verdict on the token is no verdict: it neither passes nor condemns. */
function refusal(cause: unknown): Identification {
  return refused(cause instanceof DomainError ? cause : new Unavailable(cause))
}
