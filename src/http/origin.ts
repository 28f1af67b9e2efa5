import { DomainError } from '../kernel/errors.js'

/** A browser may have sent this on behalf of a page that we do not know. */
export class OriginRejected extends DomainError {
  constructor() {
    super(
      'forbidden',
      'ORIGIN_REJECTED',
      'Cookies are accepted from allowed origins only, and with the x-portcullis-csrf header.',
    )
  }
}

export interface OriginHeaders {
  readonly origin?: string | undefined
  readonly 'x-portcullis-csrf'?: string | string[] | undefined
}

/**
 * The rule for whatever uses or sets cookies. A POST needs an allowed `Origin` (browsers always send one) and our
 * header, which no form and no foreign page can add without a preflight. A GET never changes anything, and browsers
 * send no `Origin` with those of the same origin, so there only a foreign one is refused.
 */
export function originFault(
  method: string,
  headers: OriginHeaders,
  allowedOrigins: readonly string[],
): OriginRejected | null {
  const { origin, 'x-portcullis-csrf': csrf } = headers
  const isAllowed = origin !== undefined && allowedOrigins.includes(origin)
  if (method === 'GET') return origin === undefined || isAllowed ? null : new OriginRejected()
  return isAllowed && csrf !== undefined && csrf.length > 0 ? null : new OriginRejected()
}
