import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { NewAuditEvent } from '../../src/audit/events.js'
import { createBackground, type Background } from '../../src/kernel/background.js'
import { systemClock } from '../../src/kernel/clock.js'
import { describeFault } from '../../src/http/log.js'
import { breachHash } from '../../src/passwords/breach-range.js'
import { openBreachCheck, type BreachCheck } from '../../src/passwords/breached.js'
import { lineOf, listing, startBreachServer, type BreachServer } from './breach-server.js'

const password = 'correct horse battery staple'
const hash = breachHash(password)

let api: BreachServer
let elsewhere: BreachServer
let check: BreachCheck
let background: Background
let recorded: NewAuditEvent[] = []
let faults: unknown[] = []
let nowMs = 0

const openAt = async (address: string): Promise<BreachCheck> => {
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const deps = { audit: { record: async (event: NewAuditEvent) => void recorded.push(event) }, background, clock }
  const opened = await openBreachCheck({ kind: 'api', address }, deps)
  if (opened === null) throw new Error('Only off is null')
  return opened
}

beforeAll(async () => {
  api = await startBreachServer()
  elsewhere = await startBreachServer()
})
afterAll(async () => {
  await api.close()
  await elsewhere.close()
})
beforeEach(async () => {
  api.requests.length = 0
  recorded = []
  faults = []
  nowMs = 1_000_000
  background = createBackground((cause) => void faults.push(cause))
  check = await openAt(api.address)
})

test('what is on the list is breached, what is not is not', async () => {
  api.behave(listing(password))
  expect(await check.isBreached(password)).toBe(true)
  expect(await check.isBreached(`${password}!`)).toBe(false)
  await background.drained()
  expect([recorded, faults]).toEqual([[], []])
})

test('padding, which is on no list, is a miss', async () => {
  api.behave((response) => response.end(lineOf(password, 0) + lineOf('another', 1)))
  expect(await check.isBreached(password)).toBe(false)
  await background.drained()
  expect(faults).toEqual([])
})

test('five characters of the hash are sent, asking for padding, and nothing else that is about the password', async () => {
  api.behave(listing(password))
  await check.isBreached(password)
  expect(api.requests).toHaveLength(1)
  const [request = ''] = api.requests
  expect(request).toMatch(new RegExp(`^GET /range/${hash.slice(0, 5)} `))
  expect(request).toContain('"add-padding":"true"')
  expect(request).not.toMatch(/cookie|authorization/)
  expect(request.toUpperCase()).not.toContain(hash.slice(5, 10))
  expect(request).not.toContain('horse')
})

test('off is no check', async () => {
  const audit = { record: async () => undefined }
  expect(await openBreachCheck({ kind: 'off' }, { audit, background, clock: systemClock })).toBeNull()
})

describe('A list that does not answer keeps nobody out: it', () => {
  test.each<[string, Parameters<BreachServer['behave']>[0]]>([
    ['never answers', () => undefined],
    ['begins and never ends', (response) => void response.write(lineOf(password))],
    ['answers with a page', (response) => response.end(`<html>${lineOf(password)}</html>`)],
    ['answers with nothing', (response) => response.end()],
    ['fails', (response) => response.writeHead(500).end(lineOf(password))],
    ['is busy', (response) => response.writeHead(429, { 'retry-after': '2' }).end()],
    ['does not know the range', (response) => response.writeHead(404).end()],
    ['answers with megabytes', (response) => response.end(lineOf(password).repeat(20_000))],
    [
      'sends us elsewhere',
      (response) => response.writeHead(302, { location: `${elsewhere.address}${hash.slice(0, 5)}` }).end(),
    ],
    ['hangs up', (response) => void response.destroy()],
  ])('%s', async (_name, behaviour) => {
    elsewhere.behave(listing(password))
    api.behave(behaviour)
    expect(await check.isBreached(password)).toBe(false)
    await background.drained()
    expect(api.requests).toHaveLength(1)
    expect(elsewhere.requests).toEqual([])
    expect(recorded).toEqual([
      { name: 'password.breach-unchecked', actorId: null, subjectId: null, outcome: 'success', facts: { list: 'api' } },
    ])
    expect(faults).toHaveLength(1)
    const logged = JSON.stringify(describeFault(faults[0]))
    expect(logged).toContain('Breached passwords are not looked for')
    expect(logged.toUpperCase()).not.toContain(hash.slice(5, 12))
    expect(logged).not.toContain('horse')
  })

  test('is not there', async () => {
    const gone = await startBreachServer()
    await gone.close()
    expect(await (await openAt(gone.address)).isBreached(password)).toBe(false)
    await background.drained()
    expect(recorded).toHaveLength(1)
  })

  test('is left alone for half a minute, and then asked again', async () => {
    api.behave((response) => response.writeHead(500).end())
    await check.isBreached(password)
    api.behave(listing(password))
    nowMs += 29_999
    expect(await check.isBreached(password)).toBe(false)
    expect(api.requests).toHaveLength(1)
    nowMs += 1
    expect(await check.isBreached(password)).toBe(true)
    expect(api.requests).toHaveLength(2)
  })

  test('is told of once a minute, as long as passwords are taken unseen', async () => {
    api.behave((response) => response.writeHead(500).end())
    const events: number[] = []
    for (let seconds = 0; seconds <= 130; seconds += 10) {
      await check.isBreached(password)
      await background.drained()
      events.push(recorded.length)
      nowMs += 10_000
    }
    expect(events).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3])
  })

  test('is told of by those, too, who come while it is left alone', async () => {
    api.behave((response) => response.writeHead(500).end())
    for (const atMs of [0, 40_000, 65_000]) {
      nowMs = 1_000_000 + atMs
      await check.isBreached(password)
    }
    await background.drained()
    expect([api.requests.length, recorded.length]).toEqual([2, 2])
  })
})
