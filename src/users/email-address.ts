import { domainToASCII } from 'node:url'
import { hmacOf } from '../kernel/digest.js'

/** Looked at before anything that costs more than a comparison. */
const maxRawLength = 1024

/** RFC 5321 §4.5.3.1.1 and §4.5.3.1.3 (256 octets with the two angle brackets). */
const maxLocalPartBytes = 64
const maxLength = 254

/**
 * RFC 5321 atoms, and letters of other scripts (RFC 6531). No quoted local parts: nobody has one, and what they may
 * contain (`,`, `<`, spaces) turns one recipient into two in a mail header.
 */
const localPartShape = /^[\p{L}\p{N}\p{M}.!#$%&'*+/=?^_`{|}~-]+$/u

/** `domainToASCII` cuts at `/`, `?` and `#`, drops tabs and decodes `%41`: none of these may reach it. */
const domainInput = /^[\p{L}\p{N}\p{M}.-]+$/u

/** RFC 1123 §2.1; the last label is never a number, or `127.1` would be an address on the network. */
const domainShape = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The one spelling under which an address is stored and looked up, or null when it is no address. Dots and `+tags`
 * stay: whether they matter is known to the mail provider only, and guessing wrong gives away somebody's account.
 */
export function normaliseEmail(raw: string): string | null {
  if (raw.length > maxRawLength) return null
  // In this order: some letters have a composed form in lower case only (J and a caron).
  const folded = raw.trim().toLowerCase().normalize('NFC')
  const [localPart, rawDomain, ...rest] = folded.split('@')
  if (localPart === undefined || rawDomain === undefined || rest.length > 0) return null
  if (!localPartShape.test(localPart) || Buffer.byteLength(localPart) > maxLocalPartBytes) return null
  if (!domainInput.test(rawDomain)) return null
  const domain = domainToASCII(rawDomain)
  if (!domainShape.test(domain)) return null
  const normalised = `${localPart}@${domain}`
  return normalised.length > maxLength ? null : normalised
}

/** `_id` of the address in `identifiers`: unique without an index, and no list of addresses in a dump. */
export function emailIdentifier(key: Buffer, normalised: string): string {
  return hmacOf(key, `email:${normalised}`)
}
