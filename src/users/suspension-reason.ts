const maxCodePoints = 500

/** Control characters, lone surrogates, line and paragraph separators, and marks that reorder what follows them. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** A reason as it is kept, null where there is none, or what is wrong with it. */
export function suspensionReasonFrom(
  raw: string | null | undefined,
): { readonly reason: string | null } | { readonly fault: string } {
  const text = raw ?? ''
  // Before anything that walks through the text; a code point has at most two units.
  const tooLong = text.length > 4 * maxCodePoints || Array.from(text.trim()).length > maxCodePoints
  if (tooLong) return { fault: `The reason is longer than ${maxCodePoints} characters.` }
  const reason = text.trim().normalize('NFC')
  if (unprintable.test(reason)) return { fault: 'The reason has characters that cannot be shown.' }
  return { reason: reason === '' ? null : reason }
}
