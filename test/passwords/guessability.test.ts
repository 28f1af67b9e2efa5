import { afterEach, describe, expect, test } from '@jest/globals'
import { RateLimited, Unavailable } from '../../src/kernel/errors.js'
import { guessabilityFault, judgedPart } from '../../src/passwords/guessability-advice.js'
import { createGuessability, type Guessability, type GuessabilitySettings } from '../../src/passwords/guessability.js'
import { eventually } from '../support/eventually.js'

const planted = new URL('./planted-worker.mjs', import.meta.url)

let guessability: Guessability | undefined
afterEach(() => guessability?.close())

const judgeWith = (change: Partial<GuessabilitySettings> = {}): Guessability =>
  (guessability = createGuessability(change))

describe('a password that is judged', () => {
  const words = ['portcullis', 'lovelace']
  const judge = createGuessability()

  test.each([
    ['that everybody uses, twice', 'passwordpassword', 'Avoid repeated words and characters.'],
    ['of one letter', 'a'.repeat(40), 'Avoid repeated words and characters.'],
    ['of two letters in turn', 'abababababababab', 'Avoid repeated words and characters.'],
    ['of rows of keys', 'qwertyuiopasdfgh', 'Many people use it, or one like it.'],
    ['of a word and digits', 'password12345678', 'Many people use it, or one like it.'],
    ['with digits for letters', 'p@ssw0rdp@ssw0rd', 'Avoid repeated words and characters.'],
    ['of the words around the person', 'lovelacelovelace1', 'Avoid repeated words and characters.'],
    ['of four random words', 'correct horse battery staple', null],
    ['of a sentence', 'it was a dark and stormy night', null],
    ['of random characters', 'tL9BrF08aVQ0_qrwH65M1AOh', null],
    ['in another script', 'съешь же ещё этих мягких', null],
  ])('%s gets the advice %j', async (_name, password, advice) => {
    const fault = guessabilityFault(await judge.judge(judgedPart(password), words))
    expect(fault).toBe(advice === null ? null : `This password is easy to guess. ${advice}`)
  })

  test('is one worker in all, which ends when it is told to', async () => {
    expect(judge.stats).toEqual({ started: 1, isRunning: true })
    await judge.close()
    expect(judge.stats).toEqual({ started: 1, isRunning: false })
    await expect(judge.judge('correct horse battery staple', [])).rejects.toThrow(Unavailable)
    expect(judge.stats.started).toBe(1)
  })
})

describe('the advice', () => {
  test.each([
    [2, null, 'This password is easy to guess. Use several words that do not belong together.'],
    [
      2,
      'a name that zxcvbn will have',
      'This password is easy to guess. Use several words that do not belong together.',
    ],
    [0, 'dates', 'This password is easy to guess. Avoid dates.'],
    [3, 'dates', null],
    [4, null, null],
  ])('for the score %i and the warning %j is %j', (score, warning, expected) => {
    expect(guessabilityFault({ score, warning })).toBe(expected)
  })

  test('is about the first 64 characters, none of which is cut in two', () => {
    expect(judgedPart('😀'.repeat(100))).toBe('😀'.repeat(64))
    expect(judgedPart('short')).toBe('short')
  })
})

describe('the judge', () => {
  test.each(['die', 'throw', 'nonsense', 'late', 'no score', 'hang'])(
    'that answers by "%s" has no verdict, and the next password gets another worker',
    async (password) => {
      const judge = judgeWith({ worker: planted, limitMs: password === 'hang' ? 300 : 30_000 })
      expect(await judge.judge('good one', ['a', 'b'])).toEqual({ score: 4, warning: 'a b' })
      const refusal: unknown = await judge.judge(password, []).catch((cause: unknown) => cause)
      expect(refusal).toBeInstanceOf(Unavailable)
      expect(judge.stats.isRunning).toBe(false)
      expect(await judge.judge('bad one', [])).toEqual({ score: 0, warning: '' })
      expect(judge.stats).toEqual({ started: 2, isRunning: true })
    },
  )

  test('that does not even start has no verdict', async () => {
    const judge = judgeWith({ worker: new URL('./no-such-worker.mjs', import.meta.url) })
    await expect(judge.judge('good one', [])).rejects.toThrow(Unavailable)
    expect(judge.stats.isRunning).toBe(false)
  })

  test('dies without spoiling what waits behind', async () => {
    const judge = judgeWith({ worker: planted })
    const outcomes = await Promise.allSettled(
      ['good 1', 'die', 'good 2', 'die', 'good 3'].map((p) => judge.judge(p, [])),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(judge.stats.started).toBe(3)
  })

  test('lets so many wait and refuses the others', async () => {
    const judge = judgeWith({ worker: planted, queueLimit: 2 })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => judge.judge('good', [])))
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(refusals).toEqual(Array.from({ length: 7 }, () => new RateLimited(1_000)))
    expect(judge.stats.started).toBe(1)
  })

  test('goes when nobody needs it for a while, and comes back', async () => {
    const judge = judgeWith({ worker: planted, idleMs: 20 })
    await judge.judge('good', [])
    await eventually(async () => expect(judge.stats.isRunning).toBe(false))
    expect(await judge.judge('good', [])).toMatchObject({ score: 4 })
    expect(judge.stats.started).toBe(2)
  })

  test('that is closed while it judges has no verdict', async () => {
    const judge = judgeWith({ worker: planted })
    await judge.judge('good', [])
    const hanging = judge.judge('hang', []).catch((cause: unknown) => cause)
    await judge.close()
    expect(await hanging).toBeInstanceOf(Unavailable)
    expect(judge.stats.isRunning).toBe(false)
  })
})
