import type { Assurance } from '../kernel/subject.js'

export interface PasswordLimits {
  /** In code points, of the composed form (NFC). */
  readonly minLength: number
  /** The same, for whoever has a second factor. */
  readonly minLengthWithSecondFactor: number
  /** In code points. Lowering it, or `maxBytes`, shuts out who has a longer password. */
  readonly maxLength: number
  /** In UTF-8, of the composed form. */
  readonly maxBytes: number
}

/** security.md; NIST SP 800-63B-4 §3.1.1.2: at least 15 alone, 8 beside a second factor, and no composition rules. */
export const defaultPasswordLimits: PasswordLimits = {
  minLength: 15,
  minLengthWithSecondFactor: 8,
  maxLength: 128,
  maxBytes: 512,
}

/** In JavaScript characters: asked before anything walks through the text. */
const maxRawLength = 1024

/** Half of a character, or what a decoder puts for one that it could not read: all of them are the same byte sequence, so that two passwords would be one. */
const loneSurrogate = /[\p{Cs}\uFFFD]/u

/** The form that is hashed, so that a password typed on another keyboard is the same one (RFC 8265 §4.2). */
export function normalisePassword(raw: string): string {
  return raw.normalize('NFC')
}

/** The form that is hashed, or null when the text is too long for any password and not worth a hash. */
export function hashableForm(raw: string, limits: PasswordLimits): string | null {
  if (raw.length > maxRawLength) return null
  const normalised = normalisePassword(raw)
  const tooLong = lengthOf(normalised) > limits.maxLength || Buffer.byteLength(normalised) > limits.maxBytes
  return tooLong ? null : normalised
}

/**
 * Why a text may not become a password, in a sentence that does not repeat it; null when it may.
 * @param enrolled the strongest proof of whoever it is for; `aal2`: there is a second factor beside it
 */
export function passwordFault(raw: string, limits: PasswordLimits, enrolled: Assurance = 'aal1'): string | null {
  const normalised = hashableForm(raw, limits)
  if (normalised === null)
    return `The password is longer than ${limits.maxLength} characters or ${limits.maxBytes} bytes.`
  const least = enrolled === 'aal2' ? limits.minLengthWithSecondFactor : limits.minLength
  if (lengthOf(normalised) < least) return `The password is shorter than ${least} characters.`
  return loneSurrogate.test(normalised) ? 'The password has a broken character.' : null
}

/** Whether it is long enough only beside a second factor. Of a hash nobody could tell any more. */
export function isTooShortAlone(raw: string, { minLength }: PasswordLimits): boolean {
  return lengthOf(normalisePassword(raw)) < minLength
}

function lengthOf(text: string): number {
  return Array.from(text).length
}
