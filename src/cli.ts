#!/usr/bin/env node
/** `portcullis`: what an operator does from a shell. Thin: each verb calls a service and prints what came of it. */
import { Command } from 'commander'
import { addAttackCommand } from './attack-command.js'
import { createApp, openDatabase, type App } from './app.js'
import { parseConfig } from './config.js'
import { explain } from './exit-reason.js'
import { describeFault } from './http/log.js'
import { addImportCommand } from './import-command.js'
import { DomainError, InvalidInput } from './kernel/errors.js'
import { addPolicyCommands } from './policy-commands.js'
import { migrateDatabase } from './portcullis.js'
import { createLogger } from './process-logger.js'
import { randomPassword } from './seed.js'
import type { FactorReset } from './users/factor-reset.js'

const program = new Command('portcullis').description('The identity subgraph. Settings come from the environment.')

program
  .command('serve', { isDefault: true })
  .description('run the service (also: node dist/main.js)')
  .action(async () => {
    await import('./main.js')
  })

program
  .command('migrate')
  .description('bring the database up to date and stop')
  .action(async () => migrateDatabase(parseConfig(process.env), { logger: createLogger('info') }))

const user = program.command('user').description('accounts')
user
  .command('create')
  .description('make an account with a random password, shown once')
  .argument('<email>')
  .option('--role <role...>', 'one or more of the policy', ['member'])
  .option('--name <name>', 'how the person is shown')
  .action(async (email: string, { role, name }: { role: string[]; name?: string }) => {
    const password = randomPassword()
    const [made] = await withApp(async ({ accounts, policy }) => {
      const unknown = role.filter((each) => !policy.roles.has(each))
      if (unknown.length > 0) throw new InvalidInput({ role: `There is no role ${unknown.join(', ')}.` })
      return accounts.provision([{ email, password, displayName: name, roles: role }])
    })
    print(`${made?.id} ${made?.email}\npassword: ${password}\nIt is not shown again.`)
  })

user
  .command('reset-authenticators')
  .description(
    'remove all second factors of somebody who has lost them, forget the devices, end the sessions; make sure who asks',
  )
  .argument('<email>')
  .action(async (email: string) => {
    const done = await withApp(({ factorReset }) => factorReset.reset(email).catch(unknownOutcome))
    if (done !== null) return print(resetReport(done))
    tellUnknown()
  })

user
  .command('change-email')
  .description(
    'give an account another address, for somebody who has lost the old one; ends sessions and password, and mails a link for a new one there; make sure who asks, and of the spelling',
  )
  .argument('<email>')
  .argument('<new-email>')
  .option('--reset-authenticators', 'remove all second factors, too: a thief may have added a passkey', false)
  .action(async (email: string, newEmail: string, options: { resetAuthenticators: boolean }) => {
    const withoutFactors = options.resetAuthenticators
    const done = await withApp(({ accounts }) =>
      accounts.assignEmail({ email, newEmail, withoutFactors }).catch(unknownOutcome),
    )
    if (done !== null) return print(assignedReport(done))
    tellUnknown('; where there is no account with the old address any more, it has')
  })

addImportCommand(user, {
  output: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
  input: process.stdin,
  screen: process.stderr,
  isTerminal: process.stderr.isTTY,
  // Standard output is for the report, which a program may read.
  withApp: (work) => withApp(work, (line) => process.stderr.write(`${line}\n`)),
  exitWith: (code) => {
    process.exitCode = code
  },
})

addPolicyCommands(
  program,
  (text) => process.stdout.write(text),
  (text) => process.stderr.write(text),
)

addAttackCommand(program, {
  output: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
  input: process.stdin,
  canAsk: process.stdin.isTTY && process.stderr.isTTY,
  isTerminal: process.stdout.isTTY && process.stderr.isTTY,
  columns: process.stdout.columns ?? 80,
  env: process.env,
  exitWith: (code) => {
    process.exitCode = code
  },
})

const keys = program.command('keys').description('signing keys and data keys')
keys
  .command('reseal')
  .description('seal all keys under the first PORTCULLIS_SECRET, so that the others can be dropped')
  .action(async () => {
    const { database, keys } = await openDatabase({ config: parseConfig(process.env), onStep: print })
    try {
      print(`${await keys.reseal()} keys sealed under the first secret`)
    } finally {
      await database.close()
    }
  })

await program.parseAsync().catch((cause: unknown) => {
  process.stderr.write(`${explain(cause)}\n`)
  process.exitCode = 1
})

async function withApp<Result>(work: (app: App) => Promise<Result>, say: (line: string) => void = print) {
  const onFault = (cause: unknown) => say(JSON.stringify(describeFault(cause)))
  const app = await createApp({ config: parseConfig(process.env), cores: 1, onFault, onOutage: onFault, onStep: say })
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}

/** Null for a commit whose answer was lost: it may have happened. */
function unknownOutcome(cause: unknown): null {
  if (cause instanceof DomainError && cause.kind === 'unavailable') return null
  throw cause
}

function tellUnknown(hint = ''): void {
  process.stderr.write(`It is not known whether it happened; run it again${hint}.\n`)
  process.exitCode = 1
}

function resetReport({ userId, status, hasPassword }: FactorReset): string {
  const password = hasPassword
    ? 'the password is enough to sign in'
    : 'no password works until a new one is set by mail'
  const suspended = status === 'suspended' ? ', and the account is suspended' : ''
  return `${userId} has no second factor any more: ${password}${suspended}.`
}

function assignedReport({ userId, hasFactors }: { userId: string; hasFactors: boolean }): string {
  const ended = 'All sessions and the password have ended; the service mails a link for a new one there.'
  const left = hasFactors ? '\nThe second factors stay, and a passkey signs in by itself: --reset-authenticators.' : ''
  return `${userId} has that address now. ${ended}${left}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
