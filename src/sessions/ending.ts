import type { AuditEvent } from '../audit/events.js'
import type { AuditService, EventMover } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Clock } from '../kernel/clock.js'
import { digestOf, sameDigest } from '../kernel/digest.js'
import type { Announce } from '../kernel/identity-change.js'
import { RefreshRejected } from './refresh.js'
import { parseRefreshToken } from './refresh-token.js'
import type { Removal } from './removal.js'
import type { EndedReason, Session } from './session.js'
import type { SessionStore, Sweep } from './store.js'

export interface End {
  readonly id: string
  /** The end is conditional on it, and the audit event tells it. */
  readonly userId: string
  readonly reason: EndedReason
  /** Who ended it; null when the rules did. */
  readonly actorId: string | null
  /** Events that are committed together with the end. */
  readonly extra?: readonly AuditEvent[]
}

/** Ends sessions, each by one conditional update that carries its own audit event. */
export interface Endings {
  /** Null when it had ended already: a lost race is an answer. */
  end(end: End): Promise<Session | null>
  /** Ends the session of whoever holds the family secret, whatever the generation. @throws RefreshRejected */
  endByToken(refreshToken: string): Promise<void>
  /** Ends in the database what a raised security version has ended in effect. */
  sweep(sweep: Sweep): Promise<void>
}

export function createEndings(deps: {
  store: SessionStore
  audit: Pick<AuditService, 'draft'>
  mover: Pick<EventMover, 'move'>
  removal: Pick<Removal, 'removeLeft'>
  announce: Announce
  background: Background
  clock: Clock
}): Endings {
  const { store, audit, mover, removal, announce, background, clock } = deps

  async function end({ id, userId, reason, actorId, extra = [] }: End): Promise<Session | null> {
    const facts = { sessionId: id, reason }
    const ended = audit.draft({ name: 'session.ended', actorId, subjectId: userId, outcome: 'success', facts })
    const events = [...extra, ended]
    const session = await store.end(id, userId, { reason, at: clock.now(), events })
    announce({ kind: 'session', sessionId: id, ended: true })
    if (session !== null) background.run(() => mover.move({ id, events }))
    return session
  }

  return {
    end,
    async endByToken(refreshToken) {
      const token = parseRefreshToken(refreshToken)
      // An absence is a verdict, and a primary that has lost its majority would not know of a session begun since.
      const session = token && ((await store.find(token.sessionId)) ?? (await store.findVerdict(token.sessionId)))
      if (token === null || session === null || !isHolder(session, token.familySecret)) throw new RefreshRejected()
      const { id, userId } = session
      // Even where it has ended already: what was read may be a write that no majority has, and that does not stay. An
      // update is answered when a majority has all there was before it.
      await end({ id, userId, reason: 'signed-out', actorId: userId })
    },
    async sweep(sweep) {
      const { userId, reason, actorId = userId, until } = sweep
      if (reason === 'account-deleted') await removal.removeLeft(userId)
      for (const id of await store.listOutdated(userId, sweep.securityVersion)) {
        await end({ id, userId, reason, actorId })
      }
      if (until === undefined || until <= clock.now()) await store.finishSweep(sweep)
    },
  }
}

function isHolder({ family }: Session, familySecret: string): boolean {
  return sameDigest(family.familyDigest, digestOf(familySecret))
}
