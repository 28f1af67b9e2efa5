import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { systemClock } from '../../src/kernel/clock.js'
import { RateLimited, Unavailable } from '../../src/kernel/errors.js'
import { createMongoLimitStore } from '../../src/limits/mongo-store.js'
import {
  createLimits,
  defaultLimits,
  type Attempt,
  type LimitsService,
  type LimitSettings,
} from '../../src/limits/service.js'
import { connectDatabase } from '../../src/mongo/connection.js'
import { testDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'

const firstDelayMs = 1_000
/** For tests that must not see the end of a delay. */
const unending = { accountFirstDelayMs: 60_000, accountMaxDelayMs: 60_000 }
const networkKey = Buffer.alloc(32, 3)

const everythingElse = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
]
const pass = (ms: number) => jest.setSystemTime(Date.now() + ms)

let db: Awaited<ReturnType<typeof testDatabase>>
let counter = 0
let account = ''
let ip = ''

beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.drop())
beforeEach(() => {
  // The time of day stands still, and passes when it is told to: how busy the machine is decides nothing.
  jest.useFakeTimers({ doNotFake: everythingElse })
  counter += 1
  account = `account-${counter}`
  ip = `203.0.113.${counter}`
})
afterEach(() => {
  jest.useRealTimers()
})

const limitsWith = (settings: Partial<LimitSettings> = {}): LimitsService =>
  createLimits({
    store: db.database.reporting(createMongoLimitStore(db.database.connection)),
    settings: { ...defaultLimits, accountFirstDelayMs: firstDelayMs, accountMaxDelayMs: 4 * firstDelayMs, ...settings },
    networkKey,
  })
const fail = (limits: LimitsService, from: { account: string; ip: string } = { account, ip }): Promise<Attempt> =>
  limits.beginAttempt(from)
/** How long the refused attempt is told to wait, or null when it was let through. */
async function refusal(attempt: Promise<unknown>): Promise<number | null> {
  const outcome: unknown = await attempt.then(
    () => null,
    (cause: unknown) => cause,
  )
  if (outcome === null) return null
  if (!(outcome instanceof RateLimited)) throw outcome
  return Number(outcome.details['retryAfterSeconds'])
}
async function times<Result>(count: number, work: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let i = 0; i < count; i++) results.push(await work())
  return results
}
const stored = () => db.database.connection.collection('rateLimits').find({}).toArray()

describe('an account', () => {
  test('rests after five failures, and twice as long after each further one', async () => {
    const limits = limitsWith()
    await times(5, () => fail(limits))
    expect(await refusal(fail(limits))).toBe(1)
    pass(firstDelayMs + 20)
    expect(await refusal(fail(limits))).toBeNull()
    pass(firstDelayMs + 20)
    expect(await refusal(fail(limits))).toBe(1)
    pass(firstDelayMs)
    expect(await refusal(fail(limits))).toBeNull()
    expect(await refusal(fail(limits))).toBe(Math.ceil((4 * firstDelayMs) / 1000))
  })

  test('lets no more than five of fifty parallel attempts through, and remembers five', async () => {
    const limits = limitsWith({ accountFirstDelayMs: 3_000, accountMaxDelayMs: 60_000 })
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => refusal(fail(limits))))
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(5)
    // The refused ones have not raised the delay: it is that of the fifth failure.
    expect(Math.max(...outcomes.filter((outcome) => outcome !== null))).toBeLessThanOrEqual(3)
    pass(3_050)
    const afterRest = await Promise.all(Array.from({ length: 50 }, () => refusal(fail(limits))))
    expect(afterRest.filter((outcome) => outcome === null)).toHaveLength(1)
  })

  test('is watched by all instances together', async () => {
    const instances = [limitsWith(unending), limitsWith(unending), limitsWith(unending)]
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => refusal(fail(instances[i % 3] ?? limitsWith()))),
    )
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(5)
  })

  test('is refused however often it is asked for while it rests, and no longer for it', async () => {
    const limits = limitsWith({ accountFirstDelayMs: 3_000 })
    await times(5, () => fail(limits))
    await times(10, () => refusal(fail(limits)))
    pass(3_050)
    expect(await refusal(fail(limits))).toBeNull()
  })

  test('starts afresh after a success', async () => {
    const limits = limitsWith()
    await times(4, () => fail(limits))
    await (await fail(limits)).succeeded()
    expect(await times(5, () => refusal(fail(limits)))).toEqual([null, null, null, null, null])
    expect(await refusal(fail(limits))).toBe(1)
    pass(firstDelayMs + 50)
    await (await fail(limits)).succeeded()
    expect(await times(5, () => refusal(fail(limits)))).toEqual([null, null, null, null, null])
  })

  test('does not pay for attempts without a verdict', async () => {
    const limits = limitsWith()
    await times(20, async () => (await fail(limits)).withdraw())
    expect(await times(5, () => refusal(fail(limits)))).toEqual([null, null, null, null, null])
    // Later it still waits for its turn, but the turns do not get rarer.
    for (const delayMs of [firstDelayMs, 2 * firstDelayMs, 2 * firstDelayMs]) {
      pass(delayMs + 50)
      await (await fail(limits)).withdraw()
    }
    expect(await refusal(fail(limits))).toBe((2 * firstDelayMs) / 1000)
  })

  test('has no attempts to its credit, whatever happens at once', async () => {
    const limits = limitsWith()
    const attempt = await fail(limits)
    await Promise.all([attempt.withdraw(), attempt.succeeded(), attempt.withdraw(), attempt.withdraw()])
    const points = (await stored()).map((document) => Number(document['points']))
    expect(Math.min(...points)).toBeGreaterThanOrEqual(0)
    expect(await times(5, () => refusal(fail(limits)))).toEqual([null, null, null, null, null])
    expect(await refusal(fail(limits))).toBe(1)
  })

  test('is forgotten after a time, its delay included', async () => {
    const limits = limitsWith({ accountMemoryMs: 3_000 })
    await times(4, () => fail(limits))
    pass(1_500)
    await fail(limits)
    // The memory counts from the first failure, not from the last.
    pass(1_700)
    expect(await times(5, () => refusal(fail(limits)))).toEqual([null, null, null, null, null])
    expect(await refusal(fail(limits))).toBe(1)
  })

  test('does not pay for another one', async () => {
    const limits = limitsWith()
    await times(6, () => refusal(fail(limits)))
    expect(await refusal(fail(limits, { account: 'somebody-else', ip }))).toBeNull()
  })
})

describe('a network', () => {
  const many = (limits: LimitsService, count: number, from: string): Promise<(number | null)[]> =>
    Promise.all(
      Array.from({ length: count }, (_, i) => refusal(fail(limits, { account: `${account}-${i}`, ip: from }))),
    )

  test('may fail only so often, over all accounts', async () => {
    const limits = limitsWith({ networkFailures: 10 })
    const outcomes = await many(limits, 25, ip)
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(10)
    const waits = outcomes.filter((outcome) => outcome !== null)
    expect(Math.max(...waits)).toBeLessThanOrEqual(900)
    expect(Math.min(...waits)).toBeGreaterThan(890)
    expect(await refusal(fail(limits, { account, ip: `::ffff:${ip}` }))).not.toBeNull()
    expect(await refusal(fail(limits, { account, ip: '198.51.100.1' }))).toBeNull()
  })

  test('of IPv6 is a /64', async () => {
    const limits = limitsWith({ networkFailures: 2 })
    await fail(limits, { account: 'v6-a', ip: '2001:db8:0:1::a' })
    await fail(limits, { account: 'v6-b', ip: '2001:db8:0:1::b' })
    expect(await refusal(fail(limits, { account: 'v6-c', ip: '2001:db8:0:1:c::' }))).not.toBeNull()
    expect(await refusal(fail(limits, { account: 'v6-c', ip: '2001:db8:0:2::a' }))).toBeNull()
  })

  test('does not pay for successes, nor for what an account refused', async () => {
    const limits = limitsWith({ networkFailures: 10, ...unending })
    await times(20, async () => (await fail(limits)).succeeded())
    await times(30, () => refusal(fail(limits)))
    // Five failures are counted, of thirty requests.
    expect((await many(limits, 10, ip)).filter((outcome) => outcome === null)).toHaveLength(5)
  })

  test('is open again when those who filled it turn out to be right', async () => {
    const limits = limitsWith({ networkFailures: 2 })
    const attempts = [await fail(limits), await fail(limits, { account: 'another', ip })]
    expect((await many(limits, 5, ip)).filter((outcome) => outcome === null)).toHaveLength(0)
    await Promise.all(attempts.map((attempt) => attempt.succeeded()))
    expect((await many(limits, 5, ip)).filter((outcome) => outcome === null)).toHaveLength(2)
  })

  test('may fail again in the next window', async () => {
    const limits = limitsWith({ networkFailures: 2, networkWindowMs: 700 })
    await many(limits, 5, ip)
    pass(750)
    expect((await many(limits, 5, ip)).filter((outcome) => outcome === null)).toHaveLength(2)
  })

  test('may sign up only so often', async () => {
    const limits = limitsWith({ signUpsPerNetwork: 3 })
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => refusal(limits.spend('sign-up', ip))))
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(3)
    expect(await refusal(limits.spend('sign-up', '198.51.100.2'))).toBeNull()
    expect(await refusal(fail(limits))).toBeNull()
  })

  test('without an address is counted too', async () => {
    const limits = limitsWith({ signUpsPerNetwork: 1 })
    expect(await times(2, () => refusal(limits.spend('sign-up', '')))).toEqual([null, expect.any(Number)])
  })
})

describe('a known device', () => {
  const known = () => ({ account, ip, isKnownDevice: true })

  test('neither fails for its network nor waits for it', async () => {
    const limits = limitsWith({ networkFailures: 2 })
    await times(2, () => limits.beginAttempt(known()))
    expect(await times(3, () => refusal(fail(limits, { account: 'another', ip })))).toEqual([
      null,
      null,
      expect.any(Number),
    ])
    expect(await refusal(limits.beginAttempt(known()))).toBeNull()
  })

  test('has no more of the room for hashes than its network', async () => {
    const limits = limitsWith({ ...unending, accountFailures: 100 })
    const proofs: (() => void)[] = []
    const proof = () => new Promise<true>((resolve) => proofs.push(() => resolve(true)))
    const running = Array.from({ length: 16 }, () => limits.attempt(known(), proof))
    await eventually(() => expect(proofs).toHaveLength(16))
    expect(await refusal(limits.attempt(known(), proof))).toBe(1)
    for (const end of proofs) end()
    await Promise.all(running)
  })
})

test('the database learns no network', async () => {
  const limits = limitsWith()
  await fail(limits, { account, ip: '192.0.2.99' })
  await limits.spend('sign-up', '2001:db8:77::1')
  const dump = JSON.stringify(await stored())
  expect(dump).not.toContain('192.0.2.99')
  expect(dump).not.toContain('2001:db8')
})

test('everything counted ends by itself', async () => {
  const limits = limitsWith()
  await times(6, () => refusal(fail(limits)))
  await limits.spend('sign-up', ip)
  expect((await stored()).length).toBeGreaterThan(3)
  // Not even a window of nothing, which the library would keep for ever.
  await createMongoLimitStore(db.database.connection).passGate('zero', 0)
  for (const document of await stored()) expect(document['expire']).toBeInstanceOf(Date)
})

test('without the database nobody gets through', async () => {
  const other = await connectDatabase(db.uri, systemClock, { answerWithinMs: 15_000 })
  const store = other.reporting(createMongoLimitStore(other.connection))
  const limits = createLimits({ store, settings: defaultLimits, networkKey })
  await other.close()
  await expect(fail(limits)).rejects.toThrow(Unavailable)
  await expect(limits.spend('sign-up', ip)).rejects.toThrow(Unavailable)
})
