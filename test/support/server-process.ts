import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { askAt, testEnvironment, type Ask } from './portcullis.js'

export interface ServerProcess {
  readonly url: string
  readonly env: Record<string, string>
  readonly ask: Ask
  /** All it has printed so far. */
  readonly printed: () => string
  readonly signal: (signal: NodeJS.Signals) => void
  /** Its exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>
}

/** The built server as a process of its own, for what can only be done to a process. */
export async function startServerProcess(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const env = testEnvironment(settings)
  const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js')
  const server = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text) => (printed += text))
  const exited = once(server, 'exit').then(([code]) => code as number | null)
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout.on('data', () => {
      const ready = /ready (http:\/\/[^\s"/]+)/.exec(printed)
      if (ready?.[1] !== undefined) resolve(ready[1])
    })
    void exited.then((code) => reject(new Error(`The server ended with ${code}:\n${printed}`)))
  })
  return { url, env, ask: askAt(url), printed: () => printed, signal: (signal) => void server.kill(signal), exited }
}
