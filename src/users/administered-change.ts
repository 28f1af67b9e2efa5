import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import type { Policy } from '../authorization/index.js'
import { requireAny, type Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { NotFound } from '../kernel/errors.js'
import type { Announce } from '../kernel/identity-change.js'
import { isId } from '../kernel/ids.js'
import { requireProof } from '../kernel/step-up.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { ChangedMeanwhile, type EndedReason, type SessionsService } from '../sessions/service.js'
import { createKeepingAdministrator } from './last-administrator.js'
import type { UserStore } from './store.js'

export interface AdministrationDependencies {
  readonly store: UserStore
  readonly policy: Pick<
    Policy,
    'definition' | 'exceeds' | 'permissionsAsking' | 'roles' | 'rolesHolding' | 'secondFactorGraceMs'
  >
  readonly audit: Pick<AuditService, 'record'>
  /** Of another slice; it says what has gone, for the trail. */
  readonly factors: { removeAllOf(tx: Transaction, userId: string): Promise<Readonly<Record<string, string>>> }
  /** Of another slice. */
  readonly devices: { forgetAll(tx: Transaction, userId: string, securityVersion: number): Promise<void> }
  readonly changeAndEnd: SessionsService['changeAndEnd']
  readonly announce: Announce
  readonly clock: Clock
}

/** One thing that is done to a user. Planned on the user as it is, which may be read more than once. */
export interface Change {
  readonly permission: string
  /** The user as it would be. The same object: there is nothing to do. @throws InvalidInput */
  readonly plan: (user: Subject) => Subject
  /** Null when the user is not as planned on any more. */
  readonly write: (tx: Transaction, planned: Subject) => Promise<Subject | null>
  readonly event: (user: Subject, planned: Subject) => Pick<NewAuditEvent, 'name' | 'facts'>
  /** Why sessions end, where they do. */
  readonly ends?: EndedReason
}

/** @throws as the methods of `AdministrationService` say */
export type CarryOut = (actor: Person, userId: string, change: Change) => Promise<Subject>

/** The transaction that every change of one person by another is. */
export function createCarryOut(deps: AdministrationDependencies): CarryOut {
  const { store, audit, changeAndEnd, announce, clock } = deps
  const keepingAdministrator = createKeepingAdministrator(deps)

  async function targetOf(actor: Person, permission: string, id: string, tx?: Transaction): Promise<Subject> {
    const user = isId('usr', id) ? await store.find(id, tx) : null
    // One answer for "absent" and "not yours".
    if (user === null || !actor.can(permission, { ...user, userId: user.id })) throw new NotFound()
    return user
  }

  /**
   * Whether there is nothing to do, by what a majority has: what was read before may be the change itself, asked for a
   * moment ago of a primary that has lost its majority since, and then it does not stay.
   */
  async function isCertain(userId: string, plan: Change['plan']): Promise<boolean> {
    const user = await store.findVerdict(userId)
    announce({ kind: 'user', userId })
    return user !== null && plan(user) === user
  }

  return async (actor, userId, { permission, plan, write, event, ends = 'suspended' }) => {
    requireAny(actor, permission)
    requireProof(actor, permission, clock.now())
    const seen = await targetOf(actor, permission, userId)
    if (plan(seen) === seen && (await isCertain(userId, plan))) return seen
    const changed = await changeAndEnd(async (tx, endOlder) => {
      if (!(await store.confirmActor(tx, actor.user))) throw new ChangedMeanwhile()
      // Read again: only of what this transaction sees does the database say that nobody else has changed it.
      const user = await targetOf(actor, permission, userId, tx)
      const planned = plan(user)
      if (planned === user) return user
      const after = await keepingAdministrator(tx, { user, planned }, async () => {
        const written = await write(tx, planned)
        if (written === null) throw new ChangedMeanwhile()
        return written
      })
      const actorId = actor.userId
      if (after.securityVersion > user.securityVersion) {
        await endOlder({ userId, securityVersion: after.securityVersion, reason: ends, actorId })
      }
      await audit.record({ ...event(user, planned), actorId, subjectId: userId, outcome: 'success' }, tx)
      return after
    })
    // Before the answer: the next request of that user must not be answered from what was remembered.
    announce({ kind: 'user', userId })
    return changed
  }
}
