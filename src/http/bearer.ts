/** What the `Authorization` header of a request carries. */
export type Bearer =
  | { readonly kind: 'absent' }
  /** Something was presented, but nothing that could be a token of ours: a bad token, never an absent one. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'token'; readonly token: string }

const absent: Bearer = { kind: 'absent' }
const malformed: Bearer = { kind: 'malformed' }

const maxTokenLength = 8 * 1024
/** RFC 6750 §2.1, one space, and of its alphabet only what our JWTs and API keys use: base64url, dots, underscores. */
const shape = /^bearer ([A-Za-z0-9._-]+)$/i

/** @param values every `Authorization` header of the request; more than one is nobody's honest request */
export function parseBearer(values: readonly string[]): Bearer {
  const [value, ...others] = values
  if (value === undefined) return absent
  // Length first: no pattern runs over what cannot be a token anyway.
  if (others.length > 0 || value.length > maxTokenLength + 'bearer '.length) return malformed
  const token = shape.exec(value)?.[1]
  return token === undefined ? malformed : { kind: 'token', token }
}

/**
 * Every value of a header. `headers.authorization` will not do: Node keeps the first of several and drops the rest,
 * so that two parsers in a row could read two different tokens.
 */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index]
    if (header?.length === name.length && header.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? '')
  }
  return values
}
