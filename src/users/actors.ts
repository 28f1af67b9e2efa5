/**
 * Owns what a change of accounts asks of the document of whoever makes it: that it is still who was asked for permission,
 * and that it goes. Does not own what else goes with it (accounts).
 */
import type { Policy } from '../authorization/index.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
import { ChangedMeanwhile } from '../sessions/service.js'
import { createKeepingAdministrator } from './last-administrator.js'
import type { UserStore } from './store.js'

export interface ActorsService {
  /** The first write of a transaction; see `UserStore.confirmActor`. @throws ChangedMeanwhile */
  confirm(tx: Transaction, actor: Subject): Promise<void>
  /** The user with the address that leads to it. @throws LastAdministrator, ChangedMeanwhile */
  remove(tx: Transaction, user: Subject): Promise<void>
}

export function createActors(deps: {
  store: UserStore
  policy: Pick<Policy, 'exceeds' | 'rolesHolding'>
}): ActorsService {
  const { store } = deps
  const keepingAdministrator = createKeepingAdministrator(deps)
  return {
    async confirm(tx, actor) {
      if (!(await store.confirmActor(tx, actor))) throw new ChangedMeanwhile()
    },
    remove: (tx, user) =>
      keepingAdministrator(tx, { user, planned: null }, async () => {
        if (!(await store.remove(tx, user.id, user.securityVersion))) throw new ChangedMeanwhile()
      }),
  }
}
