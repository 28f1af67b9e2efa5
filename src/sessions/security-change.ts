import type { AuditService } from '../audit/service.js'
import type { NewAuditEvent } from '../audit/events.js'
import type { Background } from '../kernel/background.js'
import type { Person } from '../kernel/caller.js'
import type { Announce } from '../kernel/identity-change.js'
import type { Transact, Transaction } from '../kernel/transaction.js'
import { DomainError } from '../kernel/errors.js'
import type { EndedReason } from './session.js'
import type { SessionStore, SubjectStore, Sweep } from './store.js'

/** Nothing was done. Whether the session still lives, the next request says. */
export class ChangedMeanwhile extends DomainError {
  constructor() {
    super('conflict', 'CHANGED_MEANWHILE', 'Something about the account has changed meanwhile. Try again.')
  }
}

export interface SecurityChange<Result> {
  /** The session that goes on, or null when all end. */
  readonly keep: string | null
  readonly reason: EndedReason
  readonly event: Pick<NewAuditEvent, 'name' | 'facts'>
  /** The change itself; runs inside the transaction, after the version has been raised. */
  readonly work: (tx: Transaction) => Promise<Result>
}

/**
 * Changes something that outlives a session (a password, a factor, an address). In one transaction: the user's
 * security version is raised on condition that it is still the one the person's proof was made under, the work is
 * done, the kept session moves over, the event is written. That raise alone ends every other session.
 * @throws ChangedMeanwhile when another such change was faster, or the kept session has ended
 */
export type ChangeSecurity = <Result>(person: Person, change: SecurityChange<Result>) => Promise<Result>

export function createChangeSecurity(deps: {
  store: SessionStore
  subjects: SubjectStore
  transact: Transact
  audit: AuditService
  announce: Announce
  background: Background
  sweep: (sweep: Sweep) => Promise<void>
}): ChangeSecurity {
  const { store, subjects, transact, audit, announce, background, sweep } = deps
  return async (person, { keep, reason, event, work }) => {
    const from = person.user.securityVersion
    const { result, to } = await transact(async (tx) => {
      const to = await subjects.bumpSecurityVersion(tx, person.userId, from)
      if (to === null) throw new ChangedMeanwhile()
      const result = await work(tx)
      if (keep !== null && !(await store.adopt(keep, person.userId, { from, to }, tx))) {
        throw new ChangedMeanwhile()
      }
      // Written down, so that whoever takes over from us when we die ends in the database what has ended in effect.
      await store.planSweep({ userId: person.userId, securityVersion: to, reason }, tx)
      await audit.record({ ...event, actorId: person.userId, subjectId: person.userId, outcome: 'success' }, tx)
      return { result, to }
    })
    announce({ kind: 'user', userId: person.userId, securityVersion: to })
    background.run(() => sweep({ userId: person.userId, securityVersion: to, reason }))
    return result
  }
}
