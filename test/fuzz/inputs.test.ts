import { randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import {
  anything,
  array,
  constant,
  constantFrom,
  integer,
  jsonValue,
  mapToConstant,
  nat,
  oneof,
  record,
  string,
  stringify,
  tuple,
  uniqueArray,
  type Arbitrary,
} from 'fast-check'
import { parseConfig } from '../../src/config.js'
import { connectionOf, pageOf } from '../../src/graphql/paging.js'
import { parseBearer } from '../../src/http/bearer.js'
import { accessCookie, readCookies } from '../../src/http/cookies.js'
import { DomainError } from '../../src/kernel/errors.js'
import { isId, newId } from '../../src/kernel/ids.js'
import { systemRandom } from '../../src/kernel/random.js'
import { formatRefreshToken, newSecret, parseRefreshToken } from '../../src/sessions/refresh-token.js'
import { keyIdOf } from '../../src/tokens/access-token-shape.js'
import { displayNameFault, normaliseDisplayName } from '../../src/users/display-name.js'
import { emailIdentifier, normaliseEmail } from '../../src/users/email-address.js'
import { claim } from './finding.js'

const anyText = oneof(string({ unit: 'binary' }), string({ unit: 'grapheme' }), string({ unit: 'binary-ascii' }))

describe('Settings', () => {
  const names = [
    'NODE_ENV',
    'PORT',
    'HOST',
    'PUBLIC_URL',
    'GRAPHQL_URL',
    'AUDIENCE',
    'ALLOWED_ORIGINS',
    'TRUST_PROXY',
    'TLS_CERT',
    'TLS_KEY',
    'MONGODB_URI',
    'PORTCULLIS_SECRET',
    'ROUTER_SECRET',
    'METRICS_PORT',
    'POLICY_FILE',
    'SIGN_UP',
    'MAIL_URL',
    'MAIL_FROM',
    'MAIL_TEMPLATES',
    'LINKS',
    'LOG_LEVEL',
    'REFRESH_IDLE',
    'REFRESH_ABSOLUTE',
    'REFRESH_GRACE',
    'ACCESS_TTL',
    'SIGNING_KEY_LEAD',
    'DRAIN_DELAY',
    'RATE_LIMITS',
    'ARGON2_MEMORY',
    'ARGON2_PASSES',
    'ARGON2_PARALLELISM',
    'PORTCULLIS_SEED',
    'PORTCULLIS_OTHER',
  ]
  const mark = 'hunter2'
  const value = oneof(
    anyText.map((text) => `${mark}${text}`),
    anyText.map((text) => `${text}${mark}`),
    tuple(integer(), constantFrom('ms', 's', 'm', 'h', 'd', 'KiB', 'GiB', '')).map(([size, unit]) => `${size}${unit}`),
    constantFrom(
      'production',
      'test',
      'development',
      'open',
      'on',
      '[::1]/129',
      'https://a.example',
      '*',
      '10.0.0.0/8',
    ),
    jsonValue().map((value) => JSON.stringify(value)),
  )
  const environments = array(tuple(constantFrom(...names), value)).map((entries) => Object.fromEntries(entries))
  const noFile = (): never => {
    throw new Error('ENOENT')
  }

  test('whatever they are, there is a configuration or one error that lists all faults and repeats no value', () => {
    claim<Record<string, string>, typeof parseConfig>({
      inputs: environments,
      holds(parse, env) {
        try {
          expect(Object.isFrozen(parse(env, { readFile: noFile }))).toBe(true)
        } catch (cause) {
          expect(cause).toBeInstanceOf(DomainError)
          const { code, message } = cause as DomainError
          expect([code, message.includes(mark)]).toEqual(['CONFIG_INVALID', false])
          // Each fault is also there without the others: nothing is found only once something else was mended.
          for (const [name, value] of Object.entries(env)) {
            if (name !== 'NODE_ENV' && hasFault(parse, name, value, env.NODE_ENV))
              expect(message).toContain(`\n  ${name} `)
          }
        }
      },
      real: parseConfig,
      naive(env, options) {
        try {
          return parseConfig(env, options)
        } catch (cause) {
          const { message } = cause as DomainError
          throw new DomainError('invalid', 'CONFIG_INVALID', message.replaceAll('must be', `is ${env.PORT}, must be`))
        }
      },
      runs: 60,
    })
  })

  function hasFault(parse: typeof parseConfig, name: string, value: string, mode: string | undefined): boolean {
    try {
      parse({ ...(mode === undefined ? {} : { NODE_ENV: mode }), [name]: value }, { readFile: noFile })
      return false
    } catch (cause) {
      return (cause as DomainError).message.includes(`\n  ${name} `)
    }
  }

  const floors = record({
    ARGON2_MEMORY: integer({ min: 1, max: 40 }).map((size) => `${size}MiB`),
    ARGON2_PASSES: integer({ min: 0, max: 4 }).map(String),
    ACCESS_TTL: integer({ min: 0, max: 7_200 }).map((seconds) => `${seconds}s`),
    REFRESH_IDLE: integer({ min: 0, max: 900 }).map((seconds) => `${seconds}s`),
  })

  test('in production nothing goes below its floor', () => {
    claim<Record<string, string>, 'production' | 'test'>({
      inputs: floors,
      holds(mode, env) {
        const production = { PUBLIC_URL: 'https://id.example', MONGODB_URI: 'mongodb://db', TRUST_PROXY: '10.0.0.0/8' }
        const PORTCULLIS_SECRET = randomBytes(32).toString('base64')
        try {
          const { argon2, accessTtlMs, refresh } = parseConfig({
            NODE_ENV: mode,
            ...production,
            PORTCULLIS_SECRET,
            ...env,
          })
          expect(argon2.memoryKiB).toBeGreaterThanOrEqual(19 * 1024)
          expect(argon2.passes).toBeGreaterThanOrEqual(2)
          expect(accessTtlMs).toBeGreaterThanOrEqual(60_000)
          expect(accessTtlMs).toBeLessThanOrEqual(3_600_000)
          expect(refresh.idleMs).toBeGreaterThanOrEqual(300_000)
        } catch (cause) {
          if (!(cause instanceof DomainError)) throw cause
        }
      },
      real: 'production',
      naive: 'test',
      runs: 100,
    })
  })
})

/** A text, and the same with one place of it changed, cut or lengthened. */
function mutated(good: string): Arbitrary<string> {
  const character = oneof(
    string({ minLength: 1, maxLength: 1, unit: 'binary-ascii' }),
    mapToConstant({ num: 64, build: (n) => String.fromCharCode(64 + n) }),
  )
  const change = (at: number, text: string): string[] => [
    good.slice(0, at) + text + good.slice(at + 1),
    good.slice(0, at) + text + good.slice(at),
    good.slice(0, at) + good.slice(at + 1),
    good.slice(0, at),
    good + text,
  ]
  return tuple(nat(good.length), character, nat(4)).map(([at, text, how]) => change(at, text)[how] ?? good)
}

describe('Tokens', () => {
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'sig_1' })).toString('base64url')
  const access = `${header}.${Buffer.from('{"sub":"usr_1"}').toString('base64url')}.${randomBytes(64).toString('base64url')}`
  const parts = {
    sessionId: newId('ses', systemRandom),
    familySecret: newSecret(systemRandom),
    tokenSecret: newSecret(systemRandom),
  }
  const refreshToken = formatRefreshToken(parts)

  test('a refresh token is read as what it was made of, or not at all', () => {
    claim<string, typeof parseRefreshToken>({
      inputs: oneof(mutated(refreshToken), anyText, constant(refreshToken)),
      holds(parse, presented) {
        const read = parse(presented)
        if (read !== null) expect(formatRefreshToken(read)).toBe(presented)
        if (presented === refreshToken) expect(read).toEqual(parts)
      },
      real: parseRefreshToken,
      naive(presented) {
        const [sessionId = '', familySecret = '', tokenSecret = ''] = presented.trim().split('.')
        return tokenSecret === '' ? null : { sessionId, familySecret, tokenSecret }
      },
    })
  })

  test('of a secret there is one spelling only: no two texts are the same bytes', () => {
    claim<string, (text: string) => boolean>({
      inputs: mutated(refreshToken),
      holds(accepts, presented) {
        const bytesOf = (text: string) => {
          const [id, ...secrets] = text.split('.')
          return [id, ...secrets.map((secret) => Buffer.from(secret, 'base64url').toString('hex'))].join()
        }
        if (presented !== refreshToken && accepts(presented)) expect(bytesOf(presented)).not.toBe(bytesOf(refreshToken))
      },
      real: (text) => parseRefreshToken(text) !== null,
      naive: (text) => text.split('.').length === 3,
    })
  })

  test('an access token that has the shape of one has one spelling', () => {
    claim<string, typeof keyIdOf>({
      inputs: oneof(mutated(access), anyText, constant(access)),
      holds(keyId, presented) {
        const bytesOf = (text: string) => {
          const [id, ...secrets] = text.split('.')
          return [id, ...secrets.map((secret) => Buffer.from(secret, 'base64url').toString('hex'))].join()
        }
        if (presented !== access && keyId(presented) !== null) expect(bytesOf(presented)).not.toBe(bytesOf(access))
        if (presented === access) expect(keyId(presented)).toBe('sig_1')
      },
      real: keyIdOf,
      naive: (token) => (token.split('.').length === 3 && token.startsWith(header.slice(0, 8)) ? 'sig_1' : null),
    })
  })

  test('a header is a token of one alphabet, or malformed, and never absent', () => {
    const values = array(oneof(anyText, mutated(`Bearer ${access}`), constant(`Bearer ${access}`)), {
      minLength: 1,
      maxLength: 3,
    })
    claim<string[], typeof parseBearer>({
      inputs: values,
      holds(parse, given) {
        const read = parse(given)
        expect(read.kind).not.toBe('absent')
        if (read.kind !== 'token') return
        expect(given).toHaveLength(1)
        expect(`bearer ${read.token}`).toBe(given[0]?.replace(/^bearer/i, 'bearer'))
        expect(read.token).toMatch(/^[\w.-]+$/)
      },
      real: parseBearer,
      naive(values) {
        const [, token] = /^bearer\s+(\S+)/i.exec(values[0] ?? '') ?? []
        return token === undefined ? { kind: 'malformed' } : { kind: 'token', token }
      },
    })
  })

  test('a cookie counts under exactly its own name, and twice is ambiguous', () => {
    const blank = constantFrom('', ' ', '\t', '\u00a0', '\u2003', '\v')
    const name = oneof(
      constant(accessCookie),
      mutated(accessCookie),
      tuple(blank, blank).map(([one, other]) => one + accessCookie + other),
    )
    claim<[string, string][], typeof readCookies>({
      inputs: array(tuple(name, constantFrom('a', 'b.c', ''))),
      holds(read, pairs) {
        const own = pairs.filter(
          ([name]) => name.replace(/^[ \t]+|[ \t]+$/g, '') === accessCookie && !name.includes(';'),
        )
        const isOdd = pairs.some(([name]) => /[;=]/.test(name))
        if (isOdd) return
        const { access } = read(pairs.map(([name, value]) => `${name}=${value}`).join(';'))
        expect(access.kind).toBe(own.length === 0 ? 'absent' : own.length === 1 ? 'value' : 'ambiguous')
      },
      real: readCookies,
      naive(cookies) {
        const found = (cookies ?? '').split(';').filter((pair) => pair.split('=')[0]?.trim() === accessCookie)
        const kind = found.length === 0 ? 'absent' : 'ambiguous'
        const absent = { kind: 'absent' } as const
        return { access: found.length === 1 ? { kind: 'value', value: '' } : { kind }, refresh: absent, device: absent }
      },
    })
  })
})

describe('E-mail addresses', () => {
  const letters = oneof(
    string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    constantFrom('J\u030c', 'İ', 'ß', 'ﬃ', 'ς', 'Ω', 'K', 'Å'),
  )
  const addresses = tuple(letters, letters).map(([local, domain]) => `${local}@${domain}.example`)
  const spellings = [
    (text: string) => text.toUpperCase(),
    (text: string) => text.toLowerCase(),
    (text: string) => text.normalize('NFD'),
    (text: string) => text.normalize('NFC'),
    (text: string) => `  ${text}\n`,
  ]

  test('have one spelling that stays itself, is what mail can carry, and has one identity', () => {
    const key = Buffer.alloc(32, 3)
    claim<string, typeof normaliseEmail>({
      inputs: oneof(addresses, anyText),
      holds(normalise, raw) {
        const once = normalise(raw)
        if (once === null) return
        expect(normalise(once)).toBe(once)
        expect(once).toBe(once.normalize('NFC').toLowerCase())
        expect(once).toMatch(/^[^\s@,<>"]+@[a-z0-9.-]+$/)
        for (const spell of [spellings[2], spellings[3], spellings[4]]) {
          const other = normalise(spell?.(raw) ?? '')
          expect(other === null ? null : emailIdentifier(key, other)).toBe(emailIdentifier(key, once))
        }
      },
      real: normaliseEmail,
      naive: (raw) => (raw.includes('@') ? raw.trim().normalize('NFC').toLowerCase() : null),
      runs: 2_000,
    })
  })

  test('in ASCII are the same in capitals and without', () => {
    const ascii = tuple(
      string({ minLength: 1, maxLength: 9, unit: 'binary-ascii' }),
      constantFrom('example.com', 'Mail.Example'),
    )
    claim<string, typeof normaliseEmail>({
      inputs: ascii.map(([local, domain]) => `${local}@${domain}`),
      holds(normalise, raw) {
        expect(normalise(raw.toUpperCase())).toBe(normalise(raw.toLowerCase()))
      },
      real: normaliseEmail,
      naive: (raw) => raw.trim(),
    })
  })
})

describe('Names, ids and pages', () => {
  test('a display name that is taken can be seen, stays itself, and has nothing that reorders or hides', () => {
    claim<string, (raw: string) => string | null>({
      inputs: anyText,
      holds(fault, raw) {
        const said = fault(raw)
        if (raw.length > 20 && said !== null) expect(said).not.toContain(raw)
        if (said !== null) return
        const name = normaliseDisplayName(raw)
        expect(fault(name)).toBeNull()
        expect(normaliseDisplayName(name)).toBe(name)
        expect(name).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u200b]/u)
        expect(name.length).toBeGreaterThan(0)
      },
      real: displayNameFault,
      naive: (raw) => (raw.trim() === '' || raw.length > 100 ? 'No name.' : null),
    })
  })

  test('an id is of its noun and of its length', () => {
    const good = newId('usr', systemRandom)
    claim<unknown, (value: string) => boolean>({
      inputs: oneof(mutated(good), anyText, constant(good), constant(newId('ses', systemRandom))),
      holds(accepts, value) {
        if (accepts(String(value))) expect(value).toMatch(/^usr_[0-9a-z]{26}$(?!\n)/)
        if (value === good) expect(accepts(good)).toBe(true)
      },
      real: (value) => isId('usr', value),
      naive: (value) => value.startsWith('usr_'),
    })
  })

  test('a cursor leads to where it was given for, and whatever else is refused', () => {
    const item = { id: newId('usr', systemRandom), createdAt: new Date(1_900_000_000_000) }
    const { pageInfo } = connectionOf([item], { after: null, hasNextPage: false, totalCount: 1 })
    const good = pageInfo.endCursor ?? ''
    const cursors = oneof(
      mutated(good),
      anyText,
      anything().map((each) => stringify(each)),
      constant(good),
    )
    claim<{ after: string; first: number }, typeof pageOf>({
      inputs: record({ after: cursors, first: oneof(integer(), constantFrom(1, 20, 100)) }),
      holds(page, args) {
        try {
          const { first, after } = page(args, {})
          expect(first >= 1 && first <= 100).toBe(true)
          expect(after?.id).toMatch(/^[a-z]{3}_[0-9a-z]{26}$/)
          expect(Number.isNaN(after?.createdAt.getTime())).toBe(false)
        } catch (cause) {
          if (!(cause instanceof DomainError)) throw cause
          expect([cause.kind, args.after === good && args.first >= 1 && args.first <= 100]).toEqual(['invalid', false])
          if (args.after.length > 20) expect(JSON.stringify(cause.details)).not.toContain(args.after)
        }
      },
      real: pageOf,
      naive({ first, after }) {
        const [time, id = ''] = Buffer.from(after ?? '', 'base64url')
          .toString()
          .split(' ')
        return { first: first ?? 20, after: { createdAt: new Date(Number(time)), id } }
      },
    })
  })

  test('no two ids are the same', () => {
    claim<number[], () => string>({
      inputs: uniqueArray(nat(), { minLength: 2, maxLength: 20 }),
      holds(make, { length }) {
        expect(new Set(Array.from({ length }, make)).size).toBe(length)
      },
      real: () => newId('usr', systemRandom),
      naive: () => newId('usr', (size) => Buffer.alloc(size)),
      runs: 100,
    })
  })
})
