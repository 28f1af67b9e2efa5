const maxRawLength = 1024
const maxCodePoints = 100

/** Control characters, lone surrogates, line and paragraph separators. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u

/** Marks that reorder what follows them: a name made with these can imitate another one (UTR 36 §2.10). */
const reordering = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/**
 * Characters that show nothing, or nothing that is agreed upon: a name with one looks like a name without it. Joiners
 * and variation selectors stay, because scripts and emoji are written with them.
 */
const unseen = /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{DI}\p{Co}\p{Noncharacter_Code_Point}\ufff9-\ufffc]/u

const visible = /(?![\u2800\p{DI}])[\p{L}\p{N}\p{P}\p{S}]/u

/** Why a text is no display name, in a sentence that does not repeat it; null when it is one. */
export function displayNameFault(raw: string): string | null {
  // Before anything that walks through the text.
  if (raw.length > maxRawLength) return tooLong
  const name = normaliseDisplayName(raw)
  if (!visible.test(name)) return 'The display name is empty.'
  if (unprintable.test(name) || reordering.test(name) || unseen.test(name))
    return 'The display name has characters that cannot be shown.'
  return Array.from(name).length > maxCodePoints ? tooLong : null
}

const tooLong = `The display name is longer than ${maxCodePoints} characters.`

export function normaliseDisplayName(raw: string): string {
  return raw.trim().normalize('NFC')
}
