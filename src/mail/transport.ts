import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mail } from './templates.js'

/** Gets one mail to where it is read, or to whoever passes it on. */
export interface MailTransport {
  /** @param id of the message: what is sent twice has it twice, so that a receiver can tell. @throws MailRefused */
  send(mail: Mail, id: string): Promise<void>
}

export interface MailSender {
  /** As mail programs show it; may be empty. */
  readonly name: string
  readonly address: string
}

export type MailTarget =
  | {
      readonly kind: 'smtp'
      readonly url: string
      /** Sends nothing to a server that does not offer STARTTLS (RFC 3207). */
      readonly requireTls: boolean
    }
  /** A folder that the mails are written to: for development. */
  | { readonly kind: 'folder'; readonly path: string }

/** No use in trying again: the receiving side does not want this mail, or does not know this address. */
export class MailRefused extends Error {}

/** Together well below the lease of the outbox. */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 5_000 }

export interface MailTransportSettings {
  readonly from: MailSender
  /** Of the ids of mails. */
  readonly host: string
  /** Told of the file that a mail was written to. */
  readonly onWritten: (path: string) => void
}

export function createMailTransport(
  target: MailTarget,
  { from, host, onWritten }: MailTransportSettings,
): MailTransport {
  // Objects and not text: a parser of address lists could make two recipients out of one.
  const optionsOf = ({ to, subject, text, html }: Mail, id: string) => ({
    // Copies: the library writes into what it is given.
    from: { ...from },
    to: { name: '', address: to },
    subject,
    text,
    html,
    messageId: `<${id}@${host}>`,
    headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834 §5: no out-of-office answers
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  if (target.kind === 'folder') {
    const composer = once(async () => {
      const { createTransport } = await import('nodemailer')
      return createTransport({ streamTransport: true, buffer: true, newline: 'unix' })
    })
    return {
      async send(mail, id) {
        const { message } = await (await composer()).sendMail(optionsOf(mail, id))
        await mkdir(target.path, { recursive: true })
        const path = join(target.path, `${id}-${mail.name}.eml`)
        await writeFile(path, message, { mode: 0o600 })
        onWritten(path)
      },
    }
  }
  const { url, requireTls: requireTLS } = target
  const smtp = once(async () => {
    const { createTransport } = await import('nodemailer')
    return createTransport({ url, requireTLS, ...timeouts })
  })
  return {
    async send(mail, id) {
      try {
        await (await smtp()).sendMail(optionsOf(mail, id))
      } catch (cause) {
        throw isRefusal(cause) ? new MailRefused('The mail server refuses this mail for good', { cause }) : cause
      }
    },
  }
}

/** At the first mail: the library takes a part of a start, and a few megabytes. */
function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined
  return () =>
    (made ??= make().catch((cause: unknown) => {
      // The next mail tries again.
      made = undefined
      throw cause
    }))
}

/** RFC 5321 §4.2.1: 5yz is for good. About this mail only at these commands: a wrong password is ours to mend. */
function isRefusal(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('responseCode' in cause) || !('command' in cause)) return false
  return Number(cause.responseCode) >= 500 && ['RCPT TO', 'DATA'].includes(String(cause.command))
}
