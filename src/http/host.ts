import { headerValues } from './bearer.js'

/** RFC 3986 §3.2.2 and §3.2.3: a name, an IPv4 address or an address in brackets, and a port or none. May be empty. */
const hostShape = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\w.~!$&'()*+,;=:-]+\])(?::\d*)?$/

/**
 * RFC 9112 §3.2: exactly one `Host`, and one that can be. Node keeps the first of several, a proxy in front may keep the
 * last: the two would disagree on what was asked for. HTTP/1.0 knows no `Host`, so there it may be missing.
 */
export function namesOneHost({
  httpVersion,
  rawHeaders,
}: {
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
}): boolean {
  const [host, ...others] = headerValues(rawHeaders, 'host')
  if (host === undefined) return httpVersion === '1.0'
  return others.length === 0 && hostShape.test(host)
}
