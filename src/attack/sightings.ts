/** Looks over the shoulder of every check: some things may be in no answer, whatever was asked. */
import type { Answer, Client } from './client.js'

export interface Sighting {
  readonly kind: 'stack' | 'secret' | 'version'
  /** What it was and where, never the secret itself. */
  readonly what: string
}

export interface Sightings {
  /** A secret that was sent: no answer may repeat it. */
  readonly expectNowhere: (secret: string) => void
  readonly of: (kind: Sighting['kind']) => readonly string[]
  readonly answers: () => number
}

const patterns: readonly (readonly [Sighting['kind'], string, RegExp])[] = [
  ['stack', 'a stack trace', /\bat (?:[\w.<>[\] ]+ )?\(?(?:file:\/\/|node:|\/|[A-Z]:\\)[^\s)"]+:\d+:\d+/],
  ['stack', 'a list of stack frames', /"stack(?:trace)?"\s*:/],
  ['stack', 'a path of the server', /node_modules[/\\]|[/\\](?:src|dist)[/\\][\w./-]+\.[cm]?[jt]s\b/],
  ['secret', 'a password hash', /\$argon2(?:id|i|d)\$|\$2[abxy]\$\d\d\$|\$scrypt\$|\$pbkdf2/],
  ['secret', 'a private key', /-----BEGIN [A-Z ]*PRIVATE KEY|"kty"[^}]*"d"\s*:\s*"[\w-]{20,}"/],
  [
    'secret',
    'an error of the database',
    /E11000|MongoServerError|SQLSTATE|ER_DUP_ENTRY|Sequelize\w*Error|PrismaClient/,
  ],
]

export function watchAnswers(client: Client): Sightings {
  const secrets = new Set<string>()
  const seen = new Map<string, Sighting>()
  let answers = 0
  const note = (kind: Sighting['kind'], what: string) => void seen.set(`${kind} ${what}`, { kind, what })

  client.onAnswer((answer, asking) => {
    answers += 1
    // A schema describes fields such as `stack`; it has no values. What echoes a request by design has a check itself.
    if (asking.method === 'TRACE' || /"__schema"|"sdl"/.test(answer.text)) return
    const where = `in an answer with status ${answer.status}`
    for (const [kind, what, pattern] of patterns) if (pattern.test(answer.text)) note(kind, `${what} ${where}`)
    for (const secret of secrets) if (answer.text.includes(secret)) note('secret', `a password that was sent, ${where}`)
    for (const what of versionsIn(answer)) note('version', what)
  })

  return {
    expectNowhere: (secret) => void secrets.add(secret),
    of: (kind) => [...seen.values()].filter((sighting) => sighting.kind === kind).map(({ what }) => what),
    answers: () => answers,
  }
}

const telling = ['server', 'x-powered-by', 'x-aspnet-version', 'x-generator', 'via']

function versionsIn({ headers }: Answer): string[] {
  return telling.flatMap((name) => {
    const value = headers[name]
    return value === undefined ? [] : [`${name}: ${String(value).slice(0, 40)}`]
  })
}
