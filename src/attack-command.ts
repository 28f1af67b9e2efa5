/** `portcullis attack`: the attacks of `attack/` from a shell. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable, type Readable } from 'node:stream'
import { InvalidArgumentError, type Command } from 'commander'
import type { AttackSettings, Credentials } from './attack/attack.js'
import { checks } from './attack/checks.js'
import type { Check } from './attack/check.js'
import { defaultOperations, readOperations } from './attack/operations.js'
import { Misuse } from './attack/misuse.js'
import { printList, printReport } from './attack/report.js'
import { exitCodeOf, runAttack } from './attack/run.js'
import { resolveTarget, type Target } from './attack/target.js'
import { systemClock } from './kernel/clock.js'
import { systemRandom } from './kernel/random.js'

export interface Terminal {
  readonly output: (text: string) => void
  /** What is not the answer itself. */
  readonly warn: (text: string) => void
  readonly input: Readable
  /** Whether somebody sits at the input, who may be asked. */
  readonly canAsk: boolean
  /** Whether somebody reads what is put out. */
  readonly isTerminal: boolean
  readonly columns: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly exitWith: (code: number) => void
}

interface Options {
  readonly only?: string
  readonly list?: true
  readonly json?: true
  readonly strict?: true
  readonly email?: string
  readonly secondEmail?: string
  readonly origin?: string
  readonly patience: number
  readonly samples: number
  readonly maxRequests: number
  readonly maxSeconds: number
  readonly operations?: string
  readonly header: readonly string[]
  readonly allowRemote?: true
  readonly hostIsMine?: string
}

const notes = `
It signs up accounts of its own (attack.…@example.com) and leaves them there. Where sign-up is
closed, give the address of an account that may be tried, and its password in ATTACK_PASSWORD
(ATTACK_SECOND_PASSWORD for the second) or at the prompt. Both keep their password and profile,
and no other account is touched.

A check that cannot judge is "unsure", and one that finds nothing to attack is "n/a": neither is a
pass. The exit code is 1 when a check fails (with --strict also when one is unsure), else 0.

Examples:
  $ portcullis attack http://localhost:4000/graphql
  $ portcullis attack http://localhost:4000 --only token-alg-none,refresh-race
  $ portcullis attack https://id.example.com/graphql --allow-remote --host-is-mine id.example.com`

export function addAttackCommand(program: Command, terminal: Terminal): void {
  program
    .command('attack')
    .description('try the usual attacks on a GraphQL identity server of your own, and say what holds')
    .argument('[url]', 'its GraphQL endpoint; on this machine, unless you say twice that it is yours')
    .option('--list', 'the checks there are')
    .option('--only <checks>', 'these only, separated by commas')
    .option('--json', 'for programs')
    .option('--strict', 'an undecided check is a failure')
    .option('--email <address>', 'an account that may be tried, instead of a new one')
    .option('--second-email <address>', 'another one, whose things must stay out of reach')
    .option('--origin <origin>', 'of a page that may use cookies; else the origin of the URL')
    .option('--patience <seconds>', 'how long to wait for a token to expire or a grace to end', seconds, 0)
    .option('--samples <pairs>', 'how many pairs of sign-ins are timed', wholeNumber, 16)
    .option('--max-requests <number>', 'never more than so many', wholeNumber, 2_000)
    .option('--max-seconds <seconds>', 'never longer than so long, what --patience adds aside', seconds, 600)
    .option('--operations <file>', 'JSON: what the operations of another server are called')
    .option('--header <header>', 'sent along with everything, as `name: value`; may be repeated', collect, [])
    .option('--allow-remote', 'a server on another machine, with --host-is-mine')
    .option('--host-is-mine <host>', 'its host once more')
    .addHelpText('after', notes)
    .action(async (url: string | undefined, options: Options) => {
      if (options.list) return terminal.output(printList(checks))
      if (url === undefined) return program.error('Which server? Give the URL of its GraphQL endpoint.')
      try {
        terminal.exitWith(await attack(url, options, terminal))
      } catch (cause) {
        if (!(cause instanceof Misuse)) throw cause
        program.error(cause.message)
      }
    })
}

async function attack(url: string, options: Options, terminal: Terminal): Promise<number> {
  const { allowRemote = false, hostIsMine } = options
  const chosen = chooseChecks(options.only)
  const target = await resolveTarget(url, { allowRemote, hostIsMine })
  const report = await runAttack({
    target,
    checks: chosen,
    operations: options.operations === undefined ? defaultOperations : operationsIn(options.operations),
    settings: await settingsFrom(target, options, terminal),
    bounds: { maxRequests: options.maxRequests, maxMs: longestMs(options) },
    headers: Object.fromEntries(options.header.map(parseHeader)),
    clock: systemClock,
    random: systemRandom,
    onCheck: ({ id }) => terminal.isTerminal && !options.json && terminal.warn(`\r\u001b[K${id}…`),
  })
  const { isTerminal, columns, env } = terminal
  if (isTerminal && !options.json) terminal.warn('\r\u001b[K')
  const inColour = isTerminal && (env.NO_COLOR ?? '') === ''
  terminal.output(options.json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report, { columns, inColour }))
  return exitCodeOf(report, { strict: options.strict ?? false })
}

/** Patience is what somebody is ready to wait beside the attack; a minute more for what is forgiven at its end. */
function longestMs({ maxSeconds, patience }: Options): number {
  return (maxSeconds + patience + (patience > 0 ? 60 : 0)) * 1000
}

async function settingsFrom({ url }: Target, options: Options, terminal: Terminal): Promise<AttackSettings> {
  return {
    origin: options.origin ?? url.origin,
    patienceMs: options.patience * 1000,
    samples: options.samples,
    person: await credentialsOf(options.email, 'ATTACK_PASSWORD', terminal),
    second: await credentialsOf(options.secondEmail, 'ATTACK_SECOND_PASSWORD', terminal),
  }
}

/** Never on the command line, where every process of the machine and the history of the shell can read it. */
async function credentialsOf(
  email: string | undefined,
  variable: string,
  terminal: Terminal,
): Promise<Credentials | null> {
  if (email === undefined) return null
  const password = terminal.env[variable] ?? (terminal.canAsk ? await promptFor(email, terminal) : '')
  if (password === '') throw new Misuse(`The password of ${email} is missing: set ${variable}.`)
  return { email, password }
}

async function promptFor(email: string, { input, warn }: Terminal): Promise<string> {
  warn(`Password of ${email}: `)
  // What is typed is written nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input, output: nowhere, terminal: true })
  try {
    return await prompt.question('')
  } finally {
    prompt.close()
    warn('\n')
  }
}

function chooseChecks(only: string | undefined): readonly Check[] {
  if (only === undefined) return checks
  const names = only.split(/[\s,]+/).filter((name) => name !== '')
  const unknown = names.find((name) => !checks.some(({ id }) => id === name))
  if (unknown !== undefined) throw new Misuse(`There is no check ${unknown}; --list names them.`)
  return checks.filter(({ id }) => names.includes(id))
}

function operationsIn(path: string): ReturnType<typeof readOperations> {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return readOperations(json)
  } catch (cause) {
    if (cause instanceof Misuse) throw cause
    throw new Misuse(`${path} cannot be read as JSON.`)
  }
}

function parseHeader(header: string): [string, string] {
  const colon = header.indexOf(':')
  if (colon < 1) throw new Misuse('A header is written as `name: value`.')
  return [header.slice(0, colon).trim().toLowerCase(), header.slice(colon + 1).trim()]
}

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value]

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Not a whole number above 0.')
  return value
}

function seconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Not a number of seconds.')
  return value
}
