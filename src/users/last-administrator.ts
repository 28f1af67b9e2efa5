import type { Policy } from '../authorization/index.js'
import { DomainError } from '../kernel/errors.js'
import type { Subject } from '../kernel/subject.js'
import type { Transaction } from '../kernel/transaction.js'
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

/** Who holds this for everything is an administrator; at least one active must remain. */
export const administering = 'user:assign-roles'

/**
 * Writes what makes one user the other, unless it takes the last administrator away. `planned` null: the user goes.
 * @throws LastAdministrator, after the write: the transaction is to be given up
 */
export type KeepingAdministrator = <Result>(
  tx: Transaction,
  change: { readonly user: Subject; readonly planned: Subject | null },
  write: () => Promise<Result>,
) => Promise<Result>

export function createKeepingAdministrator(deps: {
  store: Pick<UserStore, 'claimAdministrators' | 'hasActiveWithRole'>
  policy: Pick<Policy, 'exceeds' | 'rolesHolding'>
}): KeepingAdministrator {
  const { store, policy } = deps
  const administratorRoles = policy.rolesHolding(administering)
  const isAdministrator = ({ status, roles }: Subject): boolean =>
    status === 'active' && roles.some((role) => administratorRoles.includes(role))
  /** Could a user with these roles make another one like this? Who may assign roles may not always assign all. */
  const couldMake = (roles: readonly string[], user: Subject): boolean =>
    !policy.exceeds({ ...user, roles }, { from: { ...user, roles: [] }, to: user })
  const isStill = (planned: Subject | null, user: Subject): boolean =>
    planned !== null && isAdministrator(planned) && couldMake(planned.roles, user)

  return async (tx, { user, planned }, write) => {
    if (!isAdministrator(user) || isStill(planned, user)) return write()
    await store.claimAdministrators(tx)
    const result = await write()
    const successors = administratorRoles.filter((role) => couldMake([role], user))
    if (!(await store.hasActiveWithRole(tx, successors))) throw new LastAdministrator()
    return result
  }
}
