import { deriveKey, digestOf } from '../kernel/digest.js'
import { isId } from '../kernel/ids.js'
import type { Random } from '../kernel/random.js'
import { openSeal, seal } from '../kernel/seal.js'

/**
 * `<session id>.<family secret>.<token secret>`, opaque to clients. The family secret stays the same through all
 * rotations and tells a holder of this family from somebody who guesses; the token secret is spent by its use.
 */
export interface RefreshToken {
  readonly sessionId: string
  readonly familySecret: string
  readonly tokenSecret: string
}

// 32 bytes in base64url: the last character carries four bits, so only every fourth letter can stand there.
const secretShape = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

export function newSecret(random: Random): string {
  return random(32).toString('base64url')
}

export function formatRefreshToken({ sessionId, familySecret, tokenSecret }: RefreshToken): string {
  return `${sessionId}.${familySecret}.${tokenSecret}`
}

/** The parts, or null for anything that we never issued. */
export function parseRefreshToken(presented: string): RefreshToken | null {
  if (presented.length > 200) return null
  const [sessionId = '', familySecret = '', tokenSecret = '', ...rest] = presented.split('.')
  const wellFormed =
    rest.length === 0 && isId('ses', sessionId) && secretShape.test(familySecret) && secretShape.test(tokenSecret)
  return wellFormed ? { sessionId, familySecret, tokenSecret } : null
}

/** A data key, as far as a seal needs it. */
export interface SealingKey {
  derive(purpose: string): Buffer
}

/**
 * Seals the successor of a spent token under that token: who presents it again within the grace gets the same
 * successor, while a dump of the database, even with a spent token, yields nothing without the data key.
 */
export function sealSuccessor(successor: string, spent: SpentSecret, key: SealingKey, random: Random): string {
  return seal(Buffer.from(successor), sealKeyOf(spent, key), sealContext(spent), random)
}

/** The successor's token secret, or null when the seal was made under another token or data key. */
export function openSuccessor(sealed: string, spent: SpentSecret, key: SealingKey): string | null {
  return openSeal(sealed, sealKeyOf(spent, key), sealContext(spent))?.toString() ?? null
}

type SpentSecret = Pick<RefreshToken, 'sessionId' | 'tokenSecret'>

function sealKeyOf(spent: SpentSecret, key: SealingKey): Buffer {
  const material = Buffer.concat([Buffer.from(spent.tokenSecret), key.derive('refresh successor')])
  return deriveKey(material, sealContext(spent))
}

function sealContext({ sessionId, tokenSecret }: SpentSecret): string {
  return `${sessionId} ${digestOf(tokenSecret)}`
}
