import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { breachHash } from '../../src/passwords/breach-range.js'

export interface BreachServer {
  readonly address: string
  /** Everything that it was sent, one text for each request. */
  readonly requests: string[]
  /** How it answers from now on. */
  behave(answer: (response: ServerResponse, prefix: string) => void): void
  close(): Promise<void>
}

/** A line of the range that a password is in. */
export const lineOf = (password: string, count = 3): string => `${breachHash(password).slice(5)}:${count}\r\n`

/** As every range has: entries of others, and padding. */
const others = `0018A45C4D1DEF81644B54AB7F969B88D65:12\r\n${'F'.repeat(35)}:0\r\n`

/** Answers with the passwords of that range among others. */
export function listing(...passwords: string[]): (response: ServerResponse, prefix: string) => void {
  return (response, prefix) => {
    const lines = passwords.filter((password) => breachHash(password).startsWith(prefix)).map((each) => lineOf(each))
    response.end(others + lines.join(''))
  }
}

/** A range API on this machine. */
export async function startBreachServer(): Promise<BreachServer> {
  const requests: string[] = []
  let behaviour = listing()
  const server = createServer((request, response) => {
    void record(request, requests)
    behaviour(response, request.url?.split('/').at(-1) ?? '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}/range/`,
    requests,
    behave: (answer) => void (behaviour = answer),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function record(request: IncomingMessage, requests: string[]): Promise<void> {
  const index = requests.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`) - 1
  for await (const part of request) requests[index] += String(part)
}
