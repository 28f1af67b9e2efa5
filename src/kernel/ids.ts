import type { Random } from './random.js'

/** The noun an opaque id belongs to. */
export type IdPrefix = 'usr' | 'ses' | 'aut' | 'key' | 'cli' | 'evt' | 'srv' | 'dev'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new opaque id: the prefix and 130 random bits, so that ids cannot be guessed or counted. */
export function newId(prefix: IdPrefix, random: Random): string {
  return idFrom(prefix, random(26))
}

/** The id made of these bytes, of which there are at least 26. */
export function idFrom(prefix: IdPrefix, bytes: Buffer): string {
  // 32 divides 256, so the low five bits of each byte are unbiased.
  const characters = Array.from(bytes.subarray(0, 26), (byte) => alphabet.charAt(byte & 31))
  return `${prefix}_${characters.join('')}`
}

const shape = /^[a-z]{3}_[0-9a-z]{26}$/

/** Whether a client's string can be an id of that noun at all; what cannot is answered like what is absent. */
export function isId(prefix: IdPrefix, value: string): boolean {
  return value.startsWith(`${prefix}_`) && shape.test(value)
}
