import { HeaderMap } from '@apollo/server'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { DomainError, type ErrorKind } from '../kernel/errors.js'
import { explanationOf, ownWordsFor, type OwnWords } from './messages.js'

/** How a kind of refusal looks on the wire. This file alone knows wire codes; the README lists them. */
const wireCodeOf = {
  invalid: 'BAD_USER_INPUT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'FORBIDDEN',
  'step-up': 'STEP_UP_REQUIRED',
  'not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  throttled: 'RATE_LIMITED',
  unavailable: 'UNAVAILABLE',
} as const satisfies Record<ErrorKind, string>

/** Of a request that fails as a whole. An error of one field leaves the status at 200, as other fields may answer. */
const httpStatusOf = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'step-up': 403,
  'not-found': 404,
  conflict: 409,
  throttled: 429,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>

/** Codes of graphql-js and Apollo Server that reach clients; their words are ours (messages.ts). */
const protocolCodes = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
] as const

const masked = 'INTERNAL_SERVER_ERROR'

/** Every value that `extensions.code` can have. */
export const wireCodes: readonly string[] = [
  ...new Set<string>([...Object.values(wireCodeOf), ...protocolCodes, masked]),
].toSorted()

/** Answers of HTTP itself, before there is an operation. */
const httpFaults = {
  400: ['BAD_REQUEST', 'MALFORMED_REQUEST', 'The request is malformed.'],
  404: ['NOT_FOUND', 'NOT_FOUND', 'There is nothing at this address.'],
  405: ['BAD_REQUEST', 'METHOD_NOT_ALLOWED', 'This method is not allowed here.'],
  406: ['BAD_REQUEST', 'NOT_ACCEPTABLE', 'Accept application/json or application/graphql-response+json.'],
  408: ['BAD_REQUEST', 'REQUEST_TIMEOUT', 'The request took too long to arrive.'],
  413: ['BAD_REQUEST', 'BODY_TOO_LARGE', 'The body of the request is too large.'],
  415: ['BAD_REQUEST', 'UNSUPPORTED_MEDIA_TYPE', 'Send application/json.'],
  426: ['BAD_REQUEST', 'TLS_REQUIRED', 'Use https.'],
  431: ['BAD_REQUEST', 'HEADERS_TOO_LARGE', 'The headers of the request are too large.'],
  500: [masked, masked, 'Something went wrong on our side.'],
  503: ['UNAVAILABLE', 'UNAVAILABLE', 'The service cannot answer right now. Try again.'],
} as const

export type HttpFaultStatus = keyof typeof httpFaults

/** A body in the shape of a GraphQL answer for a request that never became an operation. */
export function httpFaultBody(status: HttpFaultStatus, details: Readonly<Record<string, string>> = {}): string {
  const [code, reason, message] = httpFaults[status]
  const extensions = { ...details, ...(reason === code ? {} : { reason }), code }
  return JSON.stringify({ errors: [{ message, extensions }] })
}

/** Fails the request as a whole, with the status that says so to clients that read nothing else. */
export function requestError(error: DomainError): GraphQLError {
  const headers = new HeaderMap()
  // RFC 6750 §3: what a client needs to know is that the token it sent is no good, not why.
  if (error.kind === 'unauthenticated') headers.set('www-authenticate', 'Bearer error="invalid_token"')
  const http = { status: httpStatusOf[error.kind], headers }
  return new GraphQLError(error.message, { originalError: error, extensions: { http } })
}

export function notAcceptable(): GraphQLError {
  const [code, reason, message] = httpFaults[406]
  return new GraphQLError(message, { extensions: { code, reason, http: { status: 406, headers: new HeaderMap() } } })
}

/** The fact behind an error of graphql-js, however often it was wrapped on its way up. */
export function domainErrorOf(error: unknown): DomainError | null {
  let inner: unknown = error
  for (let wraps = 0; wraps < 5 && inner instanceof GraphQLError; wraps += 1) inner = inner.originalError
  return inner instanceof DomainError ? inner : null
}

/** The largest wait that any of the errors asks for, for `Retry-After`. */
export function retryAfterSeconds(errors: readonly unknown[]): number | null {
  const waits = errors.map((error) => domainErrorOf(error)?.details['retryAfterSeconds'])
  const seconds = waits.filter((wait) => typeof wait === 'number')
  return seconds.length === 0 ? null : Math.max(...seconds)
}

/**
 * What the errors ask for of the token, for `WWW-Authenticate` (RFC 9470 §3): where it is several things, one proof that
 * does for all of them. Null when they ask for nothing.
 */
export function stepUpChallenge(errors: readonly unknown[]): string | null {
  const needs = errors.map(domainErrorOf).filter((error) => error?.kind === 'step-up')
  if (needs.length === 0) return null
  const levels = needs.map((need) => need?.details['assurance']).filter((level) => typeof level === 'string')
  const ages = needs.map((need) => need?.details['maxAgeSeconds']).filter((age) => typeof age === 'number')
  const maxAge = ages.length === 0 ? '' : `, max_age="${Math.min(...ages)}"`
  // 'AAL1' < 'AAL2': the levels sort as strings.
  const acr = `acr_values="${levels.toSorted().at(-1)?.toLowerCase()}"`
  return `Bearer error="insufficient_user_authentication", error_description="Prove again that it is you.", ${acr}${maxAge}`
}

/** Reports what nobody foresaw, and returns the id under which it is in the log. */
export type ReportInternal = (error: unknown) => string

/** The last word on every error of every answer: facts in their wire form, everything else masked. */
export function createFormatError(report: ReportInternal) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const { locations, path } = formatted
    const place = { ...(locations === undefined ? {} : { locations }), ...(path === undefined ? {} : { path }) }
    const { message, extensions } = wireForm(formatted, error) ?? internal(report(error))
    return { message, ...place, extensions }
  }
}

interface WireForm {
  readonly message: string
  readonly extensions: Record<string, unknown>
}

function wireForm(formatted: GraphQLFormattedError, error: unknown): WireForm | null {
  const explanation = error instanceof GraphQLError ? explanationOf(error) : null
  if (explanation !== null) return ownForm(explanation)
  const fact = domainErrorOf(error)
  if (fact !== null) return factForm(fact)
  const own = error instanceof GraphQLError ? ownWordsFor(error) : null
  if (own !== null) return ownForm(own)
  // Raised by the protocol itself and not by a resolver, which would have a path; its sentences are constants.
  const code = protocolCodes.find((known) => known === formatted.extensions?.['code'])
  if (code === undefined || formatted.path !== undefined) return null
  const reason = formatted.extensions?.['reason']
  return { message: formatted.message, extensions: { ...(typeof reason === 'string' ? { reason } : {}), code } }
}

function ownForm({ message, details, code }: OwnWords): WireForm {
  return { message, extensions: { ...details, code } }
}

function factForm({ kind, code, message, details }: DomainError): WireForm {
  const wireCode = wireCodeOf[kind]
  // A reason that only repeats the code, or says nothing beyond `fields`, is left out.
  const reason = code === wireCode || code === 'INVALID_INPUT' ? {} : { reason: code }
  return { message, extensions: { ...reason, ...details, code: wireCode } }
}

function internal(id: string): WireForm {
  return { message: 'Something went wrong on our side.', extensions: { id, code: masked } }
}
