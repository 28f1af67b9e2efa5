/** `portcullis user import`: people of another system, from a shell. */
import { open, type FileHandle } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { Presets, SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import type { App } from './app.js'
import { explain } from './exit-reason.js'
import { NotJsonLines, type ImportCounts } from './import/service.js'
import { systemClock } from './kernel/clock.js'

export interface ImportTerminal {
  readonly output: (text: string) => void
  /** Faults, and what else is not the report. */
  readonly warn: (text: string) => void
  /** Read where the file is `-`. */
  readonly input: Readable
  /** Where the progress is shown. */
  readonly screen: Writable
  readonly isTerminal: boolean
  readonly withApp: (work: (app: Pick<App, 'imports'>) => Promise<ImportCounts>) => Promise<ImportCounts>
  readonly exitWith: (code: number) => void
}

interface Options {
  readonly dryRun?: boolean
  readonly json?: boolean
}

const exitCodes = { allIn: 0, someFaulty: 1, misuse: 2, stopped: 3 } as const

/** The report names so many; all of them are on standard error. */
const reportedFaults = 1_000

const notes = `
One JSON object a line: email (required), emailVerified, displayName, roles (default ["member"]),
attributes, createdAt (RFC 3339), passwordHash (argon2, bcrypt, or scrypt and PBKDF2 in PHC form).
docs/moving-users-in.md has the exports of other systems.

It can be run again: whoever is there already stays as they are. Of a line that is faulty the
number and the reason go to standard error, and all others are added.

Exit code: 0 all are in, 1 some lines were faulty and all others are in, 2 the file is missing or
not JSON Lines, 3 stopped before the end (run it again).`

export function addImportCommand(user: Command, terminal: ImportTerminal): void {
  user
    .command('import')
    .description('add people of another system, with the passwords they have')
    .argument('[file]', 'JSON Lines; - for standard input')
    .option('--dry-run', 'find all faults and write nothing')
    .option('--json', 'a report for programs')
    .addHelpText('after', notes)
    .action(async (path: string | undefined, options: Options) => {
      const source = await sourceAt(path, terminal.input)
      if ('misuse' in source) return misused(source.misuse, terminal)
      try {
        await run(source, options, terminal)
      } catch (cause) {
        if (cause instanceof NotJsonLines) return misused(cause.message, terminal)
        terminal.warn(`${explain(cause)}\nStopped. Run it again on the same file: it adds what is missing.\n`)
        terminal.exitWith(exitCodes.stopped)
      } finally {
        await source.file?.close()
      }
    })
}

async function run(source: Source, { dryRun = false, json = false }: Options, terminal: ImportTerminal): Promise<void> {
  const faults: { line: number; reason: string }[] = []
  const begunAt = systemClock.monotonicMs()
  const progress = createProgress(source.bytes, terminal)
  const counts = await terminal
    .withApp(({ imports }) =>
      imports.run(source.stream, {
        dryRun,
        onFault(line, reason) {
          if (faults.length < reportedFaults) faults.push({ line, reason })
          progress.aside(`line ${line}: ${reason}\n`)
        },
        onProgress: progress.update,
      }),
    )
    .finally(progress.stop)
  const seconds = (systemClock.monotonicMs() - begunAt) / 1000
  const report = { version: 1, dryRun, ...counts, seconds: Number(seconds.toFixed(1)), faults }
  terminal.output(json ? `${JSON.stringify(report, null, 2)}\n` : summary(counts, seconds, dryRun))
  terminal.exitWith(counts.faulty > 0 ? exitCodes.someFaulty : exitCodes.allIn)
}

function misused(sentence: string, { warn, exitWith }: ImportTerminal): void {
  warn(`${sentence}\n`)
  exitWith(exitCodes.misuse)
}

interface Source {
  readonly stream: AsyncIterable<Uint8Array>
  /** Null where nobody knows before the end. */
  readonly bytes: number | null
  readonly file?: FileHandle
}

async function sourceAt(path: string | undefined, input: Readable): Promise<Source | { readonly misuse: string }> {
  if (path === undefined) return { misuse: 'Which file? Give a path, or - for standard input.' }
  if (path === '-') return { stream: input, bytes: null }
  try {
    const file = await open(path, 'r')
    const found = await file.stat()
    const source = { stream: file.createReadStream({ highWaterMark: 256 * 1024, autoClose: false }), file }
    if (!found.isDirectory()) return { ...source, bytes: found.isFile() ? found.size : null }
    await file.close()
    return { misuse: `${path} is a folder.` }
  } catch (cause) {
    const isAbsent = typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT'
    return { misuse: isAbsent ? `There is no file ${path}.` : `${path} cannot be read.` }
  }
}

const lineEveryMs = 5_000
const bar = '  {bar} {percentage} %  {lines} lines  {rate}/s  {eta_formatted} left'
const line = '  {percentage} %, {lines} lines, {rate}/s, {eta_formatted} left'
const withoutEnd = '  {lines} lines, {rate}/s'

/** A bar at a terminal; elsewhere a line every few seconds. */
function createProgress(bytes: number | null, { screen, isTerminal, warn }: ImportTerminal) {
  const format = isTerminal ? bar : line
  const shown = new SingleBar(
    {
      stream: screen,
      format: bytes === null ? withoutEnd : format,
      etaBuffer: 50,
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: lineEveryMs,
    },
    Presets.shades_classic,
  )
  const begunAt = systemClock.monotonicMs()
  let isShown = false
  return {
    update({ lines }: ImportCounts, bytesRead: number) {
      const seconds = (systemClock.monotonicMs() - begunAt) / 1000
      const payload = { lines: inDigits(lines), rate: inDigits(lines / Math.max(seconds, 0.001)) }
      if (!isShown) shown.start(bytes ?? bytesRead, 0, payload)
      isShown = true
      shown.update(bytesRead, payload)
    },
    /** The bar is written again over what stands there. */
    aside: (text: string) => warn(isTerminal ? `\r\u001b[K${text}` : text),
    stop() {
      if (isShown) shown.stop()
    },
  }
}

function summary(counts: ImportCounts, seconds: number, dryRun: boolean): string {
  const { lines, added, alreadyThere, faulty, withoutPassword } = counts
  const rate = inDigits(lines / Math.max(seconds, 0.001))
  return [
    `${inDigits(lines)} lines in ${seconds.toFixed(1)} s (${rate}/s)${dryRun ? ', nothing was written' : ''}`,
    `  ${dryRun ? 'would be added' : 'added'}: ${inDigits(added)}, ${inDigits(withoutPassword)} of them without a password`,
    `  already there: ${inDigits(alreadyThere)}`,
    `  faulty: ${inDigits(faulty)}`,
    '',
  ].join('\n')
}

function inDigits(count: number): string {
  return Math.round(count).toLocaleString('en')
}
