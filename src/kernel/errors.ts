/**
 * Errors are facts with two audiences: `message` and `details` go to the client and are safe by construction,
 * `cause` goes to the log and the audit trail. Only `graphql/errors.ts` knows how a kind looks on the wire.
 */
export type ErrorKind =
  'invalid' | 'unauthenticated' | 'forbidden' | 'step-up' | 'not-found' | 'conflict' | 'throttled' | 'unavailable'

/** What a client may read beside the message. Never a secret, never a value it sent. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[] | FieldFaults>>

/** One sentence for each faulty input field, by the field's path (`input.email`). */
export type FieldFaults = Readonly<Record<string, string>>

export class DomainError extends Error {
  readonly kind: ErrorKind
  /** UPPER_SNAKE; listed in the README, which a test compares with these classes. */
  readonly code: string
  readonly details: ErrorDetails

  constructor(kind: ErrorKind, code: string, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.kind = kind
    this.code = code
    this.details = details
  }
}

/** Input that no retry will make right; `fields` says which input and why, without repeating the value. */
export class InvalidInput extends DomainError {
  constructor(fields: FieldFaults) {
    super('invalid', 'INVALID_INPUT', Object.values(fields).join(' '), { fields })
  }
}

/** An anonymous caller asked for something that needs a caller. */
export class Unauthenticated extends DomainError {
  constructor() {
    super('unauthenticated', 'SIGN_IN_REQUIRED', 'Sign in to do this.')
  }
}

/** A bearer token that is not ours, not valid or not valid any more. Which check failed is nobody's business. */
export class AccessTokenRejected extends DomainError {
  constructor(code: 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'SESSION_ENDED') {
    super('unauthenticated', code, accessTokenMessages[code])
  }
}

const accessTokenMessages = {
  TOKEN_INVALID: 'The access token is not valid.',
  TOKEN_EXPIRED: 'The access token has expired.',
  SESSION_ENDED: 'The session of this access token is over.',
}

/** Never names the object, nor the permission that was missing. */
export class Forbidden extends DomainError {
  constructor() {
    super('forbidden', 'FORBIDDEN', 'You may not do this.')
  }
}

/** RFC 9470: the caller is known, but not proven strongly or recently enough for this operation. */
export class StepUpRequired extends DomainError {
  constructor(details: {
    readonly assurance: string
    readonly maxAgeSeconds?: number
    /** What this person can prove with; left out where that is not known. */
    readonly methods?: readonly string[]
    /** Nothing that is enrolled would do. */
    readonly enrol?: boolean
  }) {
    const message = details.enrol === true ? 'Add a second factor to go on.' : 'Prove again that it is you.'
    super('step-up', 'STEP_UP_REQUIRED', message, details)
  }
}

/** Absent, and also the answer for "not yours": the two must not be told apart. */
export class NotFound extends DomainError {
  constructor() {
    super('not-found', 'NOT_FOUND', 'Not found.')
  }
}

export class RateLimited extends DomainError {
  constructor(retryAfterMs: number) {
    super('throttled', 'RATE_LIMITED', 'Too many attempts. Try again later.', {
      retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
    })
  }
}

/** A verdict could not be reached (database away, outcome unknown). Retryable; never an opening. */
export class Unavailable extends DomainError {
  constructor(cause?: unknown) {
    super('unavailable', 'UNAVAILABLE', 'The service cannot answer right now. Try again.', {}, { cause })
  }
}
