import { hmacOf, sameDigest } from '../kernel/digest.js'
import type { Random } from '../kernel/random.js'

/**
 * A challenge that says itself until when it is good, under our MAC: nobody has to be known for it, and nothing is kept of
 * it until it is spent, so that asking for one costs no room and needs no limit.
 */
export function challengeForAnybody(key: Buffer, random: Random, expiresAt: Date): string {
  const body = Buffer.alloc(38)
  body.writeUIntBE(expiresAt.getTime(), 0, 6)
  random(32).copy(body, 6)
  const text = body.toString('base64url')
  return `${text}.${hmacOf(key, text)}`
}

/** Until when it is good, or null for what is none of ours, or was one. */
export function expiryOf(key: Buffer, challenge: string, now: Date): Date | null {
  const [text = '', mac = '', ...rest] = challenge.length > 128 ? [] : challenge.split('.')
  if (rest.length > 0 || !sameDigest(mac, hmacOf(key, text))) return null
  const body = Buffer.from(text, 'base64url')
  // The MAC is of the text: another spelling of the same bytes has none.
  const expiresAt = body.length === 38 ? new Date(body.readUIntBE(0, 6)) : null
  return expiresAt !== null && expiresAt > now ? expiresAt : null
}
