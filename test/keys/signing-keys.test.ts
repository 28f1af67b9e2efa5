import { expect, test } from '@jest/globals'
import { keyRing } from '../../src/keys/signing-keys.js'

const hour = 3_600_000
const lifetimes = { signsMs: 720 * hour, leadMs: hour, tokenMs: hour / 5 }
const start = new Date('2030-01-01T00:00:00Z')
const after = (ms: number) => new Date(start.getTime() + ms)
const first = { id: 'sig_1', signsFrom: start }
const second = { id: 'sig_2', signsFrom: after(720 * hour) }

test.each([
  ['the first key signs at once', [], start, { current: null, published: [], forgotten: [], next: start }],
  [
    'a young key needs no successor',
    [first],
    after(hour),
    { current: 'sig_1', published: ['sig_1'], forgotten: [], next: null },
  ],
  [
    'the successor is made one lead before it signs',
    [first],
    after(719 * hour),
    { current: 'sig_1', published: ['sig_1'], forgotten: [], next: after(720 * hour) },
  ],
  [
    'an instance that slept still publishes for the whole lead before it signs with a new key',
    [first],
    after(800 * hour),
    { current: 'sig_1', published: ['sig_1'], forgotten: [], next: after(801 * hour) },
  ],
  [
    'the next key is published and does not sign',
    [first, second],
    after(719.5 * hour),
    { current: 'sig_1', published: ['sig_2', 'sig_1'], forgotten: [], next: null },
  ],
  [
    'a retired key verifies while a token of it can live',
    [first, second],
    after(720.1 * hour),
    { current: 'sig_2', published: ['sig_2', 'sig_1'], forgotten: [], next: null },
  ],
  [
    'and is forgotten after that',
    [first, second],
    after(720.3 * hour),
    { current: 'sig_2', published: ['sig_2'], forgotten: ['sig_1'], next: null },
  ],
])('%s', (_name, keys, now, expected) => {
  const ring = keyRing(keys, now, lifetimes)
  expect({
    current: ring.current?.id ?? null,
    published: ring.published.map(({ id }) => id),
    forgotten: ring.forgotten.map(({ id }) => id),
    next: ring.nextSignsFrom,
  }).toEqual(expected)
})
