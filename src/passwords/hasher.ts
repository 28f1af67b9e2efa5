import { argon2id, hash as argon2Hash, needsRehash, verify as argon2Verify } from 'argon2'
import type { Random } from '../kernel/random.js'
import { foreignPartOf, parseForeignHash } from './foreign-hash.js'
import { verifyForeign } from './foreign-verification.js'
import { hashableForm, type PasswordLimits } from './password-rules.js'
import { createTurnstile, type TurnstileSettings } from './turnstile.js'

/** argon2id, RFC 9106. */
export interface HashParameters {
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}

export interface Hasher {
  /** The stored form. @throws RateLimited when too many hashes wait; RangeError when too long, which is asked before */
  hash(plaintext: string): Promise<string>
  /**
   * Whether that is the password, by a hash of ours or an imported one. Null, for a user who does not exist, costs a hash
   * of ours and is never right; what is too long costs none, whoever it is for. @throws RateLimited
   */
  verify(hash: string | null, plaintext: string): Promise<boolean>
  /** Whether a stored hash was made with other parameters than the present ones, or by another system. */
  needsRehash(hash: string): boolean
  /** Since the start: hashes computed, and how many of them were for nobody. */
  readonly stats: { readonly hashed: number; readonly decoyed: number }
}

/** Makes the decoy, so that the first stranger does not wait for it. */
export async function createHasher({
  parameters,
  limits,
  room,
  random,
}: {
  parameters: HashParameters
  limits: PasswordLimits
  /** A hash takes a core and `memoryKiB`: without a bound, sign-ins are a way to stop the machine. */
  room: TurnstileSettings
  random: Random
}): Promise<Hasher> {
  const cost = {
    memoryCost: parameters.memoryKiB,
    timeCost: parameters.passes,
    parallelism: parameters.parallelism,
  }
  const compute = (plaintext: string): Promise<string> =>
    argon2Hash(plaintext, { ...cost, type: argon2id, salt: random(16) })
  const turnstile = createTurnstile(room)
  const stats = { hashed: 0, decoyed: 0 }
  const decoy = await compute(random(32).toString('base64url'))

  return {
    stats,
    async hash(plaintext) {
      const password = hashableForm(plaintext, limits)
      if (password === null) throw new RangeError('A password that is too long was not refused before')
      return turnstile.run(() => {
        stats.hashed += 1
        return compute(password)
      })
    },
    async verify(hash, plaintext) {
      const password = hashableForm(plaintext, limits)
      if (password === null) return false
      return turnstile.run(async () => {
        stats.hashed += 1
        if (hash === null) stats.decoyed += 1
        const foreign = hash === null ? null : foreignPartOf(hash)
        if (foreign !== null) {
          const parsed = parseForeignHash(foreign)
          if ('hash' in parsed) return verifyForeign(parsed.hash, plaintext)
        }
        // Hash either way: skipping it for nobody would answer "no such user" by stopwatch.
        const own = foreign === null ? hash : null
        const matches = await argon2Verify(own ?? decoy, password)
        return matches && own !== null
      })
    },
    needsRehash: (hash) => foreignPartOf(hash) !== null || needsRehash(hash, cost),
  }
}
