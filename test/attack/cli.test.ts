import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { Command, CommanderError } from 'commander'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { addAttackCommand, type Terminal } from '../../src/attack-command.js'
import { checks } from '../../src/attack/checks.js'
import { startServerProcess, type ServerProcess } from '../support/server-process.js'
import { testOrigin } from '../support/portcullis.js'
import { signUp } from '../support/people.js'
import { startNaiveServer } from './naive-server.js'

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')

jest.setTimeout(180_000)

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess({
    RATE_LIMITS: JSON.stringify({ networkFailures: 100_000, signUpsPerNetwork: 100_000, changesPerMinute: 100_000 }),
  })
})
afterAll(async () => {
  server.signal('SIGTERM')
  await server.exited
})

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The command as it was built, in a process of its own. */
function builtCommand(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'attack', ...args], { env: { PATH: process.env.PATH } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

/** The same command here, where it does not have to be loaded anew each time. */
async function attack(args: readonly string[], { env = {}, ...screen }: Partial<Terminal> = {}): Promise<Ran> {
  let [code, out, err] = [0, '', '']
  const program = new Command().exitOverride().configureOutput({ writeErr: (text) => (err += text) })
  addAttackCommand(program, {
    output: (text) => (out += text),
    warn: (text) => (err += text),
    input: Readable.from([]),
    canAsk: false,
    isTerminal: false,
    columns: 80,
    env,
    exitWith: (given) => (code = given),
    ...screen,
  })
  await program.parseAsync(['attack', ...args], { from: 'user' }).catch((cause: unknown) => {
    if (!(cause instanceof CommanderError)) throw cause
    code = cause.exitCode
  })
  return { code, out, err }
}

test('the built command finds nothing to fail in the built server', async () => {
  const { code, out, err } = await builtCommand(server.url, '--json', '--samples', '3', '--origin', testOrigin)
  expect(err).toBe('')
  const report = JSON.parse(out)
  expect(report.results.filter(({ outcome }: { outcome: string }) => outcome === 'fail')).toEqual([])
  expect([code, report.version, report.target]).toEqual([0, 1, `${server.url}/graphql`])
  expect(Object.keys(report)).toEqual(['version', 'target', 'requests', 'seconds', 'summary', 'results'])
  expect(Object.keys(report.results[0])).toEqual([
    'check',
    'area',
    'title',
    'outcome',
    'detail',
    'reason',
    'remedy',
    'references',
  ])
  expect(report.results).toHaveLength(checks.length)
  expect(report.requests).toBeGreaterThan(300)
})

test('a defect is exit code 1, with what, why, remedy and reference; an undecided check only with --strict', async () => {
  const naive = await startNaiveServer(['takes-alg-none'])
  const failed = await attack([naive.url, '--only', 'token-alg-none,token-kid'])
  expect([failed.code, failed.out]).toEqual([
    1,
    expect.stringContaining('FAIL   A token without a signature is refused'),
  ])
  expect(failed.out).toMatch(/alg "none"[^]*Why: [^]*Do: [^]*See: RFC 8725[^]*Again: --only token-alg-none/)
  expect(failed.out).toContain('1 passed, 1 failed')
  const bounded = ['--only', 'token-kid', '--max-requests', '3']
  expect((await attack([naive.url, ...bounded])).code).toBe(0)
  expect((await attack([naive.url, ...bounded, '--strict'])).code).toBe(1)
  await naive.close()
})

test('accounts that were given are used, and their passwords come from the environment', async () => {
  const [ada, eve] = [await signUp(server.ask), await signUp(server.ask)]
  const args = [server.url, '--email', ada.email, '--second-email', eve.email]
  const only = ['--only', 'foreign-objects,sign-up-race,password-change-sessions', '--json']
  const env = { ATTACK_PASSWORD: ada.password, ATTACK_SECOND_PASSWORD: eve.password }
  const { out } = await attack([...args, ...only], { env })
  const outcomes = JSON.parse(out).results.map(({ check, outcome }: Record<string, string>) => [check, outcome])
  expect(Object.fromEntries(outcomes)).toEqual({
    'foreign-objects': 'pass',
    'sign-up-race': 'pass',
    'password-change-sessions': 'not-applicable',
  })
  expect(out).not.toContain(ada.password)
  const without = await attack([...args, ...only])
  expect([without.code, without.err.trim()]).toEqual([
    1,
    `The password of ${ada.email} is missing: set ATTACK_PASSWORD.`,
  ])
})

test('the operations of another server are named in a file', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'operations.json')
  writeFileSync(path, JSON.stringify({ refresh: 'renew(token: $refreshToken) { tokens { accessToken } }' }))
  const { out } = await attack([server.url, '--only', 'refresh-race', '--json', '--operations', path])
  expect(JSON.parse(out).results[0]).toMatchObject({ outcome: 'not-applicable', detail: 'There is no such refresh.' })
  writeFileSync(path, JSON.stringify({ login: 'login' }))
  expect((await attack([server.url, '--operations', path])).err).toMatch(/^"login" is no operation: there are signUp, /)
})

test.each([
  ['no URL', [], /^Which server\?/],
  ['another machine', ['http://203.0.113.5/graphql'], /^203\.0\.113\.5 is not this machine\./],
  ['a check that is none', ['http://localhost:1', '--only', 'nonsense'], /^There is no check nonsense/],
  ['a number that is none', ['http://localhost:1', '--samples', '0'], /Not a whole number above 0/],
])('%s is code 1 and one line', async (_name, args, message) => {
  const { code, out, err } = await attack(args)
  expect([code, out, err.trim().split('\n').length]).toEqual([1, '', 1])
  expect(err).toMatch(message)
})

test('--list names every check', async () => {
  const { code, out } = await attack(['--list'])
  expect([
    code,
    out
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ]).toEqual([0, checks.map(({ id }) => id)])
})

test('colour is for terminals, and for those who want it', async () => {
  const naive = await startNaiveServer()
  const run = (screen: Partial<Terminal>) => attack([naive.url, '--only', 'introspection'], screen)
  const [piped, shown, plain] = [
    await run({}),
    await run({ isTerminal: true }),
    await run({ isTerminal: true, env: { NO_COLOR: '1' } }),
  ]
  await naive.close()
  expect([piped, shown, plain].map(({ out }) => out.includes('\u001b['))).toEqual([false, true, false])
  expect([piped.err, shown.err.includes('introspection…')]).toEqual(['', true])
})

test('patience is granted beside the longest time', async () => {
  const naive = await startNaiveServer([], { ttlSeconds: 4 })
  const { out } = await attack([naive.url, '--only', 'token-expired', '--patience', '8', '--max-seconds', '1'])
  await naive.close()
  expect(out).toContain('1 passed')
})

test('a password is asked for at a terminal, and is not shown', async () => {
  const input = new PassThrough()
  setTimeout(() => input.write('the password\n'), 50)
  const naive = await startNaiveServer()
  const ada = { email: 'ada@example.com', password: 'the password' }
  await naive.identity.signUp(ada, naive.origin)
  const args = [naive.url, '--only', 'token-claims', '--email', ada.email]
  const atTerminal = { input, isTerminal: true, env: { NO_COLOR: '1' } }
  // Where nobody sits at the input, nobody is asked.
  expect((await attack(args, atTerminal)).err).toContain('set ATTACK_PASSWORD')
  const { code, out, err } = await attack(args, { ...atTerminal, canAsk: true })
  await naive.close()
  expect([code, err.startsWith('Password of ada@example.com: '), (out + err).includes(ada.password)]).toEqual([
    0,
    true,
    false,
  ])
  expect(out).toContain('1 passed')
})
