/**
 * What a client presents, and what of it goes where. Cookies end here: subgraphs are called with a bearer token, and
 * only Portcullis is shown the refresh cookie and the device cookie, because only Portcullis can do anything with them.
 */
import { GraphQLError } from 'graphql'

const access = '__Host-portcullis-access'
const forPortcullisAlone = ['__Host-portcullis-refresh', '__Host-portcullis-device']

/**
 * @param {{ method: string, headers: import('node:http').IncomingHttpHeaders, ip: string }} request
 * @param {readonly string[]} allowedOrigins
 * @returns {{ everybody: Record<string, string>, portcullis: Record<string, string> }} headers for all subgraphs, and
 *   those that only Portcullis gets besides
 */
export function headersFor({ method, headers, ip }, allowedOrigins) {
  const cookies = cookiesIn(headers.cookie)
  if (cookies.has(access)) {
    if (headers.authorization !== undefined) throw refusal(400, 'BAD_USER_INPUT', 'AMBIGUOUS_CREDENTIALS')
    // Behind the gateway the cookie is a bearer token and nobody asks again where the request came from.
    if (!isFromOurPages(method, headers, allowedOrigins)) throw refusal(403, 'FORBIDDEN', 'ORIGIN_REJECTED')
  }
  const authorization = cookies.has(access) ? `Bearer ${cookies.get(access)}` : headers.authorization
  const kept = forPortcullisAlone.filter((name) => cookies.has(name)).map((name) => `${name}=${cookies.get(name)}`)
  return {
    everybody: present({ authorization, 'user-agent': headers['user-agent'] }),
    portcullis: present({
      cookie: kept.length > 0 ? kept.join('; ') : undefined,
      origin: headers.origin,
      'x-portcullis-csrf': headers['x-portcullis-csrf'],
      // Counts where TRUST_PROXY names this gateway: otherwise all of its clients are one network to the throttle.
      'x-forwarded-for': ip,
    }),
  }
}

/** A browser sends cookies along with whatever any page makes it send. */
function isFromOurPages(method, { origin, 'x-portcullis-csrf': csrf }, allowedOrigins) {
  const isAllowed = origin !== undefined && allowedOrigins.includes(origin)
  return method === 'GET' ? origin === undefined || isAllowed : isAllowed && csrf !== undefined && csrf !== ''
}

function cookiesIn(header = '') {
  const cookies = new Map()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    // Blanks and tabs only (RFC 6265 §5.4): `trim` would make a `__Host-` cookie of a name that any page may set.
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)].map((text) =>
      text.replace(/^[ \t]+|[ \t]+$/g, ''),
    )
    if (name !== access && !forPortcullisAlone.includes(name)) continue
    // Which of two counts would depend on who reads them.
    if (cookies.has(name)) throw refusal(400, 'BAD_USER_INPUT', 'AMBIGUOUS_CREDENTIALS')
    cookies.set(name, value)
  }
  return cookies
}

const messages = {
  AMBIGUOUS_CREDENTIALS: 'Present either the Authorization header or the access cookie, once.',
  ORIGIN_REJECTED: 'Cookies are accepted from allowed origins only, and with the x-portcullis-csrf header.',
}

/** As Portcullis itself would say it: clients need not know that there is a gateway. */
function refusal(status, code, reason) {
  return new GraphQLError(messages[reason], { extensions: { code, reason, http: { status } } })
}

function present(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
}
