/**
 * What the value of a setting can be. A type is a function of the text; what it says of a bad value is a sentence that
 * follows the name of the variable and never repeats the value.
 */
import { existsSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'
import type { LimitSettings } from './limits/limit-settings.js'
import { linksBelow, pages, type Links } from './mail/links.js'
import type { MailTarget } from './mail/transport.js'
import type { BreachSource } from './passwords/breached.js'

export const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: second, m: minute, h: hour, d: day }
const unitKiB: Readonly<Record<string, number>> = { KiB: 1, MiB: 1024, GiB: 1024 * 1024 }

const positive = z.int().min(1).max(1_000_000_000)
/** What RATE_LIMITS can set. */
export const rateLimitNames = [
  'accountFailures',
  'accountMaxDelayMs',
  'networkFailures',
  'networkWindowMs',
  'signUpsPerNetwork',
  'signUpWindowMs',
  'mailRequestsPerNetwork',
  'mailRequestWindowMs',
  'mailsPerRecipient',
  'mailWindowMs',
  'passwordChoices',
  'passwordChoiceWindowMs',
  'changesPerMinute',
] as const
const rateLimitShape = z.partialRecord(z.enum(rateLimitNames), positive)

/** A type made of one function; null means that the value is not one, and the sentence says what would be. */
function parsed<Output>(sentence: string, parse: (value: string) => Output | null): z.ZodType<Output, string> {
  return z.string().transform((value, context) => {
    const output = parse(value)
    if (output !== null) return output
    context.addIssue({ code: 'custom', message: sentence })
    return z.NEVER
  })
}

export function oneOf<const Values extends readonly string[]>(values: Values): z.ZodType<Values[number], string> {
  return parsed(`must be one of: ${values.join(', ')}.`, (value) => values.find((known) => known === value) ?? null)
}

/** Separated by commas or white space. */
export function list<Output>(item: z.ZodType<Output, string>): z.ZodType<Output[], string> {
  return z.string().transform((value, context) => {
    const parts = value.split(/[\s,]+/).filter((part) => part !== '')
    const complain = (message: string) => context.addIssue({ code: 'custom', message })
    if (parts.length === 0) complain('is an empty list: unset it, or give a value.')
    return parts.map((part, index) => {
      const parsed = item.safeParse(part)
      if (parsed.success) return parsed.data
      const which = parts.length > 1 ? `entry ${index + 1} ` : ''
      complain(`${which}${parsed.error.issues[0]?.message ?? 'is not valid.'}`)
      return z.NEVER
    })
  })
}

/** What an app is signed with, as `keytool -list` shows it (SHA256: 14:6D:…); read into base64url. */
export const certificate = parsed(
  'must be a SHA-256 fingerprint: 32 bytes in hexadecimal, with or without colons.',
  (value) => (/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(value) ? fingerprint(value) : null),
)

function fingerprint(hex: string): string {
  return Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url')
}

export function whole(least: number, most: number): z.ZodType<number, string> {
  return parsed(`must be a whole number from ${least} to ${most}.`, (value) =>
    /^\d{1,9}$/.test(value) ? within(Number(value), least, most) : null,
  )
}

export function duration(leastMs: number, mostMs: number): z.ZodType<number, string> {
  const range = `from ${inWords(leastMs)} to ${inWords(mostMs)}`
  return parsed(`must be a duration ${range}, written like 10m, 14d, 30s or 250ms.`, (value) => {
    const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) ?? []
    return digits === undefined ? null : within(Number(digits) * (unitMs[unit] ?? Number.NaN), leastMs, mostMs)
  })
}

function inWords(ms: number): string {
  const [unit, size] = Object.entries(unitMs).findLast(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

export function memory(leastKiB: number, mostKiB: number): z.ZodType<number, string> {
  const least = leastKiB % 1024 === 0 ? `${leastKiB / 1024}MiB` : `${leastKiB}KiB`
  return parsed(`must be an amount of memory from ${least} to ${mostKiB / 1024}MiB, written like 19MiB.`, (value) => {
    const [, digits, unit = ''] = /^(\d{1,9}) ?(KiB|MiB|GiB)$/.exec(value) ?? []
    return digits === undefined ? null : within(Number(digits) * (unitKiB[unit] ?? Number.NaN), leastKiB, mostKiB)
  })
}

const within = (value: number, least: number, most: number): number | null =>
  value >= least && value <= most ? value : null

const urlOf = (value: string): URL | null => (URL.canParse(value) ? new URL(value) : null)

export function webUrl(production: boolean): z.ZodType<string, string> {
  const schemes = production ? ['https:'] : ['https:', 'http:']
  const sentence = `must be an ${production ? 'https' : 'http or https'} address without credentials, query or fragment.`
  return parsed(sentence, (value) => {
    const url = urlOf(value)
    if (url === null || !schemes.includes(url.protocol)) return null
    if (url.username + url.password + url.search + url.hash !== '' || /[?#]/.test(value)) return null
    return url.href.replace(/\/+$/, '')
  })
}

export const origin = parsed('must be origins like https://app.example.com, without path; * is refused.', (value) => {
  const url = urlOf(value)
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  return isWeb && (value === url.origin || value === `${url.origin}/`) ? url.origin : null
})

/** A domain in ASCII; an address of IP has no passkeys. */
export const domain = parsed('must be a domain like example.com.', (value) => {
  const host = urlOf(`https://${value}`)?.host
  return host === value && isIP(host) === 0 && !host.startsWith('[') ? value : null
})

export const network = parsed('must be IP addresses or networks like 10.0.0.0/8.', (value) => {
  const [address = '', prefix, ...rest] = value.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%') || rest.length > 0) return null
  if (prefix === undefined) return value
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128) ? value : null
})

export const mongodb = parsed<string | null>('must start with mongodb:// or mongodb+srv://.', (value) =>
  /^mongodb(\+srv)?:\/\/\S+$/.test(value) ? value : null,
)

export const secret = parsed('must be at least 32 random bytes in base64: openssl rand -base64 32', (value) => {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return null
  const bytes = Buffer.from(value, 'base64')
  // Not a measure of randomness, only a net for placeholders such as AAAA…: 32 random bytes have about 30 values.
  return bytes.length >= 32 && new Set(bytes).size >= 12 ? bytes : null
})

/** A header carries it, so it is what a header can carry; a list is split at commas and blanks. */
export function routerSecret(production: boolean): z.ZodType<string, string> {
  if (!production) return parsed('must be printable ASCII.', (value) => (/^[\x21-\x7e]+$/.test(value) ? value : null))
  // Placeholders such as xxxx… are long enough, and no secret: a random one of 32 characters has about 20 different.
  return parsed('must be at least 32 random characters of printable ASCII: openssl rand -hex 32', (value) =>
    /^[\x21-\x7e]{32,}$/.test(value) && new Set(value).size >= 8 ? value : null,
  )
}

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/

/** A file is only looked at, never loaded: the list of all breached passwords has 40 GB. */
export function breachedPasswords(mode: string, isFile: (path: string) => boolean): z.ZodType<BreachSource, string> {
  const sentence = 'must be off, the https address of a range API, or the path of a file that can be read.'
  return parsed<BreachSource>(sentence, (value) => {
    if (value === 'off') return { kind: 'off' }
    if (!value.includes('://')) return isFile(value) ? { kind: 'file', path: value } : null
    const url = urlOf(value)
    if (url === null || url.username + url.password !== '' || /[?#]/.test(value)) return null
    const isTestServer = mode === 'test' && url.protocol === 'http:' && loopback.test(url.hostname)
    if (url.protocol !== 'https:' && !isTestServer) return null
    return { kind: 'api', address: url.href.endsWith('/') ? url.href : `${url.href}/` }
  })
}

export interface SettingFile {
  readonly path: string
  readonly text: string
}

export function file(readFile: (path: string) => string): z.ZodType<SettingFile | null, string> {
  return parsed<SettingFile | null>(
    'names a file that cannot be read. Give the path of a JSON or YAML file.',
    (path) => {
      try {
        return { path, text: readFile(path) }
      } catch {
        return null
      }
    },
  )
}

export const seed = parsed<boolean>('must be "development", or unset.', (value) =>
  value === 'development' ? true : null,
)

/** An address and a name for it, as mail programs show it. No lists, no comments, nothing that could end a header. */
export const mailSender = parsed(
  'must be an address, or a name and an address: Portcullis <id@example.com>.',
  (value) => {
    const [, name = '', named, bare] =
      /^(?:([^<>"@,;:\\\p{C}]*) ?<([^\s<>@,;]+@[^\s<>@,;]+)>|([^\s<>@,;]+@[^\s<>@,;]+))$/u.exec(value) ?? []
    const address = named ?? bare
    return address === undefined ? null : { name: name.trim(), address }
  },
)

/** `file:` names a folder, for development. */
export function mailTarget(production: boolean): z.ZodType<MailTarget, string> {
  const isFar = ({ hostname }: URL) => !loopback.test(hostname)
  const sentence = production ? 'must be smtp://… or smtps://….' : 'must be smtp://…, smtps://… or file:<folder>.'
  return parsed<MailTarget>(sentence, (value) => {
    const [, path] = /^file:(?:\/\/)?(.+)$/.exec(value) ?? []
    if (path !== undefined) return production ? null : { kind: 'folder', path }
    const url = urlOf(value)
    const isSmtp = (url?.protocol === 'smtp:' || url?.protocol === 'smtps:') && url.hostname !== ''
    if (url === null || !isSmtp) return null
    // Otherwise whoever is on the way could take STARTTLS out, and read the password and the links.
    return { kind: 'smtp', url: value, requireTls: production && url.protocol === 'smtp:' && isFar(url) }
  })
}

/** The pages of links, all below one address, or each by itself; which are left out are below `base`. */
export function links(production: boolean, base: string): z.ZodType<Links, string> {
  const web = webUrl(production)
  const scheme = production ? 'https' : 'http or https'
  const sentence = `must be an ${scheme} address, or JSON that gives addresses with {token} in them to any of: ${pages.join(', ')}.`
  const page = z.string().refine((address) => {
    const url = urlOf(address.replaceAll('{token}', 'token'))
    return address.includes('{token}') && (url?.protocol === 'https:' || (!production && url?.protocol === 'http:'))
  })
  const shape = z.partialRecord(z.enum(pages), page)
  return parsed<Links>(sentence, (value) => {
    if (!value.startsWith('{')) {
      const address = web.safeParse(value)
      return address.success ? linksBelow(address.data) : null
    }
    try {
      const given = shape.safeParse(JSON.parse(value))
      return given.success ? { ...linksBelow(base), ...given.data } : null
    } catch {
      return null
    }
  })
}

export const folder = parsed<string | null>('must be the path of a folder that is there.', (path) =>
  // First, because `statSync` throws for what can be no path at all.
  existsSync(path) && statSync(path).isDirectory() ? path : null,
)

export function rateLimits(readFile: (path: string) => string): z.ZodType<Partial<LimitSettings>, string> {
  const names = rateLimitNames.join(', ')
  return parsed(
    `must be JSON, or the path of a JSON file, with whole numbers from 1 for any of: ${names}.`,
    (value) => {
      try {
        const limits = rateLimitShape.safeParse(JSON.parse(value.startsWith('{') ? value : readFile(value)))
        return limits.success ? limits.data : null
      } catch {
        return null
      }
    },
  )
}
