/**
 * Owns the way back for whoever has lost all second factors and has no administrator to ask, the last one included: by
 * somebody with a shell, who must make sure who asks. What an administrator does is in `administration`.
 */
import type { AuditService } from '../audit/service.js'
import { InvalidInput } from '../kernel/errors.js'
import type { Transaction } from '../kernel/transaction.js'
import { ChangedMeanwhile, type SessionsService } from '../sessions/service.js'
import type { UsersService } from './service.js'
import type { UserStore } from './store.js'

export interface FactorResetService {
  /**
   * Removes all second factors of the account with that address, suspended or not, and ends its sessions. The password
   * stays. Also where none is known of: what is there and not known of goes, too.
   * @returns the id of the user @throws InvalidInput where there is no such account; ChangedMeanwhile, Unavailable
   */
  reset(email: string): Promise<string>
}

export function createFactorReset(deps: {
  users: Pick<UsersService, 'requireEmail' | 'findByIdentifier'>
  store: Pick<UserStore, 'forgetFactors'>
  /** Of another slice. */
  factors: { removeAllOf(tx: Transaction, userId: string): Promise<Readonly<Record<string, string>>> }
  audit: Pick<AuditService, 'record'>
  changeAndEnd: SessionsService['changeAndEnd']
}): FactorResetService {
  const { users, store, factors, audit, changeAndEnd } = deps
  return {
    async reset(email) {
      const userId = await users.findByIdentifier(users.requireEmail(email, 'email').identifier)
      if (userId === null) throw new InvalidInput({ email: 'There is no account with this address.' })
      await changeAndEnd(async (tx, endOlder) => {
        const after = await store.forgetFactors(tx, userId)
        if (after === null) throw new ChangedMeanwhile()
        const removed = await factors.removeAllOf(tx, userId)
        await endOlder({ userId, securityVersion: after.securityVersion, reason: 'factors-changed' })
        const event = { name: 'user.authenticators-reset', actorId: null, subjectId: userId } as const
        await audit.record({ ...event, outcome: 'success', facts: removed }, tx)
      })
      return userId
    },
  }
}
