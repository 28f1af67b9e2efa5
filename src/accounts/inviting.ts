import type { Policy } from '../authorization/index.js'
import { InvalidInput } from '../kernel/errors.js'
import { requireProof } from '../kernel/step-up.js'
import type { Subject } from '../kernel/subject.js'
import { rolesFrom } from '../users/service.js'
import type { AccountDependencies, AccountsService } from './service.js'

const permission = 'user:invite'
const defaultRoles = ['member']

/** The same answer for every address: whether it is known shows in its mail alone. */
export function createInvite(deps: AccountDependencies): AccountsService['invite'] {
  const { users, actors, outbox, audit, policy, transact, clock } = deps
  return async (person, { email: given, roles: wanted }, languages) => {
    person.require(permission)
    requireProof(person, permission, clock.now())
    const { email } = users.requireEmail(given, 'input.email')
    const read = rolesFrom(wanted ?? defaultRoles, policy)
    if ('fault' in read) throw new InvalidInput({ 'input.roles': read.fault })
    const { roles } = read
    if (exceeds(person.user, roles, policy)) {
      throw new InvalidInput({ 'input.roles': 'This takes more than you may do yourself.' })
    }
    const { userId: invitedBy } = person
    const { securityVersion: inviterVersion } = person.user
    await transact(async (tx) => {
      await actors.confirm(tx, person.user)
      await outbox.put({ kind: 'invitation', email, roles, invitedBy, inviterVersion, languages }, tx)
      // Of the address the trail knows nothing: nobody could take it out again.
      const invited = { name: 'user.invited', actorId: invitedBy, subjectId: null, outcome: 'success' } as const
      await audit.record({ ...invited, facts: { roles: roles.join(',') } }, tx)
    })
  }
}

/** Whether whoever has promised these roles may give them now. */
export function mayStillInvite(
  inviter: Subject,
  roles: readonly string[],
  policy: AccountDependencies['policy'],
): boolean {
  // Whoever is overdue with a second factor could not invite now either.
  if (policy.isOverdue(inviter) || !policy.holdingsOf(inviter).holds(permission)) return false
  return !('fault' in rolesFrom(roles, policy)) && !exceeds(inviter, roles, policy)
}

/** Nobody who is there yet: the length of an id, so that what one holds for one's own counts, too. */
const nobody = { id: `usr_${'0'.repeat(26)}`, roles: [], attributes: {} }

function exceeds(inviter: Subject, roles: readonly string[], policy: Pick<Policy, 'exceeds'>): boolean {
  return policy.exceeds(inviter, { from: nobody, to: { ...nobody, roles } })
}
