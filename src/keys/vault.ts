import { deriveKey, digestOf } from '../kernel/digest.js'
import type { Random } from '../kernel/random.js'
import { openSeal, seal } from '../kernel/seal.js'

/**
 * Seals what must never lie in the database in the clear. The first secret seals, every one opens: so a secret is
 * rotated by putting the new one in front.
 */
export interface Vault {
  /** @param context where the value lives; it opens nowhere else */
  seal(plaintext: Buffer, context: string): string
  /** The plaintext, or null when no secret of ours sealed it. */
  open(sealed: string, context: string): Buffer | null
}

export function createVault(secrets: readonly Buffer[], random: Random): Vault {
  const keys = new Map(secrets.map((secret) => [secretId(secret), deriveKey(secret, 'portcullis vault')]))
  const [first] = keys
  if (first === undefined) throw new Error('A vault needs at least one secret')
  const [sealingId, sealingKey] = first
  return {
    seal: (plaintext, context) => `${sealingId}.${seal(plaintext, sealingKey, context, random)}`,
    open(sealed, context) {
      const [id = '', value = ''] = sealed.split('.', 2)
      const key = keys.get(id)
      return key === undefined ? null : openSeal(value, key, context)
    },
  }
}

/** Tells secrets apart without telling anything about them. */
function secretId(secret: Buffer): string {
  return digestOf(deriveKey(secret, 'portcullis vault id').toString('base64')).slice(0, 8)
}
