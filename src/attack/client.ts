/**
 * Requests as an attacker makes them: any method, any header, nothing repaired. Bounded in number, size and time; it
 * connects to the addresses of its target and to nothing else, and follows no redirect.
 */
import { Agent as HttpAgent, request as requestByHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestByHttps } from 'node:https'
import type { LookupFunction, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../kernel/clock.js'
import { Undecided } from './check.js'
import { parseJson } from './json.js'
import type { Target } from './target.js'

export interface Asking {
  readonly method?: string
  /** Path and query; the path of the target unless given. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly setCookies: readonly string[]
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown
  /** From the first byte sent to the last one received. */
  readonly ms: number
}

export interface Client {
  readonly target: Target
  /** By TLS, to the server itself or to the proxy that we say we are. */
  readonly isTls: boolean
  readonly sent: () => number
  /** Every answer passes here, for the checks of what no answer may have. */
  readonly onAnswer: (listener: (answer: Answer, asking: Asking) => void) => void
  readonly send: (asking: Asking) => Promise<Answer>
  /** @throws Undecided at once where it would last longer than the whole attack may */
  readonly wait: (ms: number) => Promise<void>
  readonly close: () => void
}

export interface Bounds {
  readonly maxRequests: number
  readonly maxMs: number
}

/** There was no answer: refused, reset or too late. */
export class NoAnswer extends Undecided {}

const requestMs = 20_000
const maxAnswer = 4 * 1024 * 1024

export interface ClientParts {
  readonly target: Target
  readonly bounds: Bounds
  readonly clock: Clock
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
}

export function createClient({ target, bounds, clock, headers: always = {} }: ClientParts): Client {
  const { url } = target
  const isTls = url.protocol === 'https:'
  const saysTls = Object.entries(always).some(([name, value]) => /^x-forwarded-proto$/i.test(name) && value === 'https')
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, maxSockets: 64 })
    : new HttpAgent({ keepAlive: true, maxSockets: 64 })
  const listeners: ((answer: Answer, asking: Asking) => void)[] = []
  const endsAt = clock.monotonicMs() + bounds.maxMs
  let sent = 0

  async function send(asking: Asking): Promise<Answer> {
    if (sent >= bounds.maxRequests) throw new Undecided(`Not tried: ${bounds.maxRequests} requests are spent.`)
    const leftMs = endsAt - clock.monotonicMs()
    if (leftMs <= 0) throw new Undecided(`Not tried: ${bounds.maxMs / 1000} s are over.`)
    sent += 1
    const began = clock.monotonicMs()
    const received = await exchange(asking, Math.min(requestMs, leftMs)).catch((cause: unknown) => {
      // It was us who stopped waiting: that says nothing about the server.
      throw clock.monotonicMs() < endsAt ? cause : new Undecided(`Cut off: ${bounds.maxMs / 1000} s are over.`)
    })
    const answer = { ...received, ms: clock.monotonicMs() - began }
    for (const listener of listeners) listener(answer, asking)
    return answer
  }

  async function wait(ms: number): Promise<void> {
    if (clock.monotonicMs() + ms > endsAt) {
      throw new Undecided(`Not waited for: it takes ${Math.ceil(ms / 1000)} s more than there is (see --max-seconds).`)
    }
    await pause(ms)
  }

  function exchange({ method = 'POST', path, headers = {}, body }: Asking, timeoutMs: number) {
    return new Promise<Omit<Answer, 'ms'>>((answered, failed) => {
      const unanswered = (cause: Error) => failed(new NoAnswer(`No answer to ${method}: ${cause.message}`))
      const request = (isTls ? requestByHttps : requestByHttp)(
        {
          agent,
          method,
          hostname: url.hostname.replace(/^\[|\]$/g, ''),
          port: url.port,
          path: path ?? url.pathname + url.search,
          headers: { ...always, ...withLength(headers, body) },
          lookup: onlyTo(target),
          signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
        },
        (response) => void read(response).then(answered, unanswered),
      )
      request.once('socket', (socket: Socket) => demandTarget(socket, target))
      request.on('error', unanswered)
      request.end(body)
    })
  }

  return {
    target,
    isTls: isTls || saysTls,
    sent: () => sent,
    onAnswer: (listener) => void listeners.push(listener),
    send,
    wait,
    close: () => agent.destroy(),
  }
}

/** TRACE and GET may have no length where there is no body; the rest says what it is, so that nothing is chunked. */
function withLength(headers: Readonly<Record<string, string>>, body: string | Buffer | undefined) {
  return body === undefined ? headers : { 'content-length': String(Buffer.byteLength(body)), ...headers }
}

/** No second look at the DNS. */
function onlyTo({ addresses }: Target): LookupFunction {
  return (_host, options, found) => {
    const [first] = addresses
    if (options.all) found(null, [...addresses])
    else found(null, first?.address ?? '', first?.family ?? 4)
  }
}

/** What we are really connected to, whatever has been said before. Nothing was written yet. */
function demandTarget(socket: Socket, { addresses }: Target): void {
  const judge = () => {
    const peer = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '')
    const isTarget = addresses.some(({ address }) => address === peer)
    if (!isTarget) socket.destroy(new Error(`connected to ${peer}, which is not the target`))
  }
  if (socket.connecting) socket.prependOnceListener('connect', judge)
  else judge()
}

async function read(response: IncomingMessage): Promise<Omit<Answer, 'ms'>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxAnswer) throw new Error('the answer is larger than 4 MB')
    chunks.push(bytes)
  }
  const text = Buffer.concat(chunks).toString()
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    setCookies: response.headers['set-cookie'] ?? [],
    text,
    body: parseJson(text),
  }
}
