import type { FastifyReply } from 'fastify'

/** `__Host-`: Secure, of this host alone and for every path (RFC 6265bis §4.1.3.2); a sibling domain cannot plant one. */
export const accessCookie = '__Host-portcullis-access'
export const refreshCookie = '__Host-portcullis-refresh'
export const deviceCookie = '__Host-portcullis-device'

/** As long as a browser keeps one at all (RFC 6265bis §5.5). */
const deviceMaxAgeSeconds = 400 * 86_400

/** What was presented. Twice the same name is `ambiguous`: which of the two counts would depend on who reads it. */
export type PresentedCookie =
  { readonly kind: 'absent' | 'ambiguous' } | { readonly kind: 'value'; readonly value: string }

export interface PresentedCookies {
  readonly access: PresentedCookie
  readonly refresh: PresentedCookie
  readonly device: PresentedCookie
}

const absent: PresentedCookie = { kind: 'absent' }
const ambiguous: PresentedCookie = { kind: 'ambiguous' }
const none: PresentedCookies = { access: absent, refresh: absent, device: absent }

/**
 * Our cookies in a `Cookie` header. Nothing is decoded: a token has no character that a cookie needs to encode, so
 * whatever has one is no token and is refused as what it is.
 */
export function readCookies(header: string | undefined): PresentedCookies {
  if (header === undefined || !header.includes('__Host-portcullis-')) return none
  let access = absent
  let refresh = absent
  let device = absent
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    const name = withoutBlanks(pair.slice(0, equals))
    const presented: PresentedCookie = { kind: 'value', value: withoutBlanks(pair.slice(equals + 1)) }
    if (name === accessCookie) access = access === absent ? presented : ambiguous
    if (name === refreshCookie) refresh = refresh === absent ? presented : ambiguous
    if (name === deviceCookie) device = device === absent ? presented : ambiguous
  }
  return { access, refresh, device }
}

/**
 * RFC 6265 §5.4: nothing but SP and HTAB. `trim` would take a no-break space off a name as well, under which a sibling
 * domain can set a cookie that a browser does not see as `__Host-`.
 */
function withoutBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

/** Where a request puts the cookies of its session. The last word counts; nothing is sent when nothing is said. */
export interface SessionCookies {
  /**
   * @param session without a refresh token the client keeps the one it has; the access cookie lives as long as the
   *   refresh cookie (`maxAgeMs`), so that an expired access token is seen as expired and not as absent
   */
  readonly setSession: (session: { accessToken: string; refreshToken: string | null; maxAgeMs: number }) => void
  /** Only for sign-out and a refused refresh: any other 401 would delete what another tab has just been given. */
  readonly clearSession: () => void
  /** Outlives the session: it is what the next sign-in of this browser is known by. @param tokens joined */
  readonly setDevice: (tokens: string) => void
}

export function sessionCookies(reply: FastifyReply): SessionCookies {
  let session: string[] = []
  let device: string[] = []
  const say = () => void reply.removeHeader('set-cookie').header('set-cookie', [...session, ...device])
  return {
    setSession({ accessToken, refreshToken, maxAgeMs }) {
      const maxAge = Math.max(0, Math.floor(maxAgeMs / 1000))
      const access = serialize(accessCookie, accessToken, maxAge)
      session = refreshToken === null ? [access] : [access, serialize(refreshCookie, refreshToken, maxAge)]
      say()
    },
    clearSession() {
      session = [serialize(accessCookie, '', 0), serialize(refreshCookie, '', 0)]
      say()
    },
    setDevice(tokens) {
      device = [serialize(deviceCookie, tokens, deviceMaxAgeSeconds)]
      say()
    },
  }
}

const cookieValue = /^[A-Za-z0-9._-]*$/

/** RFC 6265 §4.1.1. Written by hand because it is one line; a value that would need encoding is no token of ours. */
function serialize(name: string, value: string, maxAgeSeconds: number): string {
  if (!cookieValue.test(value)) throw new TypeError('This is no value for a cookie.')
  return `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; Secure; SameSite=Lax`
}
