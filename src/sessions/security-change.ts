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

/**
 * Runs `work` in one transaction. Where it raises a user's security version it says so by `endOlder`: that raise has
 * ended every session of an older version in effect, and after the commit they end in the database, too.
 */
export type ChangeAndEnd = <Result>(
  work: (tx: Transaction, endOlder: (sweep: Sweep) => Promise<void>) => Promise<Result>,
) => Promise<Result>

export function createChangeAndEnd(deps: {
  store: SessionStore
  transact: Transact
  announce: Announce
  background: Background
  sweep: (sweep: Sweep) => Promise<void>
}): ChangeAndEnd {
  const { store, transact, announce, background, sweep } = deps
  return async (work) => {
    const { result, raised } = await transact(async (tx) => {
      const raised: Sweep[] = []
      const result = await work(tx, async (older) => {
        // Written down, so that whoever takes over from us when we die ends in the database what has ended in effect.
        await store.planSweep(older, tx)
        raised.push(older)
      })
      return { result, raised }
    })
    for (const older of raised) {
      announce({ kind: 'user', userId: older.userId, securityVersion: older.securityVersion })
      background.run(() => sweep(older))
    }
    return result
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
  audit: AuditService
  changeAndEnd: ChangeAndEnd
}): ChangeSecurity {
  const { store, subjects, audit, changeAndEnd } = deps
  return (person, { keep, reason, event, work }) =>
    changeAndEnd(async (tx, endOlder) => {
      const { userId } = person
      const from = person.user.securityVersion
      const to = await subjects.bumpSecurityVersion(tx, userId, from)
      if (to === null) throw new ChangedMeanwhile()
      const result = await work(tx)
      if (keep !== null && !(await store.adopt(keep, userId, { from, to }, tx))) throw new ChangedMeanwhile()
      await endOlder({ userId, securityVersion: to, reason })
      await audit.record({ ...event, actorId: userId, subjectId: userId, outcome: 'success' }, tx)
      return result
    })
}
