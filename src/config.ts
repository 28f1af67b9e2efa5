/**
 * Environment in, one frozen `Config` out. Every fault is reported at once, by the name of the variable and what to do
 * about it; a value is never repeated, because half of them are secrets.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { DomainError } from './kernel/errors.js'
import type { BreachSource } from './passwords/breached.js'
import { originsBelow } from './mfa/relying-party.js'
import { usualAnswerMs } from './mongo/faults.js'
import { loosened, type LimitSettings } from './limits/limit-settings.js'
import { linksBelow, type Links } from './mail/links.js'
import type { MailSender, MailTarget } from './mail/transport.js'
import {
  certificate,
  breachedPasswords,
  day,
  domain,
  duration,
  file,
  folder,
  hour,
  links,
  list,
  mailSender,
  mailTarget,
  memory,
  minute,
  mongodb,
  network,
  oneOf,
  origin,
  rateLimits,
  routerSecret,
  second,
  secret,
  seed,
  type SettingFile,
  webUrl,
  whole,
} from './setting-types.js'

export type Mode = 'development' | 'test' | 'production'

export interface Config {
  readonly mode: Mode
  readonly port: number
  readonly host: string
  /** Without trailing slash. Issuer, links and cookies come from here, never from a request. */
  readonly publicUrl: string
  /** The `iss` of every token: `publicUrl`. */
  readonly issuer: string
  readonly graphqlUrl: string
  readonly audience: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** The domain of passkeys (WebAuthn §4, "RP ID"). Changing it makes every passkey useless. */
  readonly passkeyRpId: string
  /** Of apps that have no page: `android:apk-key-hash:…`. */
  readonly passkeyApps: readonly string[]
  /** Addresses and networks whose `X-Forwarded-*` count; empty means nobody's. */
  readonly trustProxy: readonly string[]
  /** PEM. Null when a proxy ends TLS, or nobody does. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** Null outside production: a local database is started. */
  readonly mongodbUri: string | null
  /** How long an answer waits for the database before it is UNAVAILABLE. */
  readonly databaseTimeoutMs: number
  /** Key-encryption keys, the current one first. Empty outside production: one is created. */
  readonly secrets: readonly Buffer[]
  /** What a federation router proves itself with, the current one first. Empty: there is no router. */
  readonly routerSecrets: readonly string[]
  /** Whether the SDL that routers read has `@authenticated` and `@requiresScopes`. */
  readonly routerDirectives: boolean
  /** Null: no metrics. */
  readonly metricsPort: number | null
  /** Instead of the policy of the service; as it is written, JSON or YAML. */
  readonly policyFile: SettingFile | null
  /** Runs beside the policy, and decides nothing. */
  readonly shadowPolicyFile: SettingFile | null
  readonly signUp: 'verified' | 'open' | 'closed'
  readonly mail: {
    readonly target: MailTarget
    readonly from: MailSender
    /** A folder whose templates count before ours. */
    readonly templates: string | null
    /** Where links lead to; never taken from a request. */
    readonly links: Links
  }
  readonly accessTtlMs: number
  readonly refresh: {
    readonly idleMs: number
    readonly absoluteMs: number
    readonly graceMs: number
    readonly minAgeMs: number
  }
  readonly argon2: {
    readonly memoryKiB: number
    readonly passes: number
    readonly parallelism: number
    /** How many hashes may wait for a core. */
    readonly queue: number
  }
  /** Where passwords are looked for that were stolen elsewhere. */
  readonly breachedPasswords: BreachSource
  /** What differs from the defaults. */
  readonly rateLimits: Partial<LimitSettings>
  /** How long a stopping instance still takes requests, so that whoever routes to it can notice. */
  readonly drainDelayMs: number
  readonly signingKeys: {
    readonly algorithm: 'ES256' | 'EdDSA'
    readonly lifetimeMs: number
    readonly leadMs: number
  }
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Whether a first start makes an admin and a member. */
  readonly seed: boolean
  /** For the operator; nothing here stops the start. */
  readonly warnings: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigOptions {
  /** Reads a whole file as text; throws when it cannot. */
  readonly readFile?: (path: string) => string
  /** Whether that is a file that can be read. */
  readonly isFile?: (path: string) => boolean
}

const sandboxOrigin = 'https://studio.apollographql.com'
const knownNames = new Set(['PORTCULLIS_SECRET', 'PORTCULLIS_SEED'])

/** What the parts of the configuration read from, and where they complain. */
interface Settings {
  readonly mode: Mode
  readonly faults: string[]
  readonly warnings: string[]
  readonly given: (name: string) => string | undefined
  readonly read: <Output>(name: string, type: z.ZodType<Output, string>, fallback: NoInfer<Output>) => Output
  readonly readFile: (path: string) => string
}

/** @throws DomainError CONFIG_INVALID, one line for each fault */
export function parseConfig(env: Environment, { readFile = readText, isFile = canRead }: ConfigOptions = {}): Config {
  const settings = settingsOf(env, readFile)
  const { mode, read, faults, warnings } = settings
  const addresses = readAddresses(settings)
  const config: Config = {
    mode,
    ...addresses,
    mongodbUri: read('MONGODB_URI', mongodb, null),
    // A stopping instance waits for its answers, and for ten seconds at most.
    databaseTimeoutMs: read('DATABASE_TIMEOUT', duration(second, (mode === 'test' ? 30 : 5) * second), usualAnswerMs),
    secrets: read('PORTCULLIS_SECRET', list(secret), []),
    routerSecrets: read('ROUTER_SECRET', list(routerSecret(mode === 'production')), []),
    routerDirectives: read('ROUTER_DIRECTIVES', oneOf(['on', 'off']), 'on') === 'on',
    metricsPort: read<number | null>('METRICS_PORT', whole(0, 65_535), null),
    policyFile: read('POLICY_FILE', file(readFile), null),
    shadowPolicyFile: read('SHADOW_POLICY_FILE', file(readFile), null),
    signUp: read('SIGN_UP', oneOf(['verified', 'open', 'closed']), 'verified'),
    mail: readMail(settings, addresses.publicUrl),
    ...readLifetimes(settings),
    argon2: readArgon2(settings),
    breachedPasswords: read<BreachSource>('BREACHED_PASSWORDS', breachedPasswords(mode, isFile), usualBreaches(mode)),
    rateLimits: read('RATE_LIMITS', rateLimits(readFile), {}),
    drainDelayMs: read('DRAIN_DELAY', duration(0, 8 * second), mode === 'production' ? 3 * second : 0),
    logLevel: read('LOG_LEVEL', oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), 'info'),
    seed: read('PORTCULLIS_SEED', seed, false),
    warnings,
  }
  if (mode === 'production') refuseInProduction(config, settings)
  for (const name of Object.keys(env)) {
    // Kubernetes adds some for a service of that name (PORTCULLIS_SERVICE_HOST), so this cannot be a refusal.
    if (name.startsWith('PORTCULLIS_') && !knownNames.has(name)) warnings.push(`${name} is not a setting.`)
  }
  if (faults.length > 0) throw new DomainError('invalid', 'CONFIG_INVALID', `Configuration:\n  ${faults.join('\n  ')}`)
  return deepFreeze(config)
}

function settingsOf(env: Environment, readFile: (path: string) => string): Settings {
  const faults: string[] = []
  /** An empty value is no value: `PORT=` in a shell or a manifest means "not set". */
  const given = (name: string): string | undefined => env[name]?.trim() || undefined
  const read: Settings['read'] = (name, type, fallback) => {
    const value = given(name)
    if (value === undefined) return fallback
    const parsed = type.safeParse(value)
    if (parsed.success) return parsed.data
    faults.push(...parsed.error.issues.map(({ message }) => `${name} ${message}`))
    return fallback
  }
  const mode = read('NODE_ENV', oneOf(['development', 'test', 'production']), 'development')
  return { mode, faults, warnings: [], given, read, readFile }
}

/** What api.md says production does not start with, as far as the environment shows it. */
function refuseInProduction({ port, seed, rateLimits }: Config, { given, faults }: Settings): void {
  const required = {
    PUBLIC_URL: 'Set it to the https address that clients use.',
    MONGODB_URI: 'Set it to the replica set to use.',
    MAIL_URL: 'Set it to the mail server: smtp://user:password@host:587 or smtps://….',
    MAIL_FROM: 'Set it to the address that mails come from.',
    PORTCULLIS_SECRET: 'Set it to 32 random bytes: openssl rand -base64 32',
  }
  for (const [name, remedy] of Object.entries(required)) {
    if (given(name) === undefined) faults.push(`${name} is required in production. ${remedy}`)
  }
  if (given('TLS_CERT') === undefined && given('TRUST_PROXY') === undefined) {
    faults.push('TLS_CERT and TLS_KEY (our own TLS) or TRUST_PROXY (the proxy that ends it) must be set in production.')
  }
  if (port === 0) faults.push('PORT must be a fixed port in production, not 0.')
  for (const name of loosened(rateLimits))
    faults.push(`RATE_LIMITS ${name} may only be stricter than the default in production.`)
  if (seed) faults.push('PORTCULLIS_SEED makes accounts whose passwords are printed: unset it in production.')
}

function readAddresses(settings: Settings) {
  const { mode, read, warnings } = settings
  const port = read('PORT', whole(0, 65_535), 4000)
  const tls = readTls(settings)
  const trustProxy = read('TRUST_PROXY', list(network), [])
  if (trustProxy.some((range) => range.endsWith('/0'))) {
    warnings.push('TRUST_PROXY trusts every address: clients can then choose the address they are counted by.')
  }
  const url = webUrl(mode === 'production')
  const publicUrl = read('PUBLIC_URL', url, `${tls === null ? 'http' : 'https'}://localhost:${port}`)
  const graphqlUrl = read('GRAPHQL_URL', url, `${publicUrl}/graphql`)
  const allowedOrigins = readOrigins(settings, { port, publicUrl, graphqlUrl })
  return {
    port,
    host: read('HOST', z.string(), '127.0.0.1'),
    publicUrl,
    issuer: publicUrl,
    graphqlUrl,
    audience: read('AUDIENCE', list(z.string()), [publicUrl]),
    allowedOrigins,
    passkeyRpId: readRpId(settings, { publicUrl, allowedOrigins }),
    passkeyApps: read('PASSKEY_ANDROID_APPS', list(certificate), []).map((digest) => `android:apk-key-hash:${digest}`),
    trustProxy,
    tls,
  }
}

/** Our own origins always count: a page that we serve must be able to use us. */
function readOrigins({ mode, read, warnings }: Settings, own: { port: number; publicUrl: string; graphqlUrl: string }) {
  const ours = [own.graphqlUrl, own.publicUrl].map((url) => new URL(url).origin)
  const local = [own.port, 3000, 5173].map((port) => `http://localhost:${port}`)
  const usual = mode === 'production' ? [] : [...local, `http://127.0.0.1:${own.port}`, sandboxOrigin]
  const origins = [...new Set([...ours, ...read('ALLOWED_ORIGINS', list(origin), usual)])]
  if (mode === 'production' && origins.some((allowed) => allowed.startsWith('http:'))) {
    warnings.push('ALLOWED_ORIGINS has an http origin: whoever is on its network can act for its visitors.')
  }
  return origins
}

/** Browsers take a domain that is that of the page, or one above it; where there is no such page nobody could use one. */
function readRpId(
  { mode, read, faults, warnings }: Settings,
  { publicUrl, allowedOrigins }: { publicUrl: string; allowedOrigins: readonly string[] },
): string {
  const rpId = read('PASSKEY_RP_ID', domain, new URL(publicUrl).hostname)
  if (originsBelow(rpId, allowedOrigins).length === 0) {
    faults.push('PASSKEY_RP_ID must be the domain of one of ALLOWED_ORIGINS or of PUBLIC_URL, or one above it.')
  }
  const elsewhere = allowedOrigins.filter((allowed) => !originsBelow(rpId, [allowed]).includes(allowed))
  if (mode === 'production' && elsewhere.length > 0) {
    warnings.push('ALLOWED_ORIGINS has pages outside of PASSKEY_RP_ID, which cannot use passkeys.')
  }
  return rpId
}

function readTls({ given, faults, readFile }: Settings): Config['tls'] {
  const [cert, key] = ['TLS_CERT', 'TLS_KEY'].map((name) => {
    const path = given(name)
    try {
      return path === undefined ? null : readFile(path)
    } catch {
      faults.push(`${name} names a file that cannot be read. Give the path of a PEM file.`)
      return null
    }
  })
  if ((given('TLS_CERT') === undefined) !== (given('TLS_KEY') === undefined)) {
    faults.push('TLS_CERT and TLS_KEY belong together: set both, or neither.')
  }
  return cert && key ? { cert, key } : null
}

function readMail({ mode, read, given, warnings }: Settings, publicUrl: string): Config['mail'] {
  const production = mode === 'production'
  if (production && given('LINKS') === undefined) {
    warnings.push('LINKS is not set: links in mails lead to pages below PUBLIC_URL, and this service has none.')
  }
  return {
    target: read('MAIL_URL', mailTarget(production), { kind: 'folder', path: '.data/outbox' }),
    from: read('MAIL_FROM', mailSender, { name: 'Portcullis', address: 'portcullis@localhost' }),
    templates: read('MAIL_TEMPLATES', folder, null),
    links: read('LINKS', links(production, publicUrl), linksBelow(publicUrl)),
  }
}

function readLifetimes({ mode, read, faults }: Settings) {
  const tested = mode === 'test'
  const sessionLife = duration(tested ? 1 : 5 * minute, 400 * day)
  const refresh = {
    idleMs: read('REFRESH_IDLE', sessionLife, 14 * day),
    absoluteMs: read('REFRESH_ABSOLUTE', sessionLife, 90 * day),
    graceMs: read('REFRESH_GRACE', duration(0, 5 * minute), 30 * second),
    minAgeMs: read('REFRESH_MIN_AGE', duration(0, 5 * minute), 15 * second),
  }
  if (refresh.idleMs > refresh.absoluteMs) faults.push('REFRESH_IDLE must not exceed REFRESH_ABSOLUTE.')
  if (refresh.minAgeMs > refresh.graceMs) faults.push('REFRESH_MIN_AGE must not exceed REFRESH_GRACE.')
  const signingKeys = {
    algorithm: read('SIGNING_ALGORITHM', oneOf(['ES256', 'EdDSA']), 'ES256'),
    lifetimeMs: read('SIGNING_KEY_LIFETIME', duration(tested ? second : day, 400 * day), 30 * day),
    // Verifiers keep the key set for ten minutes: a key must have been in it that long before it signs.
    leadMs: read('SIGNING_KEY_LEAD', duration(tested ? 0 : 10 * minute, 30 * day), hour),
  }
  if (signingKeys.leadMs >= signingKeys.lifetimeMs) {
    faults.push('SIGNING_KEY_LEAD must be shorter than SIGNING_KEY_LIFETIME.')
  }
  return {
    accessTtlMs: read('ACCESS_TTL', duration(tested ? second : minute, hour), 10 * minute),
    refresh,
    signingKeys,
  }
}

function readArgon2({ mode, read, faults }: Settings): Config['argon2'] {
  const tested = mode === 'test'
  const argon2 = {
    memoryKiB: read('ARGON2_MEMORY', memory(tested ? 8 : 19 * 1024, 4 * 1024 * 1024), 19 * 1024),
    passes: read('ARGON2_PASSES', whole(tested ? 1 : 2, 64), 2),
    parallelism: read('ARGON2_PARALLELISM', whole(1, 16), 1),
    queue: read('ARGON2_QUEUE', whole(1, 100_000), 256),
  }
  if (argon2.memoryKiB < 8 * argon2.parallelism) {
    faults.push('ARGON2_MEMORY must be at least 8KiB for each lane of ARGON2_PARALLELISM (RFC 9106 §3.1).')
  }
  return argon2
}

/** Outside production no password is the business of anybody else, and the internet may be missing. */
function usualBreaches(mode: Mode): BreachSource {
  return mode === 'production' ? { kind: 'api', address: 'https://api.pwnedpasswords.com/range/' } : { kind: 'off' }
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const readText = (path: string): string => readFileSync(path, 'utf8')

function deepFreeze<Value>(value: Value): Value {
  // Views of memory cannot be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
