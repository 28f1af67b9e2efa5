import { expect, test } from '@jest/globals'
import { linksBelow } from '../../src/mail/links.js'
import { parseConfig, type Config } from '../../src/config.js'
import { DomainError } from '../../src/kernel/errors.js'

const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64')
const otherSecret = Buffer.from(Array.from({ length: 48 }, (_, index) => index * 5 + 1)).toString('base64url')

const shortSecret = Buffer.from(secret, 'base64').subarray(1).toString('base64')

const routerSecret = 'f0e1d2c3b4a5968778695a4b3c2d1e0f'

const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://id.example.com/',
  MONGODB_URI: 'mongodb://db.example.com/portcullis?replicaSet=rs',
  PORTCULLIS_SECRET: secret,
  TRUST_PROXY: '10.0.0.0/8',
  MAIL_URL: 'smtp://mail.example.com:587',
  MAIL_FROM: 'Portcullis <id@example.com>',
  LINKS: 'https://app.example.com/account',
}

const breachedSentence =
  /^BREACHED_PASSWORDS must be off, the https address of a range API, or the path of a file that can be read\./

/** The lines of the complaint, without its heading. */
function faultsOf(env: Record<string, string>, readFile?: (path: string) => string): string[] {
  try {
    parseConfig(env, readFile === undefined ? {} : { readFile })
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    expect(error).toMatchObject({
      kind: 'invalid',
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^Configuration:\n {2}/),
    })
    return error.message.split('\n  ').slice(1)
  }
  return []
}

test('development needs no setting at all', () => {
  expect(parseConfig({})).toEqual({
    mode: 'development',
    port: 4000,
    host: '127.0.0.1',
    publicUrl: 'http://localhost:4000',
    issuer: 'http://localhost:4000',
    graphqlUrl: 'http://localhost:4000/graphql',
    audience: ['http://localhost:4000'],
    drainDelayMs: 0,
    allowedOrigins: [
      'http://localhost:4000',
      'http://localhost:3000',
      'http://localhost:5173',
      'http://127.0.0.1:4000',
      'https://studio.apollographql.com',
    ],
    passkeyRpId: 'localhost',
    passkeyApps: [],
    trustProxy: [],
    tls: null,
    mongodbUri: null,
    databaseTimeoutMs: 2_000,
    secrets: [],
    routerSecrets: [],
    routerDirectives: true,
    metricsPort: null,
    policyFile: null,
    shadowPolicyFile: null,
    signUp: 'verified',
    mail: {
      target: { kind: 'folder', path: '.data/outbox' },
      from: { name: 'Portcullis', address: 'portcullis@localhost' },
      templates: null,
      links: linksBelow('http://localhost:4000'),
    },
    accessTtlMs: 600_000,
    refresh: { idleMs: 1_209_600_000, absoluteMs: 7_776_000_000, graceMs: 30_000, minAgeMs: 15_000 },
    argon2: { memoryKiB: 19_456, passes: 2, parallelism: 1, queue: 256 },
    breachedPasswords: { kind: 'off' },
    rateLimits: {},
    signingKeys: { algorithm: 'ES256', lifetimeMs: 2_592_000_000, leadMs: 3_600_000 },
    logLevel: 'info',
    seed: false,
    warnings: [],
  } satisfies Config)
})

test('production with what it requires asks for verified addresses, and accepts cookies from its own origin only', () => {
  expect(parseConfig(production)).toMatchObject({
    issuer: 'https://id.example.com',
    graphqlUrl: 'https://id.example.com/graphql',
    allowedOrigins: ['https://id.example.com'],
    signUp: 'verified',
    breachedPasswords: { kind: 'api', address: 'https://api.pwnedpasswords.com/range/' },
    secrets: [Buffer.from(secret, 'base64')],
    warnings: [],
  })
})

test('nothing in the configuration can be changed afterwards', () => {
  const config = parseConfig(production)
  expect(() => Object.assign(config, { mode: 'test' })).toThrow(TypeError)
  expect(() => Object.assign(config.refresh, { idleMs: 1 })).toThrow(TypeError)
  expect(() => Object.assign(config.allowedOrigins, ['https://evil.example'])).toThrow(TypeError)
})

test('every fault is reported at once, by the name of its variable', () => {
  const names = faultsOf({ ...production, PORT: 'http', SIGN_UP: 'no', ACCESS_TTL: '10', ALLOWED_ORIGINS: '*' }).map(
    (fault) => fault.split(' ')[0],
  )
  expect(new Set(names)).toEqual(new Set(['PORT', 'ALLOWED_ORIGINS', 'SIGN_UP', 'ACCESS_TTL']))
  expect(names).toHaveLength(4)
})

test('an empty variable is an unset one', () => {
  expect(parseConfig({ PORT: '', SIGN_UP: ' ', MONGODB_URI: '' })).toEqual(parseConfig({}))
})

test.each([
  ['a port beyond 65535', { PORT: '65536' }, /^PORT must be a whole number from 0 to 65535/],
  ['an unknown mode', { NODE_ENV: 'prod' }, /^NODE_ENV must be one of: development, test, production/],
  [
    'a public address with a query',
    { PUBLIC_URL: 'http://a.example/?x=1' },
    /^PUBLIC_URL must be an http or https address/,
  ],
  ['a public address with a password', { PUBLIC_URL: 'http://me:hunter2@a.example' }, /^PUBLIC_URL must be/],
  ['an address that is none', { GRAPHQL_URL: 'graphql' }, /^GRAPHQL_URL must be/],
  ['a database that is none', { MONGODB_URI: 'postgres://u:hunter2@db' }, /^MONGODB_URI must start with mongodb:/],
  ['a short secret', { PORTCULLIS_SECRET: 'aHVudGVyMg==' }, /^PORTCULLIS_SECRET must be at least 32 random bytes/],
  ['a secret of 31 bytes', { PORTCULLIS_SECRET: shortSecret }, /^PORTCULLIS_SECRET must be at least 32 random bytes/],
  ['a placeholder as the secret', { PORTCULLIS_SECRET: 'A'.repeat(44) }, /^PORTCULLIS_SECRET must be at least 32/],
  ['a secret that is not base64', { PORTCULLIS_SECRET: `${secret}hunter2!` }, /^PORTCULLIS_SECRET must be/],
  ['a bad second secret', { PORTCULLIS_SECRET: `${secret},hunter2` }, /^PORTCULLIS_SECRET entry 2 must be at least/],
  ['a list with nothing in it', { PORTCULLIS_SECRET: ',' }, /^PORTCULLIS_SECRET is an empty list/],
  ['any origin', { ALLOWED_ORIGINS: '*' }, /^ALLOWED_ORIGINS must be origins .*\* is refused/],
  ['an origin with a path', { ALLOWED_ORIGINS: 'https://a.example/app' }, /^ALLOWED_ORIGINS must be origins/],
  ['the null origin', { ALLOWED_ORIGINS: 'null' }, /^ALLOWED_ORIGINS must be origins/],
  ['an app by its name', { PASSKEY_ANDROID_APPS: 'com.example' }, /^PASSKEY_ANDROID_APPS must be a SHA-256/],
  ['a proxy by name', { TRUST_PROXY: 'loopback' }, /^TRUST_PROXY must be IP addresses or networks/],
  ['a network that is too wide', { TRUST_PROXY: '10.0.0.0/33' }, /^TRUST_PROXY must be/],
  ['a mail server that is none', { MAIL_URL: 'http://me:hunter2@a.example' }, /^MAIL_URL must be smtp:/],
  ['a sender who is two', { MAIL_FROM: 'a@a.example, b@b.example' }, /^MAIL_FROM must be an address/],
  ['a sender with a line of its own', { MAIL_FROM: 'A\nBcc: b <a@a.example>' }, /^MAIL_FROM must be an address/],
  ['a folder of templates that is not there', { MAIL_TEMPLATES: '/nowhere/hunter2' }, /^MAIL_TEMPLATES must be/],
  ['a folder of templates that can be no path', { MAIL_TEMPLATES: '\0hunter2' }, /^MAIL_TEMPLATES must be/],
  ['links to no web page', { LINKS: 'javascript:hunter2' }, /^LINKS must be an http or https address, or JSON/],
  ['a link without a token', { LINKS: '{"verify-email":"http://a.example/"}' }, /^LINKS must be/],
  ['a link to a page that is not known', { LINKS: '{"verify":"http://a.example/{token}"}' }, /^LINKS must be/],
  ['a duration without unit', { ACCESS_TTL: '600' }, /^ACCESS_TTL must be a duration from 1m to 1h, written like 10m/],
  ['an access token for a day', { ACCESS_TTL: '1d' }, /^ACCESS_TTL must be a duration from 1m to 1h/],
  ['an access token for a second', { ACCESS_TTL: '1s' }, /^ACCESS_TTL must be/],
  ['idle beyond absolute', { REFRESH_IDLE: '91d' }, /^REFRESH_IDLE must not exceed REFRESH_ABSOLUTE/],
  ['a minimum age beyond the grace', { REFRESH_MIN_AGE: '31s' }, /^REFRESH_MIN_AGE must not exceed REFRESH_GRACE/],
  ['a grace of an hour', { REFRESH_GRACE: '1h' }, /^REFRESH_GRACE must be a duration from 0ms to 5m/],
  ['argon2 below the floor in memory', { ARGON2_MEMORY: '18MiB' }, /^ARGON2_MEMORY must be .* from 19MiB/],
  ['argon2 in the wrong unit', { ARGON2_MEMORY: '19MB' }, /^ARGON2_MEMORY must be .* written like 19MiB/],
  ['argon2 below the floor in passes', { ARGON2_PASSES: '1' }, /^ARGON2_PASSES must be a whole number from 2/],
  ['argon2 without a lane', { ARGON2_PARALLELISM: '0' }, /^ARGON2_PARALLELISM must be a whole number from 1/],
  ['an unknown log level', { LOG_LEVEL: 'verbose' }, /^LOG_LEVEL must be one of: fatal, error/],
  ['a list of breached passwords that is not there', { BREACHED_PASSWORDS: '/nowhere/hunter2' }, breachedSentence],
  ['a folder as the list of breached passwords', { BREACHED_PASSWORDS: '/' }, breachedSentence],
  ['a breach list over http', { BREACHED_PASSWORDS: 'http://hunter2.example/range/' }, breachedSentence],
  ['a breach list over http next door', { BREACHED_PASSWORDS: 'http://127.0.0.1:1/range/' }, breachedSentence],
  ['a breach list by another protocol', { BREACHED_PASSWORDS: 'ftp://hunter2.example/range/' }, breachedSentence],
  ['a breach list with a password', { BREACHED_PASSWORDS: 'https://me:hunter2@a.example/' }, breachedSentence],
  ['a breach list with a query', { BREACHED_PASSWORDS: 'https://a.example/?key=hunter2&range=' }, breachedSentence],
  ['limits that are not JSON', { RATE_LIMITS: '{accountFailures:5}' }, /^RATE_LIMITS must be JSON/],
  ['an unknown limit', { RATE_LIMITS: '{"acountFailures":5}' }, /^RATE_LIMITS must be JSON.* any of: accountFailures/],
  ['a limit of nothing', { RATE_LIMITS: '{"accountFailures":0}' }, /^RATE_LIMITS must be JSON/],
  ['an algorithm that we do not sign with', { SIGNING_ALGORITHM: 'HS256' }, /^SIGNING_ALGORITHM must be one of: ES256/],
  ['a key that signs before verifiers know it', { SIGNING_KEY_LEAD: '9m' }, /^SIGNING_KEY_LEAD must be .* from 10m/],
  ['a lead as long as the life', { SIGNING_KEY_LEAD: '30d' }, /^SIGNING_KEY_LEAD must be shorter than/],
  ['half of a certificate', { TLS_CERT: '/nowhere/cert.pem' }, /^TLS_CERT (names a file|and TLS_KEY belong)/],
  ['a router secret with an umlaut', { ROUTER_SECRET: 'schlüsselhunter2' }, /^ROUTER_SECRET must be printable ASCII/],
  ['a list without a router secret', { ROUTER_SECRET: ' , ' }, /^ROUTER_SECRET is an empty list/],
  ['a policy that cannot be read', { POLICY_FILE: '/nowhere/hunter2.json' }, /^POLICY_FILE names a file that cannot/],
  [
    'a shadow policy that cannot be read',
    { SHADOW_POLICY_FILE: '/nowhere/hunter2.yaml' },
    /^SHADOW_POLICY_FILE names a file that cannot be read\. Give the path/,
  ],
  ['an unknown seed', { PORTCULLIS_SEED: 'demo' }, /^PORTCULLIS_SEED must be "development"/],
  ['production without address', { ...production, PUBLIC_URL: '' }, /^PUBLIC_URL is required in production/],
  [
    'production over http',
    { ...production, PUBLIC_URL: 'http://id.example.com' },
    /^PUBLIC_URL must be an https address/,
  ],
  ['production without database', { ...production, MONGODB_URI: '' }, /^MONGODB_URI is required in production/],
  [
    'production without secret',
    { ...production, PORTCULLIS_SECRET: '' },
    /^PORTCULLIS_SECRET is required .*openssl rand/,
  ],
  [
    'production without TLS',
    { ...production, TRUST_PROXY: '' },
    /^TLS_CERT and TLS_KEY \(our own TLS\) or TRUST_PROXY/,
  ],
  [
    'production with laxer limits',
    { ...production, RATE_LIMITS: '{"accountFailures": 6, "networkFailures": 50}' },
    /^RATE_LIMITS accountFailures may only be stricter/,
  ],
  [
    'production with a router secret of 31 characters',
    { ...production, ROUTER_SECRET: `${routerSecret} ${routerSecret.slice(1)}` },
    /^ROUTER_SECRET entry 2 must be at least 32 random characters .*openssl rand -hex 32/,
  ],
  [
    'production with a placeholder for a router secret',
    { ...production, ROUTER_SECRET: 'change-me'.padEnd(40, 'x').replaceAll(/[a-z]/g, 'x') },
    /^ROUTER_SECRET must be at least 32 random characters/,
  ],
  ['production on any port', { ...production, PORT: '0' }, /^PORT must be a fixed port in production/],
  [
    'production with seeded accounts',
    { ...production, PORTCULLIS_SEED: 'development' },
    /^PORTCULLIS_SEED makes accounts/,
  ],
] as const)('%s is refused in one line that says what to do', (_name, env, expected) => {
  const faults = faultsOf(env)
  expect(faults[0]).toMatch(expected)
  expect(faults.join('\n')).not.toMatch(/hunter2|aHVudGVyMg/)
  expect(faults.join('\n')).not.toContain(secret)
})

test('tests may hash cheaply and live shortly, nothing else may', () => {
  const cheap = {
    ARGON2_MEMORY: '64KiB',
    ARGON2_PASSES: '1',
    ACCESS_TTL: '1s',
    REFRESH_GRACE: '250ms',
    REFRESH_MIN_AGE: '0s',
  }
  expect(parseConfig({ ...cheap, NODE_ENV: 'test', PORT: '0' })).toMatchObject({
    argon2: { memoryKiB: 64, passes: 1 },
    accessTtlMs: 1000,
    refresh: { graceMs: 250, minAgeMs: 0 },
  })
  expect(faultsOf({ ...cheap, NODE_ENV: 'development' })).toHaveLength(3)
})

test('secrets are a list, in base64 or base64url, the current one first', () => {
  const { secrets } = parseConfig({ PORTCULLIS_SECRET: `${otherSecret},\n ${secret}` })
  expect(secrets.map((bytes) => bytes.length)).toEqual([48, 32])
})

test('router secrets are a list; only production asks that they be long', () => {
  expect(parseConfig({ ...production, ROUTER_SECRET: `${routerSecret},\n${routerSecret}2` }).routerSecrets).toEqual([
    routerSecret,
    `${routerSecret}2`,
  ])
  expect(parseConfig({ ROUTER_SECRET: 'short' }).routerSecrets).toEqual(['short'])
})

test('the policies are the text of their files, whatever is in them', () => {
  const readFile = (path: string) => `text of ${path}`
  const config = parseConfig({ POLICY_FILE: '/etc/policy.yaml', SHADOW_POLICY_FILE: 'next.json' }, { readFile })
  expect([config.policyFile, config.shadowPolicyFile]).toEqual([
    { path: '/etc/policy.yaml', text: 'text of /etc/policy.yaml' },
    { path: 'next.json', text: 'text of next.json' },
  ])
})

test.each([
  ['off', { NODE_ENV: 'production' }, { kind: 'off' }],
  ['https://mirror.example/range', {}, { kind: 'api', address: 'https://mirror.example/range/' }],
  ['https://mirror.example/range/', {}, { kind: 'api', address: 'https://mirror.example/range/' }],
  ['http://127.0.0.1:8080/', { NODE_ENV: 'test' }, { kind: 'api', address: 'http://127.0.0.1:8080/' }],
  ['/var/lib/pwned.txt', {}, { kind: 'file', path: '/var/lib/pwned.txt' }],
  ['pwned.txt', {}, { kind: 'file', path: 'pwned.txt' }],
] as const)('breached passwords are looked for where %s says', (value, env, expected) => {
  const isFile = (path: string) => path.endsWith('pwned.txt')
  const whole = 'NODE_ENV' in env && env.NODE_ENV === 'production' ? { ...production, ...env } : env
  expect(parseConfig({ ...whole, BREACHED_PASSWORDS: value }, { isFile }).breachedPasswords).toEqual(expected)
})

test.each([
  ['smtp://mail.example.com:587', {}, false],
  ['smtp://mail.example.com:587', production, true],
  ['smtp://127.0.0.1:25', production, false],
  ['smtps://mail.example.com', production, false],
])('mail by %s demands STARTTLS where it must: %#', (MAIL_URL, env, requireTls) => {
  expect(parseConfig({ ...env, MAIL_URL }).mail.target).toEqual({ kind: 'smtp', url: MAIL_URL, requireTls })
})

test('a breach list over http in a test is only one of this machine', () => {
  const env = { NODE_ENV: 'test', BREACHED_PASSWORDS: 'http://127.0.0.1.example/range/' }
  expect(faultsOf(env)[0]).toMatch(breachedSentence)
})

test('limits can be raised one by one, in place or in a file', () => {
  const files: Record<string, string> = { '/run/limits.json': '{"signUpsPerNetwork": 7}' }
  const readFile = (path: string) => files[path] ?? ''
  expect(parseConfig({ RATE_LIMITS: '{"networkFailures": 9}' }).rateLimits).toEqual({ networkFailures: 9 })
  expect(parseConfig({ RATE_LIMITS: '/run/limits.json' }, { readFile }).rateLimits.signUpsPerNetwork).toBe(7)
})

test('certificate and key are read from their files, and make https the default', () => {
  const env = { TLS_CERT: '/tls/cert', TLS_KEY: '/tls/key' }
  const config = parseConfig(env, { readFile: (path) => `PEM of ${path}` })
  expect(config.tls).toEqual({ cert: 'PEM of /tls/cert', key: 'PEM of /tls/key' })
  expect(config.issuer).toBe('https://localhost:4000')
  expect(faultsOf({ ...production, ...env, TRUST_PROXY: '' }, () => 'PEM')).toEqual([])
})

test('an unknown PORTCULLIS_ variable is a warning, because Kubernetes makes some', () => {
  const { warnings } = parseConfig({ PORTCULLIS_SERVICE_HOST: '10.0.0.1', PORTCULLIS_SERCET: 'hunter2' })
  expect(warnings).toEqual(['PORTCULLIS_SERVICE_HOST is not a setting.', 'PORTCULLIS_SERCET is not a setting.'])
})

test('trusting every address, and a cookie origin without TLS in production, are warned about', () => {
  const { warnings } = parseConfig({ ...production, TRUST_PROXY: '0.0.0.0/0', ALLOWED_ORIGINS: 'http://a.example' })
  expect(warnings).toEqual(
    [/^TRUST_PROXY/, /^ALLOWED_ORIGINS has an http/, /^ALLOWED_ORIGINS has pages outside/].map((each) =>
      expect.stringMatching(each),
    ),
  )
})
