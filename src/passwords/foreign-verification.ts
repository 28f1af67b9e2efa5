import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { verify as verifyArgon2 } from 'argon2'
import type { ForeignHash } from './foreign-hash.js'

const deriveByPbkdf2 = promisify(pbkdf2)
const deriveByScrypt = promisify<string, Buffer, number, object, Buffer>(scrypt)

/**
 * The forms of a typed text that another system may have hashed: ours first, as most are all the same. better-auth
 * hashes the compatibility form (NFKC); most others hash what comes.
 */
export function hashedForms(raw: string): readonly string[] {
  return [...new Set([raw.normalize('NFC'), raw, raw.normalize('NFKC')])]
}

/** Whether a form of the text is the password. As many hashes as there are forms: one, for nearly all passwords. */
export async function verifyForeign(hash: ForeignHash, raw: string): Promise<boolean> {
  for (const form of hashedForms(raw)) if (await matches(hash, form)) return true
  return false
}

async function matches(hash: ForeignHash, password: string): Promise<boolean> {
  switch (hash.kind) {
    case 'argon2':
      return verifyArgon2(hash.encoded, password)
    case 'bcrypt':
      return matchesBcrypt(hash.encoded, password)
    case 'scrypt': {
      const { cost: N, blockSize: r, parallelism: p, salt, key } = hash
      // What it takes, and a little more: OpenSSL counts its own work space, too.
      const maxmem = 128 * r * (N + p + 2) + 2 ** 20
      return timingSafeEqual(await deriveByScrypt(password, salt, key.length, { N, r, p, maxmem }), key)
    }
    case 'pbkdf2': {
      const { iterations, salt, key, digest } = hash
      return timingSafeEqual(await deriveByPbkdf2(password, salt, iterations, key.length, digest), key)
    }
  }
}

/**
 * bcrypt has never looked at more than 72 bytes. Those in C end at a NUL besides, newer ones do not: the system that made
 * the hash is not known, so both are tried where there is one.
 */
async function matchesBcrypt(encoded: string, password: string): Promise<boolean> {
  // Here, because most services never meet such a hash.
  const { verify: verifyBcrypt } = await import('@node-rs/bcrypt')
  const bytes = Buffer.from(password).subarray(0, 72)
  const nul = bytes.indexOf(0)
  return (nul >= 0 && (await verifyBcrypt(bytes.subarray(0, nul), encoded))) || verifyBcrypt(bytes, encoded)
}
