/** A GraphQL answer, as far as it is one, and what its refusals mean. */
import type { Answer } from './client.js'
import { at, findText, isObject, listAt, textAt } from './json.js'

export interface GraphqlError {
  readonly message: string
  /** `extensions.reason`, or else `extensions.code`; empty when there is neither. */
  readonly code: string
}

export interface Reply extends Answer {
  /** Undefined when the request was refused as a whole. */
  readonly data: unknown
  readonly errors: readonly GraphqlError[]
}

export function replyOf(answer: Answer): Reply {
  const errors = listAt(answer.body, 'errors').map((error) => ({
    message: textAt(error, 'message') ?? '',
    code: textAt(error, 'extensions', 'reason') ?? textAt(error, 'extensions', 'code') ?? '',
  }))
  return { ...answer, data: at(answer.body, 'data'), errors }
}

/** Whether any field came back with something in it. */
export function hasData({ data }: Reply): boolean {
  return isObject(data) && Object.values(data).some((value) => value !== null && value !== undefined)
}

/** The top fields that came back with something in them. */
export function fieldsAnswered({ data }: Reply): number {
  return isObject(data) ? Object.values(data).filter((value) => value !== null && value !== undefined).length : 0
}

export function isThrottled({ status, headers, errors }: Reply): boolean {
  if (status === 429 || headers['retry-after'] !== undefined) return status !== 503
  return errors.some(
    ({ code, message }) =>
      /RATE_?LIMIT|TOO_MANY|THROTTL/i.test(code) ||
      /too many (attempt|request|tries)|rate limit|throttled/i.test(message),
  )
}

export function isUnavailable({ status, errors }: Reply): boolean {
  return status === 503 || errors.some(({ code }) => code === 'UNAVAILABLE')
}

/** Refused before anybody looked at what was asked. */
export const isHeldOff = (reply: Reply): boolean => isThrottled(reply) || isUnavailable(reply)

/** How long to wait after a refusal for going too fast. */
export function retryAfterMs({ headers, body }: Reply): number {
  const given = headers['retry-after'] ?? at(listAt(body, 'errors')[0], 'extensions', 'retryAfterSeconds')
  const seconds = Number(given)
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 1000
}

const unknownNames =
  /^(Cannot query field|Unknown argument|Unknown type|Unknown fragment|Fragment .* cannot be spread|Schema is not configured)/
const unknownInputs = /is not defined by type|Value ".*" does not exist in/

/** The schema of this server has no such field, type or argument: there is nothing to attack. */
export function isUnknownToSchema({ errors, data }: Reply): boolean {
  return data === undefined && errors.some(({ message }) => unknownNames.test(message) || unknownInputs.test(message))
}

/** How a refusal looks from outside, for saying what was seen. */
export function appearanceOf({ status, errors }: Reply): string {
  const [first] = errors
  return first === undefined ? `status ${status}` : `${first.code || first.message.slice(0, 60)} (${status})`
}

export interface Session {
  /** Null where the server gives none in an answer (cookies only). */
  readonly accessToken: string | null
  readonly refreshToken: string | null
  readonly userId: string | null
  readonly sessionId: string | null
  readonly reply: Reply
}

/** The tokens of an answer, wherever it has them; null when nobody was signed in. */
export function sessionOf(reply: Reply): Session | null {
  if (!hasData(reply)) return null
  const accessToken = findText(reply.data, ['accessToken', 'access_token', 'token', 'jwt', 'idToken'])
  if (accessToken === null && reply.setCookies.length === 0) return null
  return {
    accessToken,
    refreshToken: findText(reply.data, ['refreshToken', 'refresh_token']),
    userId: idUnder(reply.data, 'user') ?? idUnder(reply.data, 'me'),
    sessionId: idUnder(reply.data, 'session'),
    reply,
  }
}

/** The `id` of the first object that stands under a key. */
function idUnder(value: unknown, key: string): string | null {
  if (Array.isArray(value) || !isObject(value)) return null
  const here = textAt(value, key, 'id')
  if (here !== null) return here
  for (const each of Object.values(value)) {
    const found = idUnder(each, key)
    if (found !== null) return found
  }
  return null
}
