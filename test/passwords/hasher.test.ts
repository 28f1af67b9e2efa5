import { beforeEach, describe, expect, test } from '@jest/globals'
import { RateLimited } from '../../src/kernel/errors.js'
import { systemRandom } from '../../src/kernel/random.js'
import { createHasher, type Hasher } from '../../src/passwords/hasher.js'
import { defaultPasswordLimits } from '../../src/passwords/password-rules.js'
import { createTurnstile } from '../../src/passwords/turnstile.js'

const parameters = { memoryKiB: 64, passes: 1, parallelism: 1 }
const password = 'correct horse battery'
const hasherWith = (change: Partial<Parameters<typeof createHasher>[0]> = {}): Promise<Hasher> =>
  createHasher({
    parameters,
    limits: defaultPasswordLimits,
    room: { concurrency: 2, queueLimit: 10 },
    random: systemRandom,
    ...change,
  })

let hasher: Hasher
beforeEach(async () => {
  hasher = await hasherWith()
})

describe('hashing', () => {
  test('is argon2id with the given parameters, salted anew each time', async () => {
    const [first, second] = [await hasher.hash(password), await hasher.hash(password)]
    const [, kind, version, cost] = first.split('$')
    expect([kind, version, cost?.split(',').toSorted()]).toEqual(['argon2id', 'v=19', ['m=64', 'p=1', 't=1']])
    expect(first).not.toBe(second)
    expect(first).not.toContain(password)
    expect(await hasher.verify(first, password)).toBe(true)
    expect(await hasher.verify(second, password)).toBe(true)
    expect(await hasher.verify(first, `${password} `)).toBe(false)
  })

  test('takes composed and decomposed letters for the same password', async () => {
    const [composed, decomposed] = ['naïve café passphrase'.normalize('NFC'), 'naïve café passphrase'.normalize('NFD')]
    expect(composed).not.toBe(decomposed)
    expect(await hasher.verify(await hasher.hash(composed), decomposed)).toBe(true)
    expect(await hasher.verify(await hasher.hash(decomposed), composed)).toBe(true)
  })

  test('a hash of other parameters is still right, and known to be old', async () => {
    const stronger = await hasherWith({ parameters: { ...parameters, passes: 2 } })
    const old = await hasher.hash(password)
    expect(hasher.needsRehash(old)).toBe(false)
    expect(stronger.needsRehash(old)).toBe(true)
    expect(await stronger.verify(old, password)).toBe(true)
  })
})

describe('the work', () => {
  test('is the same for nobody: a hash against the decoy, which no password opens', async () => {
    expect(await hasher.verify(null, password)).toBe(false)
    expect(hasher.stats).toEqual({ hashed: 1, decoyed: 1 })
  })

  test('is none for a megabyte, whoever it is for', async () => {
    const hash = await hasher.hash(password)
    const before = { ...hasher.stats }
    for (const tooLong of ['a'.repeat(1_000_000), 'a'.repeat(129), '\u0958'.repeat(128)]) {
      expect(await hasher.verify(hash, tooLong)).toBe(false)
      expect(await hasher.verify(null, tooLong)).toBe(false)
      await expect(hasher.hash(tooLong)).rejects.toThrow(RangeError)
    }
    expect(hasher.stats).toEqual(before)
  })

  test('that finds no room is refused, and costs no hash', async () => {
    const small = await hasherWith({ room: { concurrency: 1, queueLimit: 2 } })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => small.verify(null, password)))
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(refusals).toHaveLength(7)
    for (const refusal of refusals) expect(refusal).toEqual(new RateLimited(1_000))
    expect(small.stats.hashed).toBe(3)
    expect(await small.verify(null, password)).toBe(false)
  })
})

describe('the turnstile', () => {
  test('lets so many work at once, in the order of their coming', async () => {
    const turnstile = createTurnstile({ concurrency: 2, queueLimit: 100 })
    const [started, most] = [[] as number[], { now: 0, ever: 0 }]
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        turnstile.run(async () => {
          started.push(i)
          most.ever = Math.max(most.ever, (most.now += 1))
          await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5))
          most.now -= 1
        }),
      ),
    )
    expect(started).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(most.ever).toBe(2)
  })

  test('does not let a newcomer pass those who wait', async () => {
    const turnstile = createTurnstile({ concurrency: 1, queueLimit: 10 })
    const order: string[] = []
    const first = turnstile.run(async () => void order.push('first'))
    const waiting = turnstile.run(async () => void order.push('waiting'))
    // Comes in the very moment in which the first one leaves.
    const newcomer = first.then(() => turnstile.run(async () => void order.push('newcomer')))
    await Promise.all([waiting, newcomer])
    expect(order).toEqual(['first', 'waiting', 'newcomer'])
  })

  test('gives the place free when the work fails', async () => {
    const turnstile = createTurnstile({ concurrency: 1, queueLimit: 0 })
    await expect(turnstile.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await turnstile.run(async () => 'next')).toBe('next')
  })
})
