import type { Policy } from '../authorization/index.js'
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
  clock,
}: {
  readonly store: Pick<UserStore, 'beginGrace'>
  readonly policy: Pick<Policy, 'secondFactorGraceMs' | 'isOverdue'>
  readonly clock: Clock
}): SecondFactorGrace {
  function dueOf(user: Subject): EnrolmentDue | null {
    const graceMs = user.enrolledAssurance === 'aal1' ? policy.secondFactorGraceMs(user) : null
    if (graceMs === null) return null
    const { secondFactorDueAt: begun } = user
    const dueAt = new Date(clock.now().getTime() + graceMs)
    return { methods: enrollable, dueAt: begun !== undefined && begun < dueAt ? begun : dueAt }
  }

  return {
    dueOf,
    isOverdue: (user) => policy.isOverdue(user, clock.now()),
    async begin(user, tx) {
      const due = dueOf(user)
      // Without a grace there is no time to be written down; it would count once there is one.
      if (due === null || policy.secondFactorGraceMs(user) === 0) return user
      if (due.dueAt.getTime() === user.secondFactorDueAt?.getTime()) return user
      const secondFactorDueAt = await store.beginGrace(user.id, due.dueAt, tx)
      // Nothing else of the user is taken over: a session that a change of security has ended must not be revived.
      return secondFactorDueAt === null ? user : { ...user, secondFactorDueAt }
    },
  }
}
