import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { eventually } from './eventually.js'

export interface ReceivedMail {
  readonly to: string
  readonly from: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly id: string
  /** The names of its headers. */
  readonly headers: readonly string[]
}

export interface Mailbox {
  /** For MAIL_URL. */
  readonly url: string
  readonly mails: readonly ReceivedMail[]
  /** The latest mail to that address once there are so many, perhaps with that subject. */
  mailTo(address: string, which?: { subject?: RegExp; count?: number }): Promise<ReceivedMail>
  to(address: string): readonly ReceivedMail[]
  /** What it says to the next recipients, or to one of them; null: welcome. */
  refuse(code: number | null, address?: string): void
  /** Takes mails and says that it has not, until `false`: to whoever sends them as if the answer had been lost. */
  deny(denying: boolean): void
  /** Takes connections and says nothing, until `false`. */
  hang(hanging: boolean): void
  stop(): Promise<void>
}

/** A real mail server on loopback. @param port the one of a mailbox that was stopped, to be there again */
export async function startMailbox(port = 0): Promise<Mailbox> {
  const mails: ReceivedMail[] = []
  let refusal: number | null = null
  const refusals = new Map<string, number>()
  let denying = false
  let hanging = false
  const waiting: (() => void)[] = []
  /** What went wrong, for whoever sends; nothing as a rule. */
  async function received(stream: Readable, recipients: readonly string[]): Promise<Error | null> {
    try {
      const mail = await simpleParser(stream)
      for (const to of recipients) mails.push(receivedMail(to, mail))
      return null
    } catch (cause) {
      return cause instanceof Error ? cause : new Error('No mail')
    }
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      const answer = () => {
        const code = refusals.get(address) ?? refusal
        callback(code === null ? null : Object.assign(new Error('Not here'), { responseCode: code }))
      }
      if (hanging) waiting.push(answer)
      else answer()
    },
    async onData(stream, session, callback) {
      const recipients = session.envelope.rcptTo.map(({ address }) => address)
      const fault = await received(stream, recipients)
      callback(denying ? Object.assign(new Error('Later'), { responseCode: 451 }) : fault)
    },
  })
  server.on('error', () => undefined)
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const release = () => {
    for (const answer of waiting.splice(0)) answer()
  }
  const to = (address: string) => mails.filter((mail) => mail.to === address.toLowerCase())
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    to,
    mailTo: (address, { subject = /./, count = 1 } = {}) =>
      eventually(() => {
        const found = to(address).filter((mail) => subject.test(mail.subject))
        const last = found.at(-1)
        if (last === undefined || found.length < count) throw new Error(`No such mail has come to ${address}`)
        return last
      }),
    refuse(code, address) {
      if (address === undefined) refusal = code
      else if (code === null) refusals.delete(address)
      else refusals.set(address, code)
    },
    deny(denies) {
      denying = denies
    },
    hang(hangs) {
      hanging = hangs
      if (!hangs) release()
    },
    async stop() {
      release()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function receivedMail(to: string, { from, subject = '', text = '', html, messageId = '', headerLines }: ParsedMail) {
  return {
    to: to.toLowerCase(),
    from: from?.text ?? '',
    subject,
    text,
    html: html || '',
    id: messageId,
    headers: headerLines.map(({ key }) => key),
  }
}

/** The one-time token in the link of a mail. */
export function tokenIn({ text }: Pick<ReceivedMail, 'text'>): string {
  const token = /token=([A-Za-z0-9_-]+)/.exec(text)?.[1]
  if (token === undefined) throw new Error(`There is no link in: ${text}`)
  return token
}
