import { describe, expect, test } from '@jest/globals'
import { Kind, parse } from 'graphql'
import { rootFieldsOf } from '../../src/graphql/alone.js'
import { responseType } from '../../src/graphql/media-type.js'
import { headerValues, parseBearer } from '../../src/http/bearer.js'
import { clientAddress } from '../../src/http/client-address.js'
import { readCookies } from '../../src/http/cookies.js'
import { describeFault, withoutValues } from '../../src/http/log.js'
import { originFault } from '../../src/http/origin.js'

test('the root fields of a nest of spreads are counted without walking all of it', () => {
  const nest = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Mutation { ...F${i + 1} ...F${i + 1} }`)
  const { definitions } = parse(`mutation { ...F0 } ${nest.join(' ')} fragment F60 on Mutation { signIn }`)
  const [operation] = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  if (operation === undefined) throw new Error('The document has an operation.')
  const names = rootFieldsOf(operation, new Map(fragments.map((fragment) => [fragment.name.value, fragment])))
  expect(names).toEqual(['signIn', 'signIn'])
})

describe('the Authorization header', () => {
  test.each([
    ['carries a token', ['Bearer a.b-c_d.e'], { kind: 'token', token: 'a.b-c_d.e' }],
    ['has a scheme in any case (RFC 9110 §11.1)', ['bEARER abc'], { kind: 'token', token: 'abc' }],
    ['carries an API key', ['Bearer pk_01jabc_secret'], { kind: 'token', token: 'pk_01jabc_secret' }],
    ['may be absent', [], { kind: 'absent' }],
    ['is no token when empty', [''], { kind: 'malformed' }],
    ['is no token without one', ['Bearer '], { kind: 'malformed' }],
    ['is no token without a space', ['Bearer'], { kind: 'malformed' }],
    ['is no token of ours with another scheme', ['Basic dTpw'], { kind: 'malformed' }],
    ['is no token with two spaces', ['Bearer  abc'], { kind: 'malformed' }],
    ['is no token with something after it', ['Bearer abc def'], { kind: 'malformed' }],
    ['is no token with padding', ['Bearer abc='], { kind: 'malformed' }],
    ['is no token with a plus', ['Bearer ab+c'], { kind: 'malformed' }],
    ['is no token with a comma', ['Bearer abc,Bearer def'], { kind: 'malformed' }],
    ['is no token with a line break', ['Bearer abc\n'], { kind: 'malformed' }],
    ['is no token beyond 8 KB', [`Bearer ${'a'.repeat(8193)}`], { kind: 'malformed' }],
    ['may be 8 KB long', [`Bearer ${'a'.repeat(8192)}`], { kind: 'token', token: 'a'.repeat(8192) }],
    ['is no token twice, even the same', ['Bearer abc', 'Bearer abc'], { kind: 'malformed' }],
  ] as const)('%s', (_name, values, expected) => {
    expect(parseBearer(values)).toEqual(expected)
  })

  test('is read as often as it was sent, in any case', () => {
    expect(headerValues(['Host', 'a', 'AUTHORIZATION', '1', 'authorization', '2'], 'authorization')).toEqual(['1', '2'])
  })
})

describe('the Cookie header', () => {
  const access = '__Host-portcullis-access'
  const refresh = '__Host-portcullis-refresh'
  const value = (text: string) => ({ kind: 'value', value: text })
  const absent = { kind: 'absent' }
  test.each([
    ['is absent', undefined, absent, absent],
    ['has none of ours', 'a=1; b=2', absent, absent],
    ['has both among others', `a=1; ${access}=x.y.z;${refresh}=r; b=2`, value('x.y.z'), value('r')],
    ['has one twice', `${access}=x; ${access}=y`, { kind: 'ambiguous' }, absent],
    ['has one twice with the same value', `${refresh}=x; ${refresh}=x`, absent, { kind: 'ambiguous' }],
    ['has an empty one', `${access}=`, value(''), absent],
    ['has one with an equals sign', `${access}=a=b`, value('a=b'), absent],
    ['has one that looks encoded', `${access}=%2E%ZZ`, value('%2E%ZZ'), absent],
    ['has a name that only ends like ours', `x${access}=1`, absent, absent],
    ['has a name without value', access, absent, absent],
    ['has names from the prototype', `__proto__=1; ${access}=t; constructor=2`, value('t'), absent],
  ] as const)('%s', (_name, header, expectedAccess, expectedRefresh) => {
    expect(readCookies(header)).toEqual({ access: expectedAccess, refresh: expectedRefresh, device: absent })
  })
})

describe('a request that uses cookies', () => {
  const allowed = ['https://app.example']
  const csrf = { 'x-portcullis-csrf': '1' }
  test.each([
    ['posts from an allowed page with the header', 'POST', { origin: 'https://app.example', ...csrf }, false],
    ['posts without the header', 'POST', { origin: 'https://app.example' }, true],
    ['posts with an empty header', 'POST', { origin: 'https://app.example', 'x-portcullis-csrf': '' }, true],
    ['posts without an origin', 'POST', { ...csrf }, true],
    ['posts from another origin', 'POST', { origin: 'https://evil.example', ...csrf }, true],
    ['posts from an origin that starts the same', 'POST', { origin: 'https://app.example.evil', ...csrf }, true],
    ['posts from an opaque origin', 'POST', { origin: 'null', ...csrf }, true],
    ['posts with two origins', 'POST', { origin: 'https://app.example, https://evil.example', ...csrf }, true],
    ['gets from the same origin', 'GET', {}, false],
    ['gets from an allowed page', 'GET', { origin: 'https://app.example' }, false],
    ['gets from another origin', 'GET', { origin: 'https://evil.example' }, true],
  ] as const)('%s', (_name, method, headers, isRefused) => {
    expect(originFault(method, headers, allowed)).toEqual(
      isRefused ? expect.objectContaining({ kind: 'forbidden', code: 'ORIGIN_REJECTED' }) : null,
    )
  })
})

test.each([
  ['no preference', undefined, 'application/json; charset=utf-8'],
  ['anything', '*/*', 'application/json; charset=utf-8'],
  ['the new type', 'application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
  [
    'the new type first',
    'application/graphql-response+json, application/json;q=0.9',
    'application/graphql-response+json; charset=utf-8',
  ],
  ['the old type first', 'application/json, application/graphql-response+json', 'application/json; charset=utf-8'],
  ['anything but the old type', 'application/json;q=0, */*', 'application/graphql-response+json; charset=utf-8'],
  ['another charset', 'application/json; charset=utf-16', null],
  ['a page', 'text/html', null],
  ['streams', 'multipart/mixed; deferSpec=20220824', null],
  ['nothing', 'application/json;q=0', null],
] as const)('a client that accepts %s gets what it can read, or nothing runs', (_name, accept, expected) => {
  expect(responseType(accept)).toBe(expected)
})

test.each([
  ['what the proxies say', '203.0.113.9', '203.0.113.9'],
  ['an address with a port', '203.0.113.9:4711', '203.0.113.9'],
  ['an IPv6 address with a port', '[2001:db8::1]:4711', '2001:db8::1'],
  ['an IPv4 address on a dual-stack socket', '::ffff:203.0.113.9', '203.0.113.9'],
  ['the socket when it is no address', 'unknown', '192.0.2.1'],
  ['the socket when somebody made it up', '<script>', '192.0.2.1'],
  ['the socket when it is a novel', '1'.repeat(4096), '192.0.2.1'],
] as const)('a request is counted by %s', (_name, ip, expected) => {
  expect(clientAddress(ip, '192.0.2.1')).toBe(expected)
})

test('what the log may know of an error is everything but values', () => {
  const cause = new Error('E11000 duplicate key { email: "ada@example.com" } at mongodb://u:hunter2@db/x')
  const fault = describeFault(
    new Error(`Cast failed for 'hunter2' of eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.x`, { cause }),
  )
  expect(JSON.stringify(fault)).not.toMatch(/hunter2|ada@|eyJ/)
  expect(fault).toMatchObject({ name: 'Error', message: 'Cast failed for "…" of …' })
  expect(fault.at?.[0]).toMatch(/^at /)
  expect(withoutValues('Cannot read properties of undefined')).toBe('Cannot read properties of undefined')
})
