/**
 * Owns the way back for whoever has lost all second factors and has no administrator to ask, the last one included: by
 * somebody with a shell, who must make sure who asks. What an administrator does is in `administration`.
 */
import type { AuditService } from '../audit/service.js'
import { InvalidInput } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { ChangedMeanwhile, type SessionsService } from '../sessions/service.js'
import type { UsersService } from './service.js'
import type { UserStore } from './store.js'

export interface FactorResetService {
  /**
   * Removes all second factors of the account with that address, suspended or not, forgets its devices, and ends its
   * sessions. The password stays, unless it was long enough only beside them. Also where none is known of: what is there
   * and not known of goes, too.
   * @throws InvalidInput where there is no such account; ChangedMeanwhile; Unavailable, and then it may have happened
   */
  reset(email: string): Promise<FactorReset>
}

/** What the account is like afterwards. */
export interface FactorReset extends Pick<Subject, 'status'> {
  readonly userId: string
  readonly hasPassword: boolean
}

export function createFactorReset(deps: {
  users: Pick<UsersService, 'requireEmail' | 'findByIdentifier'>
  store: Pick<UserStore, 'forgetFactors'>
  /** Of another slice. */
  factors: { removeAllOf(tx: Transaction, userId: string): Promise<Readonly<Record<string, string>>> }
  devices: { forgetAll(tx: Transaction, userId: string, securityVersion: number): Promise<void> }
  passwords: { changedAt(userId: string): Promise<Date | null> }
  audit: Pick<AuditService, 'record'>
  changeAndEnd: SessionsService['changeAndEnd']
}): FactorResetService {
  const { users, store, factors, devices, passwords, audit, changeAndEnd } = deps
  return {
    async reset(email) {
      const userId = await users.findByIdentifier(users.requireEmail(email, 'email').identifier)
      if (userId === null) throw new InvalidInput({ email: 'There is no account with this address.' })
      const status = await changeAndEnd(async (tx, endOlder) => {
        const after = await store.forgetFactors(tx, userId)
        if (after === null) throw new ChangedMeanwhile()
        const removed = await factors.removeAllOf(tx, userId)
        const { securityVersion } = after
        await devices.forgetAll(tx, userId, securityVersion)
        await endOlder({ userId, securityVersion, reason: 'factors-changed', actorId: null })
        const event = { name: 'user.authenticators-reset', actorId: null, subjectId: userId } as const
        await audit.record({ ...event, outcome: 'success', facts: removed }, tx)
        return after.status
      })
      return { userId, status, hasPassword: (await passwords.changedAt(userId)) !== null }
    },
  }
}
