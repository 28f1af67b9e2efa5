import { randomBytes } from 'node:crypto'

/** Cryptographically strong random bytes; the only source of chance. */
export type Random = (bytes: number) => Buffer

export const systemRandom: Random = (bytes) => randomBytes(bytes)
