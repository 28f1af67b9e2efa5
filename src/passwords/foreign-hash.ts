/**
 * Password hashes that other systems have made, as `user import` takes them and as they are stored until their owner
 * signs in. Parsed strictly: what is not exactly of a known form could never be right, and nobody would learn why.
 */
export type ForeignHash =
  | { readonly kind: 'argon2' | 'bcrypt'; readonly encoded: string }
  | {
      readonly kind: 'scrypt'
      /** N, the number of blocks. */
      readonly cost: number
      readonly blockSize: number
      readonly parallelism: number
      readonly salt: Buffer
      readonly key: Buffer
    }
  | {
      readonly kind: 'pbkdf2'
      readonly digest: Pbkdf2Digest
      readonly iterations: number
      readonly salt: Buffer
      readonly key: Buffer
    }

export type Pbkdf2Digest = 'sha1' | 'sha256' | 'sha512'

/**
 * About two seconds of one core and 256 MiB. A sign-in computes what is stored, for everybody who asks: a hash of
 * minutes or gigabytes would be a way to stop the service.
 */
const bounds = {
  bcryptCost: 15,
  argon2MemoryKiB: 2 ** 18,
  /** Memory times passes. */
  argon2Work: 2 ** 21,
  argon2Parallelism: 16,
  /** N times r, 128 bytes each. */
  scryptMemory: 2 ** 21,
  scryptWork: 2 ** 22,
  /** Iterations times blocks of the key. */
  pbkdf2Work: 5_000_000,
  /** Longer than all that exist, 1,000 characters of salt aside. */
  encodedLength: 512,
  saltBytes: { min: 4, max: 128 },
  keyBytes: { min: 16, max: 128 },
} as const

const faults = {
  unknown: 'The password hash is of no form that is known here.',
  parameters: 'The parameters of the password hash are not those of its form.',
  parts: 'The salt or the key of the password hash is no base64 without padding, or too short, or too long.',
  work: 'The password hash would take too long, or too much memory, to be checked.',
} as const

/** @returns what it is, or what is wrong with it in a sentence that does not repeat it */
export function parseForeignHash(encoded: string): { readonly hash: ForeignHash } | { readonly fault: string } {
  if (encoded.length > bounds.encodedLength) return { fault: faults.unknown }
  const [, form = ''] = encoded.split('$')
  const parse = Object.hasOwn(parsers, form) ? parsers[form] : undefined
  const parsed = parse === undefined ? 'unknown' : parse(encoded)
  return typeof parsed === 'string' ? { fault: faults[parsed] } : { hash: parsed }
}

/**
 * The stored form says where a hash comes from: argon2id of somebody else may have been made of another form of the same
 * text, and what is left of an import can be counted.
 */
export const foreignMark = 'imported:'

export function storedFormOf(encoded: string): string {
  return `${foreignMark}${encoded}`
}

/** The foreign hash in a stored form, null when that is one of our own. */
export function foreignPartOf(stored: string): string | null {
  return stored.startsWith(foreignMark) ? stored.slice(foreignMark.length) : null
}

type Parser = (encoded: string) => ForeignHash | keyof typeof faults

const bcryptShape = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/

function parseBcrypt(encoded: string): ReturnType<Parser> {
  const cost = bcryptShape.exec(encoded)?.[1]
  if (cost === undefined) return 'parameters'
  return Number(cost) > bounds.bcryptCost ? 'work' : { kind: 'bcrypt', encoded }
}

const argon2Shape = /^\$argon2(?:id|i|d)(?:\$v=(?:16|19))?\$([^$]+)\$([^$]+)\$([^$]+)$/

function parseArgon2(encoded: string): ReturnType<Parser> {
  const [, parameters = '', salt = '', key = ''] = argon2Shape.exec(encoded) ?? []
  const { m: memory, t: passes, p: lanes } = numbersIn(parameters, ['m', 't', 'p']) ?? {}
  if (memory === undefined || passes === undefined || lanes === undefined) return 'parameters'
  // RFC 9106 §3.1; with less the library refuses while somebody signs in.
  if (memory < 8 * lanes) return 'parameters'
  if (partsOf(salt, key, 8) === null) return 'parts'
  const isHeavy = memory > bounds.argon2MemoryKiB || memory * passes > bounds.argon2Work
  return isHeavy || lanes > bounds.argon2Parallelism ? 'work' : { kind: 'argon2', encoded }
}

function parseScrypt(encoded: string): ReturnType<Parser> {
  const [parameters = '', salt = '', key = '', ...rest] = encoded.split('$').slice(2)
  const { ln, r: blockSize, p: parallelism } = numbersIn(parameters, ['ln', 'r', 'p']) ?? {}
  if (ln === undefined || blockSize === undefined || parallelism === undefined || rest.length > 0) return 'parameters'
  const parts = partsOf(salt, key)
  if (parts === null) return 'parts'
  // RFC 7914 §2: N is below 2^(128 r / 8).
  if (ln > 31 || ln >= 16 * blockSize) return 'parameters'
  const cost = 2 ** ln
  const isHeavy = cost * blockSize > bounds.scryptMemory || cost * blockSize * parallelism > bounds.scryptWork
  return isHeavy ? 'work' : { kind: 'scrypt', cost, blockSize, parallelism, ...parts }
}

const digestBytes: Readonly<Record<Pbkdf2Digest, number>> = { sha1: 20, sha256: 32, sha512: 64 }

function parsePbkdf2(digest: Pbkdf2Digest): Parser {
  return (encoded) => {
    const [parameters = '', salt = '', key = '', ...rest] = encoded.split('$').slice(2)
    const { i: iterations } = numbersIn(parameters, ['i']) ?? {}
    if (iterations === undefined || rest.length > 0) return 'parameters'
    const parts = partsOf(salt, key)
    if (parts === null) return 'parts'
    const blocks = Math.ceil(parts.key.length / digestBytes[digest])
    return iterations * blocks > bounds.pbkdf2Work ? 'work' : { kind: 'pbkdf2', digest, iterations, ...parts }
  }
}

/** By what stands between the first two dollars. */
const parsers: Readonly<Record<string, Parser>> = {
  '2a': parseBcrypt,
  '2b': parseBcrypt,
  '2y': parseBcrypt,
  argon2id: parseArgon2,
  argon2i: parseArgon2,
  argon2d: parseArgon2,
  scrypt: parseScrypt,
  pbkdf2: parsePbkdf2('sha1'),
  'pbkdf2-sha1': parsePbkdf2('sha1'),
  'pbkdf2-sha256': parsePbkdf2('sha256'),
  'pbkdf2-sha512': parsePbkdf2('sha512'),
}

/** `m=64,t=1`: each of the names once, in any order, with a decimal number above zero. */
function numbersIn(text: string, names: readonly string[]): Readonly<Record<string, number>> | null {
  const entries = text.split(',').map((part) => /^([a-z]+)=([1-9]\d{0,9})$/.exec(part))
  const numbers = Object.fromEntries(entries.map((entry) => [entry?.[1] ?? '', Number(entry?.[2])]))
  const isWhole = entries.length === names.length && names.every((name) => Object.hasOwn(numbers, name))
  return isWhole ? numbers : null
}

function partsOf(salt: string, key: string, minSaltBytes: number = bounds.saltBytes.min) {
  const saltBytes = bytesOf(salt, { ...bounds.saltBytes, min: minSaltBytes })
  const keyBytes = bytesOf(key, bounds.keyBytes)
  return saltBytes === null || keyBytes === null ? null : { salt: saltBytes, key: keyBytes }
}

function bytesOf(base64: string, { min, max }: { readonly min: number; readonly max: number }): Buffer | null {
  const bytes = Buffer.from(base64, 'base64')
  // Node skips what it does not know: only what it would write itself is taken.
  const isCanonical = bytes.toString('base64').replace(/=+$/, '') === base64
  return isCanonical && bytes.length >= min && bytes.length <= max ? bytes : null
}
