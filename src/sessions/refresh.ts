import type { AuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import { digestOf } from '../kernel/digest.js'
import { DomainError, Unavailable } from '../kernel/errors.js'
import type { Random } from '../kernel/random.js'
import type { DataKey } from '../keys/service.js'
import type { Endings } from './ending.js'
import { formatRefreshToken, newSecret, openSuccessor, sealSuccessor, type RefreshToken } from './refresh-token.js'
import { refreshVerdict, spentToken } from './refresh-verdict.js'
import type { Session, TokenDelivery } from './session.js'
import type { SessionStore } from './store.js'

/** Absent, ended, expired, forged, spent: one answer. The audit trail keeps the reason. */
export class RefreshRejected extends DomainError {
  constructor() {
    super('unauthenticated', 'REFRESH_REJECTED', 'The refresh token is not valid. Sign in again.')
  }
}

export interface RefreshLifetimes {
  readonly idleMs: number
  /** How long a spent token still yields its successor. */
  readonly graceMs: number
  /** A token younger than this is answered unchanged. */
  readonly minAgeMs: number
}

export interface DataKeys {
  dataKey(): DataKey
  dataKeyById(id: string): DataKey | null
}

/** The session as it is now, and the newest refresh token of its family. */
export interface Refreshed {
  readonly session: Session
  readonly refreshToken: string
}

export type Rotate = (presented: RefreshToken, delivery: TokenDelivery) => Promise<Refreshed>

/**
 * Trades a refresh token for the newest one of its family. Rotation is one conditional update; only when it matches
 * nothing is the session read, and then from a primary that has proven to be one, because the verdict may end it.
 */
export function createRotate(deps: {
  store: SessionStore
  keys: DataKeys
  random: Random
  audit: AuditService
  lifetimes: RefreshLifetimes
  end: Endings['end']
  /** @throws Unavailable while our clock cannot be trusted */
  trustedNow: () => Date
}): Rotate {
  const { store, keys, random, audit, lifetimes, end, trustedNow } = deps

  return async (presented, delivery) => {
    const successor = newSecret(random)
    const rotated = await spend(presented, delivery, successor)
    if (rotated !== null) {
      return { session: rotated, refreshToken: formatRefreshToken({ ...presented, tokenSecret: successor }) }
    }
    return answerUnrotated(presented, delivery)
  }

  function spend(presented: RefreshToken, delivery: TokenDelivery, successor: string): Promise<Session | null> {
    const now = trustedNow()
    const key = keys.dataKey()
    return store.rotate({
      sessionId: presented.sessionId,
      familyDigest: digestOf(presented.familySecret),
      presentedDigest: digestOf(presented.tokenSecret),
      delivery,
      successorDigest: digestOf(successor),
      spent: {
        digest: digestOf(presented.tokenSecret),
        keyId: key.id,
        sealed: sealSuccessor(successor, presented, key, random),
        graceUntil: new Date(now.getTime() + lifetimes.graceMs),
      },
      now,
      notRotatedAfter: new Date(now.getTime() - lifetimes.minAgeMs),
      idleExpiresAt: new Date(now.getTime() + lifetimes.idleMs),
    })
  }

  async function answerUnrotated(presented: RefreshToken, delivery: TokenDelivery): Promise<Refreshed> {
    const session = await store.findVerdict(presented.sessionId)
    // Taken anew: reading takes its time, and a clock that was set meanwhile would end the session as late.
    const verdict = refreshVerdict(session, presented, delivery, trustedNow())
    if (session === null || verdict.kind === 'over') throw new RefreshRejected()
    switch (verdict.kind) {
      case 'current':
        return { session, refreshToken: formatRefreshToken(presented) }
      case 'in-grace':
        return { session, refreshToken: formatRefreshToken({ ...presented, tokenSecret: newest(session, presented) }) }
      case 'late':
        await end({ ...session, reason: 'answer-lost', actorId: null })
        throw new RefreshRejected()
      case 'reused':
        await end({ ...session, reason: 'refresh-reused', actorId: null, extra: [reuseEvent(session)] })
        throw new RefreshRejected()
      case 'forged':
      case 'misdelivered':
        throw new RefreshRejected()
    }
  }

  /** Follows the seals from a spent token to the newest. One that does not open is our fault, not the holder's. */
  function newest(session: Session, { sessionId, tokenSecret }: RefreshToken): string {
    let secret = tokenSecret
    for (let step = 0; step <= session.family.ring.length; step += 1) {
      const digest = digestOf(secret)
      if (digest === session.family.currentDigest) return secret
      const spent = spentToken(session.family.ring, digest)
      const key = spent === null ? null : keys.dataKeyById(spent.keyId)
      const successor = spent && key && openSuccessor(spent.sealed, { sessionId, tokenSecret: secret }, key)
      if (successor === null) break
      secret = successor
    }
    throw new Unavailable(new Error(`A successor seal of session ${sessionId} does not open`))
  }

  function reuseEvent(session: Session): AuditEvent {
    return audit.draft({
      name: 'refresh.reused',
      actorId: null,
      subjectId: session.userId,
      outcome: 'refused',
      facts: { sessionId: session.id, generation: session.family.generation },
    })
  }
}
