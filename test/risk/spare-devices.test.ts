import { expect, test } from '@jest/globals'
import { spareDevices } from '../../src/risk/spare-devices.js'
import type { KnownDevice } from '../../src/risk/store.js'

const on = (day: number) => new Date(Date.UTC(2030, 0, day))
const device = (id: string, created: number, lastUsed = created): KnownDevice => ({
  id,
  userId: 'usr_ada',
  digest: id,
  name: 'Firefox on Linux',
  ipPrefix: null,
  createdAt: on(created),
  lastUsedAt: on(lastUsed),
  securityVersion: 1,
  failures: 0,
})
const [phone, laptop] = [device('phone', 1, 2), device('laptop', 1, 3)]
const [first, second] = [device('first', 4), device('second', 5)]

test.each([
  ['as many as there may be', [phone, laptop], 2, []],
  ['one that never came back, though it was used last', [phone, laptop, second], 2, ['second']],
  ['of those the oldest', [second, phone, first], 2, ['first']],
  ['then the one that was used longest ago', [laptop, phone, first], 1, ['first', 'phone']],
] as const)('Of devices go: %s', (_name, devices, most, gone) => {
  expect(spareDevices(devices, most).map(({ id }) => id)).toEqual(gone)
})
