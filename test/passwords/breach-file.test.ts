import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { breachFile, BreachFileUnusable } from '../../src/passwords/breach-file.js'
import { breachHash } from '../../src/passwords/breach-range.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breach-file-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function fileOf(text: string): Promise<string> {
  const path = join(folder, `${(files += 1)}.txt`)
  await writeFile(path, text)
  return path
}

const hashesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => breachHash(`breached ${index}`)).sort()

const textOf = (hashes: readonly string[], end = '\r\n'): string =>
  hashes.map((hash, index) => `${hash}:${10 ** (index % 7)}${end}`).join('')

async function answers(text: string, hashes: readonly string[]): Promise<boolean[]> {
  const list = await breachFile(await fileOf(text))
  const found: boolean[] = []
  for (const hash of hashes) found.push(await list.has(hash))
  await list.close()
  return found
}

describe('a file of breached passwords', () => {
  test.each([
    ['one line', 1, '\n'],
    ['two lines', 2, '\r\n'],
    ['about as much as is read at once', 90, '\n'],
    ['a few thousand lines', 5_000, '\r\n'],
    ['a few thousand lines with bare line feeds', 5_000, '\n'],
  ])('of %s has each of its lines, the first and the last too, and nothing between them', async (_name, count, end) => {
    const hashes = hashesOf(count)
    const text = textOf(hashes, end)
    const some = hashes.filter((_, index) => index < 3 || index > count - 4 || index % 31 === 0)
    expect(new Set(await answers(text, some))).toEqual(new Set([true]))
    expect(new Set(await answers(text.trimEnd(), some))).toEqual(new Set([true]))
    const absent = Array.from({ length: 100 }, (_, index) => breachHash(`never seen ${index}`))
    const outside = ['0'.repeat(40), 'F'.repeat(40)]
    expect(new Set(await answers(text, [...absent, ...outside]))).toEqual(new Set([false]))
  })

  test('does not have what it counts no times', async () => {
    const [first = '', second = ''] = hashesOf(2)
    expect(await answers(`${first}:0\n${second}:1\n`, [first, second])).toEqual([false, true])
  })

  test('may be in lower case', async () => {
    const hashes = hashesOf(500)
    expect(new Set(await answers(textOf(hashes).toLowerCase(), hashes))).toEqual(new Set([true]))
  })

  test.each([
    ['is not there', async () => join(folder, 'nowhere'), /cannot be read/],
    ['is a folder', async () => folder, /is none|cannot be read/],
    ['is empty', () => fileOf(''), /is empty/],
    ['has other lines', () => fileOf('password\n123456\n'), /has other lines/],
    ['has ranges instead of hashes', () => fileOf(`${hashesOf(1)[0]?.slice(5)}:1\n`), /has other lines/],
    ['has one line without end', () => fileOf('A'.repeat(100_000)), /has other lines/],
    [
      'is sorted by how often',
      () => fileOf(textOf(hashesOf(5_000).toSorted((one, other) => one.slice(20).localeCompare(other.slice(20))))),
      /is not sorted/,
    ],
    ['has two lines in the wrong order', () => fileOf(textOf(hashesOf(2).toReversed())), /is not sorted/],
  ])('that %s is a fault of the configuration', async (_name, path, expected) => {
    const refusal: unknown = await breachFile(await path()).catch((cause: unknown) => cause)
    expect(refusal).toBeInstanceOf(BreachFileUnusable)
    expect(refusal).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(expected) })
  })

  test('whose disorder is found by a search only does not know, rather than say no', async () => {
    const hashes = hashesOf(20_000)
    // Between two of the samples that the opening looks at, where the seventh step of a search comes by.
    const middle = (20_000 * 65) / 128
    const broken = hashes.map((hash, index) => (Math.abs(index - middle) < 20 ? 'F'.repeat(40) : hash))
    const list = await breachFile(await fileOf(textOf(broken)))
    const near = hashes.slice(middle - 60, middle + 60)
    const outcomes = await Promise.allSettled(near.map((hash) => list.has(hash)))
    await list.close()
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
  })
})
