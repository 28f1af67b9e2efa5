import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import type { Policy } from '../authorization/index.js'
import { requireAny, type Person } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { DomainError, NotFound } from '../kernel/errors.js'
import type { Announce } from '../kernel/identity-change.js'
import { isId } from '../kernel/ids.js'
import { requireProof } from '../kernel/step-up.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { ChangedMeanwhile, type SessionsService } from '../sessions/service.js'
import type { UserStore } from './store.js'

/** Otherwise nobody could ever make another one. */
export class LastAdministrator extends DomainError {
  constructor() {
    super(
      'conflict',
      'LAST_ADMINISTRATOR',
      'Nobody would be left who can assign roles. Give somebody else the role first.',
    )
  }
}

export interface AdministrationDependencies {
  readonly store: UserStore
  readonly policy: Pick<Policy, 'definition' | 'exceeds' | 'permissionsAsking' | 'roles' | 'rolesHolding'>
  readonly audit: Pick<AuditService, 'record'>
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
}

/** Who holds this for everything is an administrator; at least one active must remain. */
export const administering = 'user:assign-roles'

/** @throws as the methods of `AdministrationService` say */
export type CarryOut = (actor: Person, userId: string, change: Change) => Promise<Subject>

/** The transaction that every change of one person by another is. */
export function createCarryOut(deps: AdministrationDependencies): CarryOut {
  const { store, policy, audit, changeAndEnd, announce, clock } = deps
  const administratorRoles = policy.rolesHolding(administering)
  const isAdministrator = ({ status, roles }: Subject): boolean =>
    status === 'active' && roles.some((role) => administratorRoles.includes(role))
  /** Could a user with these roles make another one like this? Who may assign roles may not always assign all. */
  const couldMake = (roles: readonly string[], user: Subject): boolean =>
    !policy.exceeds({ ...user, roles }, { from: { ...user, roles: [] }, to: user })
  const losesAdministrator = (user: Subject, planned: Subject): boolean =>
    isAdministrator(user) && !(isAdministrator(planned) && couldMake(planned.roles, user))

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

  return async (actor, userId, { permission, plan, write, event }) => {
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
      const isLoss = losesAdministrator(user, planned)
      if (isLoss) await store.claimAdministrators(tx)
      const after = await write(tx, planned)
      if (after === null) throw new ChangedMeanwhile()
      const successors = administratorRoles.filter((role) => couldMake([role], user))
      if (isLoss && !(await store.hasActiveWithRole(tx, successors))) throw new LastAdministrator()
      const actorId = actor.userId
      if (after.securityVersion > user.securityVersion) {
        await endOlder({ userId, securityVersion: after.securityVersion, reason: 'suspended', actorId })
      }
      await audit.record({ ...event(user, planned), actorId, subjectId: userId, outcome: 'success' }, tx)
      return after
    })
    // Before the answer: the next request of that user must not be answered from what was remembered.
    announce({ kind: 'user', userId })
    return changed
  }
}
