import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { parseConfig } from '../../src/config.js'
import { startPortcullis, type Portcullis, type StartOptions } from '../../src/portcullis.js'
import { testDatabaseUri } from './database.js'

/** Small enough for a test to hash in a millisecond; the production floor is refused below outside NODE_ENV=test. */
const cheapHashes = { ARGON2_MEMORY: '64KiB', ARGON2_PASSES: '1' }

/** No test is throttled unless it asks for it. */
const generousLimits = JSON.stringify({
  accountFailures: 1_000,
  networkFailures: 100_000,
  signUpsPerNetwork: 100_000,
  mailRequestsPerNetwork: 100_000,
  passwordChoices: 100_000,
  changesPerMinute: 100_000,
})

export const testOrigin = 'http://app.test'

export function testEnvironment(env: Record<string, string> = {}): Record<string, string> {
  return {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_URL: 'http://portcullis.test',
    ALLOWED_ORIGINS: testOrigin,
    MONGODB_URI: testDatabaseUri(),
    // A busy machine decides no test; whoever cuts the database off says how long that may take.
    DATABASE_TIMEOUT: (env.NODE_ENV ?? 'test') === 'test' ? '15s' : '5s',
    PORTCULLIS_SECRET: randomBytes(32).toString('base64'),
    SIGN_UP: 'open',
    MAIL_URL: `file:${join(tmpdir(), 'portcullis-test-mails')}`,
    LOG_LEVEL: 'info',
    RATE_LIMITS: generousLimits,
    ...cheapHashes,
    ...env,
  }
}

export interface TestPortcullis extends Portcullis {
  readonly env: Record<string, string>
  /** Everything that was logged so far, as text. */
  readonly logged: () => string
  readonly ask: Ask
}

/** The whole server on a random port, on a database of its own unless the environment names one. */
export async function startTestPortcullis(
  settings: Record<string, string> = {},
  options: Partial<StartOptions> = {},
): Promise<TestPortcullis> {
  const env = testEnvironment(settings)
  const lines: string[] = []
  const logger = pino({ level: env.LOG_LEVEL ?? 'info' }, { write: (line: string) => void lines.push(line) })
  const portcullis = await startPortcullis(parseConfig(env), { logger, ...options })
  return { ...portcullis, env, logged: () => lines.join(''), ask: askAt(portcullis.url) }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // Answers are read by tests that say what they expect of them.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any
  readonly errors: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[]
  readonly text: string
}

export interface AskOptions {
  readonly token?: string
  readonly variables?: Record<string, unknown>
  readonly headers?: Record<string, string>
  /** `name=value` pairs. */
  readonly cookies?: Record<string, string>
  /** As a page of the allowed origin would send it. */
  readonly browser?: boolean
}

export type Ask = (query: string, options?: AskOptions) => Promise<Answer>

export function askAt(url: string): Ask {
  return async (query, { token, variables, headers = {}, cookies, browser = cookies !== undefined } = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(browser ? { origin: testOrigin, 'x-portcullis-csrf': '1' } : {}),
        ...(cookies === undefined ? {} : { cookie: cookieHeader(cookies) }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    })
    const text = await response.text()
    const body = parse(text)
    return { status: response.status, headers: response.headers, data: body.data, errors: body.errors ?? [], text }
  }
}

function parse(text: string): { data?: unknown; errors?: Answer['errors'] } {
  try {
    return JSON.parse(text) as { data?: unknown; errors?: Answer['errors'] }
  } catch {
    return {}
  }
}

function cookieHeader(cookies: Record<string, string>): string {
  return Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
}

/** The cookies an answer sets, by name; an empty value is a cleared one. */
export function cookiesOf(answer: Answer): Record<string, string> {
  return Object.fromEntries(
    answer.headers.getSetCookie().map((cookie) => {
      const [pair = ''] = cookie.split(';')
      const equals = pair.indexOf('=')
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

/** The reason of the first error, or else its code; null when there was none. */
export function reasonOf(answer: Answer): unknown {
  const extensions = answer.errors[0]?.extensions
  return extensions === undefined ? null : (extensions.reason ?? extensions.code)
}
