import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import type { Background } from '../kernel/background.js'
import type { Person } from '../kernel/caller.js'
import { mostInRow, type LimitsService } from '../limits/service.js'
import type { SessionsService } from '../sessions/service.js'
import { CredentialsRejected } from './credentials-rejected.js'

/**
 * The password once more, of somebody who is signed in. It is counted for the session: whoever has stolen one guesses a
 * hundred times at most, after which the session ends, and neither strangers nor neighbours nor that thief keep its person
 * from it elsewhere.
 * @param refusal what the trail has of a wrong one
 * @returns the hash that it is right by
 * @throws CredentialsRejected, RateLimited, Unavailable
 */
export type ProveAgain = (person: Person, plaintext: string, refusal: NewAuditEvent) => Promise<string>

export function createProveAgain(deps: {
  readonly read: (userId: string, plaintext: string) => Promise<{ hash: string | null; matches: boolean }>
  readonly limits: Pick<LimitsService, 'attemptInRow'>
  readonly endSession: SessionsService['expel']
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
}): ProveAgain {
  const { read, limits, endSession, audit, background } = deps
  return async (person, plaintext, refusal) => {
    const { userId, sessionId } = person
    let nth = 0
    const hash = await limits.attemptInRow({ account: `session:${sessionId}`, ip: null }, async (inRow) => {
      nth = inRow
      if (inRow > mostInRow) return null
      const { hash, matches } = await read(userId, plaintext)
      return matches ? hash : null
    })
    if (hash !== null) return hash
    background.run(() => audit.record(refusal))
    // Not only at the one that is the hundredth: who was to end it may have died before it did.
    if (nth >= mostInRow) await endSession(person, 'password-guessed')
    throw new CredentialsRejected()
  }
}
