import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { Command } from 'commander'
import type { App } from '../../src/app.js'
import { addImportCommand, type ImportTerminal } from '../../src/import-command.js'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The progress. */
  readonly shown: string
}

export interface ImportScreen {
  readonly input?: Readable
  readonly isTerminal?: boolean
}

/** `portcullis user import` in this process, on the running service. */
export async function importUsers(app: App, args: readonly string[], screen: ImportScreen = {}): Promise<Ran> {
  let [code, out, err, shown] = [-1, '', '', '']
  const user = new Command('user').exitOverride()
  const terminal: ImportTerminal = {
    output: (text) => (out += text),
    warn: (text) => (err += text),
    input: Readable.from([]),
    screen: new Writable({
      write(chunk, _encoding, done) {
        shown += String(chunk)
        done()
      },
    }),
    isTerminal: false,
    withApp: (work) => work(app),
    exitWith: (given) => (code = given),
    ...screen,
  }
  addImportCommand(user, terminal)
  await user.parseAsync(['import', ...args], { from: 'user' })
  return { code, out, err, shown }
}

/** A file of these lines; what is no text is written as JSON. */
export function fileOf(lines: readonly unknown[], { end = '\n' }: { end?: string } = {}): string {
  return fileWith(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + end)
}

export function fileWith(content: string | Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), 'portcullis-')), 'users.jsonl')
  writeFileSync(path, content)
  return path
}
