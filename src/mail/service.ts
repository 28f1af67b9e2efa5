/**
 * Owns what people are told by mail, and that it gets there: takes what lies in the outbox, makes letters of it, sends
 * them, tries again. Does not own why somebody is told something.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { AuditService } from '../audit/service.js'
import { RateLimited } from '../kernel/errors.js'
import type { OutboxItem, OutboxService } from '../outbox/service.js'
import type { WriteLetter } from './letters.js'
import type { Letter, Templates } from './templates.js'
import { MailRefused, type MailTransport } from './transport.js'

export interface MailService {
  /** Begins to send what is due, in a moment: of many calls at once one look comes. */
  wake(): void
  /** Sends what is due, and resolves when nothing is any more. */
  deliver(): Promise<void>
  /** Takes nothing more, and waits for what is being sent, but not for a server that hangs. */
  stop(): Promise<void>
}

export interface MailDependencies {
  readonly outbox: Pick<OutboxService, 'take' | 'done' | 'failed'>
  readonly writeLetter: WriteLetter
  readonly templates: Templates
  readonly transport: MailTransport
  readonly audit: Pick<AuditService, 'record'>
  readonly onFault: (cause: unknown) => void
  /** Told why mails wait, once, until one is taken again: in an outage each of them would say the same. */
  readonly onOutage: (cause: unknown) => void
}

/** A server that is slow with one mail must not keep all others waiting. */
const atOnce = 5
/** So that what was put in a transaction has mostly committed. */
const soonMs = 25
/** What is given up then is sent by another instance, or after the next start: its lease runs out. */
const stopPatienceMs = 3_000

export function createMail(deps: MailDependencies): MailService {
  const { outbox, onFault } = deps
  const send = createSend(deps)
  const lanes = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  /** Sends one message after the other until none is due. */
  async function lane(): Promise<void> {
    for (;;) {
      const item = isStopped ? null : await outbox.take()
      if (item === null) return
      // Where there was one there may be more.
      open()
      await send(item)
    }
  }

  function open(): void {
    if (isStopped || lanes.size >= atOnce) return
    const running: Promise<void> = lane()
      .catch(onFault)
      .finally(() => lanes.delete(running))
    lanes.add(running)
  }

  const settled = async () => {
    while (lanes.size > 0) await Promise.all(lanes)
  }

  return {
    wake() {
      if (isStopped) return
      timer ??= setTimeout(() => {
        timer = undefined
        open()
      }, soonMs).unref()
    },
    deliver() {
      open()
      return settled()
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await Promise.race([settled(), pause(stopPatienceMs, undefined, { ref: false })])
    },
  }
}

/** Why is told already. */
class Waits extends Error {}

function createSend({ outbox, writeLetter, templates, transport, audit, onFault, onOutage }: MailDependencies) {
  let isOut = false

  function abandoned({ message }: OutboxItem, reason: string): Promise<void> {
    // Not in the trail of whoever asked: how many mails another address had would tell of its account.
    const subjectId = 'userId' in message && reason !== 'too-many' ? message.userId : null
    const facts = { kind: message.kind, reason }
    return audit.record({ name: 'mail.abandoned', actorId: null, subjectId, outcome: 'refused', facts })
  }

  /** @throws MailRefused; Waits, when it may be taken later */
  async function hand(letter: Letter, id: string): Promise<void> {
    const mail = templates.render(letter)
    try {
      await transport.send(mail, id)
      isOut = false
    } catch (cause) {
      if (cause instanceof MailRefused) throw cause
      if (!isOut) onOutage(cause)
      isOut = true
      throw new Waits('It was not sent this time', { cause })
    }
  }

  return async (item: OutboxItem): Promise<void> => {
    try {
      const letter = await writeLetter(item)
      if (letter !== null) await hand(letter, item.id)
    } catch (cause) {
      const reason = cause instanceof MailRefused ? 'refused' : cause instanceof RateLimited ? 'too-many' : null
      // Too many is what a stranger can bring about: nothing that anybody has to mend.
      if (reason !== 'too-many' && !(cause instanceof Waits)) onFault(cause)
      if (reason === null) {
        if ((await outbox.failed(item)) === 'abandoned') await abandoned(item, 'too-late')
        return
      }
      // First, so that what failed to be recorded is not sent after all.
      await outbox.done(item)
      return abandoned(item, reason)
    }
    await outbox.done(item)
  }
}
