import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from './random.js'

/**
 * AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D §8.2.2): nonce, tag and ciphertext in one base64url string.
 * `context` is authenticated and not stored: a sealed value moved to another place does not open there.
 */
export function seal(plaintext: Buffer, key: Buffer, context: string, random: Random): string {
  const nonce = random(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')
}

/** The plaintext, or null when key, context or content do not belong together. */
export function openSeal(sealed: string, key: Buffer, context: string): Buffer | null {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < 28) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(12, 28))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
  } catch {
    return null
  }
}
