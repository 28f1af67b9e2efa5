import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { askAt, startTestPortcullis, testOrigin, type Ask, type TestPortcullis } from '../support/portcullis.js'

const example = join(import.meta.dirname, '..', '..', 'examples', 'federation')

export interface Federation {
  readonly portcullis: TestPortcullis
  readonly gatewayUrl: string
  /** Through the gateway. */
  readonly ask: Ask
  /** What came from the gateway, in order. */
  readonly atPortcullis: readonly RecordedRequest[]
  readonly atNotes: readonly RecordedRequest[]
  readonly routerSecret: string
  close(): Promise<void>
}

export interface RecordedRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The real service with the example's gateway and second subgraph before and beside it, each a process of its own. */
export async function startFederation(): Promise<Federation> {
  const routerSecret = randomBytes(24).toString('hex')
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const each of closing.splice(0).toReversed()) await each()
  }
  try {
    const portcullis = await startTestPortcullis({ ROUTER_SECRET: `${'r'.repeat(32)} ${routerSecret}` })
    closing.push(() => portcullis.close())
    const notes = await startNotes(portcullis.url, routerSecret)
    closing.push(notes.stop)
    const recorders = [await record(portcullis.url), await record(notes.url)] as const
    closing.push(...recorders.map(({ stop }) => stop))
    const gateway = await startExample('gateway.mjs', {
      ROUTER_SECRET: routerSecret,
      PORTCULLIS_URL: `${recorders[0].url}/graphql`,
      NOTES_URL: `${recorders[1].url}/graphql`,
      ALLOWED_ORIGINS: testOrigin,
    })
    closing.push(gateway.stop)
    const [atPortcullis, atNotes] = [recorders[0].requests, recorders[1].requests]
    const ask = askAt(gateway.url)
    return { portcullis, gatewayUrl: gateway.url, ask, atPortcullis, atNotes, routerSecret, close }
  } catch (cause) {
    await close()
    throw cause
  }
}

/** The second subgraph alone. */
export async function startNotes(portcullisUrl: string, routerSecret: string) {
  const issuer = { PORTCULLIS_URL: portcullisUrl, ISSUER: 'http://portcullis.test' }
  const notes = await startExample('notes/main.mjs', { ROUTER_SECRET: routerSecret, ...issuer })
  return { ...notes, ask: askAt(notes.url) }
}

function requireExample(): void {
  const marks = ['examples/federation/node_modules/@apollo/gateway', 'dist/authorization/index.js']
  const missing = marks.filter((path) => !existsSync(join(import.meta.dirname, '..', '..', path)))
  if (missing.length === 0) return
  throw new Error(
    `${missing.join(' and ')} missing: run "node scripts/setup.mjs --examples", which "npm test" does by itself`,
  )
}

/** A script of the example, up when it has printed its address. */
async function startExample(script: string, env: Record<string, string>) {
  requireExample()
  const child = spawn(process.execPath, [join(example, script)], {
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text))
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill()
    await exited
  }
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const ready = /ready (http:\/\/[^\s"]+)\/graphql/.exec(printed)
      if (ready?.[1] !== undefined) resolve(ready[1].replace('localhost', '127.0.0.1'))
    })
    void exited.then(() => reject(new Error(`${script} ended:\n${printed}`)))
  })
  return { url, stop }
}

/** Stands before a subgraph, hands everything on, and keeps what the subgraph was shown. */
async function record(target: string) {
  const requests: RecordedRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      requests.push({ headers: request.headers, body })
      void forward(`${target}${request.url}`, request.headers, body).then(async (answer) => {
        response.writeHead(answer.status, {
          'content-type': answer.headers.get('content-type') ?? 'text/plain',
          'set-cookie': answer.headers.getSetCookie(),
        })
        response.end(await answer.text())
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    requests,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const hopByHop = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'keep-alive'])

function forward(url: string, headers: IncomingHttpHeaders, body: string): Promise<Response> {
  const kept = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && !hopByHop.has(name) ? [[name, value]] : [],
  )
  return fetch(url, { method: 'POST', headers: kept, body })
}
