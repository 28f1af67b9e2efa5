import { describe, expect, test } from '@jest/globals'
import { delayAfterMs } from '../../src/limits/backoff.js'
import { networkOf } from '../../src/limits/network-of.js'
import { defaultLimits } from '../../src/limits/service.js'
import { lifetimeMs } from '../../src/one-time-tokens/service.js'

describe('the delay after failures in a row', () => {
  test.each([
    ['none at first', 0, 0],
    ['none after the fourth', 4, 0],
    ['one second after the fifth', 5, 1_000],
    ['two after the sixth', 6, 2_000],
    ['four after the seventh', 7, 4_000],
    ['32 after the tenth', 10, 32_000],
    ['a minute after the eleventh', 11, 60_000],
    ['a minute after the hundredth', 100, 60_000],
    ['a minute for as long as anybody counts', 1_000_000, 60_000],
  ])('%s', (_name, failures, expected) => {
    expect(delayAfterMs(failures, defaultLimits)).toBe(expected)
  })
})

test('whoever may have no further link to a new password has one that is good', () => {
  expect(defaultLimits.resetMailWindowMs).toBeLessThanOrEqual(lifetimeMs['password-reset'])
})

describe('the network of', () => {
  test.each([
    ['an IPv4 address is the address', '203.0.113.7', '203.0.113.7'],
    ['a mapped IPv4 address is the same one', '::ffff:203.0.113.7', '203.0.113.7'],
    ['a mapped IPv4 address in hexadecimal is the same one', '::FFFF:cb00:7107', '203.0.113.7'],
    ['a mapped IPv4 address written out is the same one', '0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['an IPv6 address is its first 64 bits', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['a neighbour in that network is the same', '2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['leading zeroes are nothing', '2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['the next network is another', '2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['the loopback address', '::1', '0:0:0:0::/64'],
    ['zeroes in front', '::1:2:3:4:5:6:7', '0:1:2:3::/64'],
    ['zeroes at the end', 'fe80::', 'fe80:0:0:0::/64'],
    ['a zone is not part of the address', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['an embedded IPv4 address that is not mapped', '64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
  ])('%s', (_name, ip, expected) => {
    expect(networkOf(ip)).toBe(expected)
  })

  test.each([
    ['nothing', ''],
    ['a name', 'localhost'],
    ['too few octets', '203.0.113'],
    ['an octet of 256', '203.0.113.256'],
    ['an octal octet', '203.0.113.07'],
    ['a list, as in X-Forwarded-For', '203.0.113.7, 10.0.0.1'],
    ['too few groups', '2001:db8:1:2:3:4:5'],
    ['too many groups', '2001:db8:1:2:3:4:5:6:7'],
    ['an abbreviation of nothing', '1:2:3:4::5:6:7:8'],
    ['two abbreviations', '2001::db8::1'],
    ['a group of five digits', '2001:db8::12345'],
    ['no hexadecimal digit', '2001:db8::g'],
    ['a lone colon', ':'],
    ['a port', '[2001:db8::1]:443'],
    ['a long text', '1'.repeat(100_000)],
  ])('%s is none', (_name, ip) => {
    expect(networkOf(ip)).toBeNull()
  })
})
