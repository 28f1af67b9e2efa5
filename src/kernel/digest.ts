import { createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto'

/** SHA-256, base64url. For secrets of 256 random bits: they need no salt and no slow hash, there is nothing to guess. */
export function digestOf(plaintext: string): string {
  return hash('sha256', plaintext, 'base64url')
}

/** HMAC-SHA-256, base64url. For values that can be guessed (addresses, networks) and must not be readable in a dump. */
export function hmacOf(key: Buffer, value: string): string {
  return createHmac('sha256', key).update(value).digest('base64url')
}

/** Constant-time comparison of two digests. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** HKDF-SHA-256 (RFC 5869), 32 bytes: one key for one purpose, named by `info`. */
export function deriveKey(material: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', material, Buffer.alloc(0), info, 32))
}
