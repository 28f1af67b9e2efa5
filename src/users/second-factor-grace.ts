import type { NewAuditEvent } from '../audit/events.js'
import type { AuditService } from '../audit/service.js'
import type { Policy } from '../authorization/index.js'
import type { Background } from '../kernel/background.js'
import type { Clock } from '../kernel/clock.js'
import type { EnrolledFactor, EnrolmentDue, Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import type { UserStore } from './store.js'

/** The time that the policy gives somebody to enrol a second factor. */
export interface SecondFactorGrace {
  /** Begins it where none has begun, and shortens it where the policy has become stricter. The user afterwards. @throws Unavailable */
  begin(user: Subject, tx?: Transaction): Promise<Subject>
  /** What is missing; null where nothing is. */
  dueOf(user: Subject): EnrolmentDue | null
  /** Whether the time is over. */
  isOverdue(user: Subject): boolean
}

/** Recovery codes come with one of these, and are none. */
const enrollable: readonly EnrolledFactor[] = ['totp', 'passkey']

export function createSecondFactorGrace({
  store,
  policy,
  audit,
  background,
  clock,
}: {
  readonly store: Pick<UserStore, 'beginGrace'>
  readonly policy: Pick<Policy, 'secondFactorGraceMs' | 'isOverdue'>
  readonly audit: Pick<AuditService, 'record'>
  readonly background: Background
  readonly clock: Clock
}): SecondFactorGrace {
  function dueOf(user: Subject): EnrolmentDue | null {
    const graceMs = user.enrolledAssurance === 'aal1' ? policy.secondFactorGraceMs(user) : null
    if (graceMs === null) return null
    const { secondFactorDueAt: begun } = user
    const dueAt = new Date(clock.now().getTime() + graceMs)
    return { methods: enrollable, dueAt: begun !== undefined && begun < dueAt ? begun : dueAt }
  }

  /** Where there is no transaction nobody waits for it: each answer tells of the time as well. */
  async function tell(userId: string, dueAt: Date, tx?: Transaction): Promise<void> {
    const facts = { dueAt: dueAt.toISOString() }
    const event: NewAuditEvent = {
      name: 'second-factor.demanded',
      actorId: null,
      subjectId: userId,
      outcome: 'success',
      facts,
    }
    if (tx === undefined) background.run(() => audit.record(event))
    else await audit.record(event, tx)
  }

  return {
    dueOf,
    isOverdue: (user) => policy.isOverdue(user, clock.now()),
    async begin(user, tx) {
      const due = dueOf(user)
      // Without a grace there is no time to be written down; it would count once there is one.
      if (due === null || policy.secondFactorGraceMs(user) === 0) return user
      if (due.dueAt.getTime() === user.secondFactorDueAt?.getTime()) return user
      const begun = await store.beginGrace(user.id, due.dueAt, tx)
      if (begun === null) return user
      const { dueAt: secondFactorDueAt, hasBegun } = begun
      if (hasBegun) await tell(user.id, secondFactorDueAt, tx)
      // Nothing else of the user is taken over: a session that a change of security has ended must not be revived.
      return { ...user, secondFactorDueAt }
    },
  }
}
