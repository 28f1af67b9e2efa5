import type { AuditService } from '../audit/service.js'
import { actorIdOf, requireAny, userBehind, type Caller } from '../kernel/caller.js'
import type { Clock } from '../kernel/clock.js'
import { NotFound } from '../kernel/errors.js'
import { isId } from '../kernel/ids.js'
import { requireProof } from '../kernel/step-up.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { ChangedMeanwhile, type ChangeAndEnd } from './security-change.js'
import type { SessionStore, SubjectStore } from './store.js'

const permission = 'session:revoke'

/**
 * Ends all sessions of one user by raising the security version, so that a sign-in under way dies with them.
 * @returns how many lived
 */
export type RevokeAll = (caller: Caller, userId: string) => Promise<number>

export function createRevokeAll(deps: {
  store: SessionStore
  subjects: SubjectStore
  audit: AuditService
  clock: Clock
  changeAndEnd: ChangeAndEnd
}): RevokeAll {
  const { store, subjects, audit, clock, changeAndEnd } = deps

  async function targetOf(caller: Caller, id: string, tx?: Transaction): Promise<Subject> {
    const user = isId('usr', id) ? await subjects.find(id, tx) : null
    // Conditions ask for properties of one session; for all of them only ownership and the whole permission count.
    if (user === null || !caller.can(permission, { userId: user.id })) throw new NotFound()
    return user
  }

  return async (caller, id) => {
    requireAny(caller, permission)
    requireProof(caller, permission, clock.now())
    await targetOf(caller, id)
    const actorId = actorIdOf(caller)
    return changeAndEnd(async (tx, endOlder) => {
      if (!(await subjects.confirmActor(tx, userBehind(caller)))) throw new ChangedMeanwhile()
      const { id: userId, status, securityVersion: from } = await targetOf(caller, id, tx)
      // Whoever is suspended has no session left.
      if (status === 'suspended') return 0
      const living = await store.countLive(userId, from, clock.now(), tx)
      const securityVersion = await subjects.bumpSecurityVersion(tx, userId, from)
      if (securityVersion === null) throw new ChangedMeanwhile()
      await endOlder({ userId, securityVersion, reason: 'revoked', actorId })
      const revoked = { name: 'user.sessions-revoked', actorId, subjectId: userId, outcome: 'success' } as const
      await audit.record({ ...revoked, facts: { sessions: living } }, tx)
      return living
    })
  }
}
