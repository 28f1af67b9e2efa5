import { digestOf } from '../kernel/digest.js'
import type { Random } from '../kernel/random.js'

const howMany = 10
/** Crockford's base32: nothing that reads like something else. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Ten of 80 bits each, as `xxxx-xxxx-xxxx-xxxx`. */
export function newRecoveryCodes(random: Random): string[] {
  return Array.from({ length: howMany }, () => {
    // 32 divides 256: the low five bits of a byte are unbiased.
    const characters = Array.from(random(16), (byte) => alphabet.charAt(byte & 31)).join('')
    return (characters.match(/.{4}/g) ?? []).join('-')
  })
}

/**
 * Of a code as somebody has typed it, or null for what can be none. 80 random bits leave nothing to guess, so that the
 * digest needs neither salt nor time.
 */
export function recoveryCodeDigest(typed: string): string | null {
  // The length first: nothing walks through a megabyte.
  if (typed.length > 64) return null
  const code = typed.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
  return /^[0-9a-hjkmnp-tv-z]{16}$/.test(code) ? digestOf(code) : null
}
