/**
 * Owns what people are told by mail, and that it gets there: takes what lies in the outbox, makes letters of it, sends
 * them, tries again. Does not own why somebody is told something.
 */
import type { AuditService } from '../audit/service.js'
import type { OutboxItem, OutboxService } from '../outbox/service.js'
import type { WriteLetters } from './letters.js'
import type { Templates } from './templates.js'
import { MailRefused, type MailTransport } from './transport.js'

export interface MailService {
  /** Sends what is due; a second call while one runs makes it look once more. */
  deliver(): Promise<void>
  /** Ends what is being sent. */
  stop(): Promise<void>
}

/** A server that is slow with one mail must not keep all others waiting. */
const atOnce = 5

export function createMail(deps: {
  outbox: OutboxService
  writeLetters: WriteLetters
  templates: Templates
  transport: MailTransport
  audit: Pick<AuditService, 'record'>
  onFault: (cause: unknown) => void
}): MailService {
  const { outbox, writeLetters, templates, transport, audit, onFault } = deps
  const lanes = new Set<Promise<void>>()
  let isStopped = false

  async function lane(): Promise<void> {
    while (!isStopped) {
      const item = await outbox.take()
      if (item === null) return
      await send(item)
    }
  }

  async function send(item: OutboxItem): Promise<void> {
    try {
      const letters = await writeLetters(item.message)
      for (const [index, letter] of letters.entries()) await transport.send(templates.render(letter), `${item.id}-${index}`)
      await outbox.done(item)
    } catch (cause) {
      onFault(cause)
      if (cause instanceof MailRefused) {
        await outbox.done(item)
        return abandoned(item, 'refused')
      }
      if ((await outbox.failed(item)) === 'abandoned') await abandoned(item, 'too-late')
    }
  }

  function abandoned({ message }: OutboxItem, reason: string): Promise<void> {
    const subjectId = 'userId' in message ? message.userId : null
    const facts = { kind: message.kind, reason }
    return audit.record({ name: 'mail.abandoned', actorId: null, subjectId, outcome: 'refused', facts })
  }

  return {
    async deliver() {
      while (lanes.size < atOnce && !isStopped) {
        const before = lanes.size
        const running = lane().finally(() => lanes.delete(running))
        lanes.add(running)
        // One lane takes what there is one after the other; another one only helps where there is more.
        if (before > 0) break
        await running
        return
      }
    },
    async stop() {
      isStopped = true
      await Promise.allSettled(lanes)
      transport.close()
    },
  }
}
